"""A map of an image without a device: image, client and OSD come from the requests of the kernel's clients."""

from nornir_hygiene.diagnose.hung_clients import hung_client
from tests.diagnose.clusters import recorded, the_cause
from tests.diagnose.snapshots import fact, the_finding

KIND = "volume-attach-hang"
MAP = """
500 1 Ssl rbd do_sys_poll threads=2 looked
+517 D mapper wait_request_timeout age=90 stack=wait_request_timeout<ceph_osdc_call<do_rbd_add
"""
FIRST = "asks f51d.client7 osd0 11 rbd_id.csi-vol-1 call-rbd/get_id\n"


def test_the_first_request_of_a_map_names_the_image_and_the_osd() -> None:
    found = the_finding(MAP + FIRST, KIND)
    assert "cannot map an rbd image (csi-vol-1), the longest for 1 min 30 s" in found.summary
    assert found.cause.name == "rbd image csi-vol-1"
    assert found.cause.because == "the map waits in wait_request_timeout; requests of its client wait for osd.0 (osdc)"
    assert not found.cause.established
    assert (fact(found, "rbd image"), fact(found, "client")) == ("?/csi-vol-1", "f51d.client7")


def test_a_later_request_names_the_osd_alone() -> None:
    found = the_finding(MAP + "asks f51d.client7 osd3 11 rbd_header.1012dd watch-watch", KIND)
    assert found.cause.name == "waits for the reply of an OSD"
    assert found.cause.because.endswith("requests of its client wait for osd.3 (osdc)")
    assert fact(found, "rbd image") is None


def test_data_of_mapped_images_and_kept_watches_are_nothing_of_a_map() -> None:
    others = """
    asks f51d.client8 osd1 11 rbd_data.1012dd.00 read
    asks f51d.client9 osd2 11 rbd_header.1012dd watch-ping
    """
    assert fact(the_finding(MAP + FIRST + others, KIND), "client") == "f51d.client7"
    alone = the_finding(MAP + others, KIND)
    assert alone.cause.because == "the map waits in wait_request_timeout"
    assert fact(alone, "osdc") is None


def test_of_two_images_none_is_named() -> None:
    found = the_finding(MAP + FIRST + FIRST.replace("vol-1", "vol-2").replace("client7 osd0", "client8 osd4"), KIND)
    assert found.cause.because.endswith("wait for osd.0, osd.4 (osdc)")
    assert fact(found, "rbd image") is None


def test_without_the_list_it_is_still_found() -> None:
    found = the_finding(MAP, KIND)
    assert found.cause.name == "waits for the reply of an OSD"
    assert found.cause.missing.startswith("which OSD, monitor or lock holder")


def test_the_cluster_names_the_pool_behind_its_number_and_establishes_the_osd() -> None:
    views = recorded("stopped")
    pool = next(pool for view in views for pool in view.pools if pool.name == "kube-a1")
    fsid = next(view.fsid for view in views if view.fsid)
    sick = next(osd.osd for view in views for osd in view.processes if osd.state == "T")
    asks = f"asks {fsid}.client7 osd{sick} {pool.pool} rbd_id.csi-vol-1 call-rbd/get_id"
    finding = the_finding(MAP + asks, KIND)
    cause = the_cause(views, finding)
    assert cause.established, (cause.missing, cause.vetoes)
    assert cause.osd == sick
    assert f"requests of host-1 for rbd image kube-a1/csi-vol-1 wait for osd.{sick} (osdc)" in cause.because
    client = hung_client(finding)
    assert client is not None
    assert client.pool is None
