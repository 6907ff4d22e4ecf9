"""From recorded clusters and findings of hung clients to the one thing that must be fixed, or why it is not known."""

import pytest

from nornir_hygiene.diagnose.correlate import correlate
from nornir_hygiene.models.cluster import ClusterView
from nornir_hygiene.models.finding import Cause, Evidence, Subject
from nornir_hygiene.models.host import NotObserved
from tests.diagnose.clusters import (
    POOL,
    THREE_WORKERS,
    WHEN,
    changed,
    hung,
    osdc,
    recorded,
    the_cause,
    with_pool,
    with_process,
)

STOPPED = recorded("stopped")
CLIENT = ("client", f"{STOPPED[0].fsid}.client4117")


@pytest.mark.parametrize(
    ("state", "sick", "word"),
    [
        ("stopped", "stopped", "STAT T"),
        ("stuck", "stuck", "no flag points reached"),
        ("replica-stopped", "stopped", "osd.0, osd.2 wait for subops from it"),
        ("replica-stuck", "stuck", "no flag points reached"),
    ],
)
def test_three_workers_on_two_images_behind_one_sick_osd_are_one_cause(state: str, sick: str, word: str) -> None:
    cause = the_cause(recorded(state))
    assert cause.established, cause.why_not
    assert (cause.name, cause.sick, cause.host, cause.osd) == ("ceph-osd osd.1 on ceph-2", sick, "ceph-2", 1)
    assert cause.hosts == ("worker-1", "worker-2", "worker-3")
    assert set(cause.fingerprints) == {finding.fingerprint for finding in THREE_WORKERS}
    assert word in cause.because


def test_the_cure_differs_with_the_sickness() -> None:
    assert the_cause(recorded("stopped")).restores.startswith("Continue osd.1 on ceph-2")
    assert the_cause(recorded("stuck")).restores.startswith("Restart osd.1 on ceph-2")


def test_the_primaries_that_report_slow_ops_are_victims_and_not_named() -> None:
    views = recorded("replica-stopped")
    assert any("osd.0,osd.2" in check.message for check in views[0].checks if check.code == "SLOW_OPS")
    assert the_cause(views).name == "ceph-osd osd.1 on ceph-2"


def test_two_sick_osds_on_different_hosts_are_not_guessed_at() -> None:
    cause = the_cause(recorded("two-stopped"))
    assert (cause.established, cause.osd) == (False, None)
    assert cause.name == "more than one culprit: osd.1 on ceph-2, osd.2 on ceph-3"
    assert "suspect network or mon" in cause.missing


def test_two_sick_osds_on_one_host_point_at_the_host() -> None:
    first, second, third = recorded("two-stopped")
    moved = second.model_copy(
        update={"processes": second.processes + third.processes, "sockets": second.sockets + third.sockets}
    )
    cause = the_cause((first, moved, third.model_copy(update={"processes": (), "sockets": ()})))
    assert (cause.established, cause.sort) == (False, "server")
    assert "server ceph-2" in cause.name


def test_unanswering_monitors_veto_and_say_so() -> None:
    cause = the_cause(recorded("mon-stopped"))
    assert not cause.established
    assert "the monitors gave no answer" in cause.vetoes[0]
    assert "ceph-1: `ceph status` failed: timed out" in cause.vetoes[0]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("paused", "pauserd, pausewr"),
        ("pg-inactive", "4 undersized+degraded+peered"),
        ("pool-full", "its quota is used up"),
    ],
)
def test_a_cluster_that_waits_by_design_is_no_osds_fault(state: str, word: str) -> None:
    cause = the_cause(recorded(state))
    assert not cause.established
    assert any(word in veto for veto in cause.vetoes)


def test_a_healthy_cluster_gives_no_cause_but_says_what_was_looked_at() -> None:
    cause = the_cause(recorded("healthy"))
    assert not cause.established
    assert cause.missing == f"which OSD: all 3 that serve pool {POOL} run, answer and hold no old operation"


# ---- what ties an OSD to a client ------------------------------------------------------------------------------------


def test_the_clients_own_list_names_the_osd() -> None:
    cause = the_cause(STOPPED, hung("worker-1", f"{POOL}/vol-1", CLIENT, *osdc("osd1")))
    assert cause.established
    assert "requests of worker-1 wait for osd.1 (osdc)" in cause.because


def test_a_client_that_waits_for_a_primary_waits_for_the_replica_behind_it() -> None:
    views = recorded("replica-stopped")
    cause = the_cause(views, hung("worker-1", f"{POOL}/vol-1", CLIENT, *osdc("osd0")))
    assert cause.established
    assert cause.osd == 1
    assert "requests of worker-1 wait for osd.0 (osdc), and that for osd.1" in cause.because


def test_a_client_that_waits_for_a_well_osd_is_not_explained_by_a_sick_one_elsewhere() -> None:
    cause = the_cause(STOPPED, hung("worker-1", f"{POOL}/vol-1", CLIENT, *osdc("osd0")))
    assert (cause.established, cause.sick, cause.sort) == (False, "network", "network")
    assert "suspect the way there from worker-1" in cause.missing


def test_a_sick_osd_that_serves_another_pool_is_not_the_cause() -> None:
    cause = the_cause(with_pool(STOPPED, osds=(0, 2)), hung())
    assert (cause.established, cause.osd) == (False, None)


def test_without_a_tie_an_osd_nobody_could_look_at_keeps_the_cause_open() -> None:
    cause = the_cause(recorded("stopped", "ceph-1", "ceph-2"), hung())
    assert not cause.established
    assert cause.missing == "whether it alone is sick: osd.2 on ceph-3 could not be looked at"
    gone = NotObserved(reason="connect-timeout", phase="connect", detail="no answer")
    missing = ClusterView(host="ceph-3", taken_at=WHEN, not_observed=gone, why_not="connect-timeout", complete=False)
    assert not the_cause((*recorded("stopped", "ceph-1", "ceph-2"), missing), hung()).established


def test_with_a_witness_the_unseen_osd_does_not_matter() -> None:
    assert the_cause(recorded("replica-stopped", "ceph-1", "ceph-2"), hung()).established


def test_an_osd_blamed_by_its_peers_on_a_host_that_is_silent_is_named_and_not_established() -> None:
    cause = the_cause(recorded("replica-stopped", "ceph-1", "ceph-3"), hung())
    assert (cause.established, cause.sick) == (False, "unknown")
    assert cause.missing == "osd.1 on ceph-2 could not be looked at"


def test_an_osd_blamed_by_its_peers_that_is_well_means_the_network_between_them() -> None:
    primary = recorded("replica-stuck", "ceph-1", "ceph-3")
    cause = the_cause((*primary, *recorded("healthy", "ceph-2")), hung())
    assert (cause.established, cause.sick) == (False, "network")
    assert "suspect the network between the OSDs" in cause.missing


def test_young_operations_are_ordinary_work() -> None:
    assert not the_cause(recorded("stuck", aged_after_s=300.0), hung()).established


def test_an_osd_up_in_the_map_without_a_process_is_down() -> None:
    views = tuple(
        view.model_copy(update={"processes": (), "sockets": ()}) if view.host == "ceph-2" else view
        for view in recorded("healthy")
    )
    cause = the_cause(views, hung())
    assert (cause.established, cause.sick) == (True, "down")
    assert cause.restores.startswith("Start osd.1 on ceph-2")


def test_a_process_that_was_not_seen_is_not_a_process_that_is_gone() -> None:
    views = tuple(
        view.model_copy(update={"processes": (), "sockets": (), "complete": False}) if view.host == "ceph-2" else view
        for view in recorded("healthy")
    )
    assert not the_cause(views, hung()).established


def test_blocked_threads_of_a_stuck_osd_send_to_its_disk_first() -> None:
    views = with_process(recorded("stuck"), "ceph-2", blocked=1, blocked_in=("blk_mq_get_tag",))
    cause = the_cause(views, hung())
    assert "1 of its 59 threads are blocked (blk_mq_get_tag)" in cause.because
    assert cause.restores.startswith("Look at the disk of osd.1 on ceph-2 first")


def test_an_osd_in_a_v1_freezer_keeps_its_waits_and_is_thawed_not_restarted() -> None:
    views = recorded("frozen")
    assert {(p.state, p.wchan, p.blocked) for v in views for p in v.processes if p.osd == 1} == {
        ("D", "futex_do_wait", 59)
    }
    cause = the_cause(views)
    assert (cause.established, cause.sick) == (True, "stopped")
    assert cause.restores.startswith("Thaw the cgroup of osd.1 on ceph-2")


def test_an_osd_in_a_v2_freezer_too() -> None:
    views = with_process(STOPPED, "ceph-2", state="S", wchan="do_freezer_trap")
    assert the_cause(views, hung()).restores.startswith("Thaw the cgroup of osd.1 on ceph-2")


def test_a_host_cut_off_from_its_peers_is_a_network_and_not_an_osd_to_restart() -> None:
    cause = the_cause(recorded("partition"))
    assert (cause.established, cause.sort, cause.sick) == (False, "network", "network")
    assert cause.name == "network between osd.2 and osd.1 on ceph-2"
    assert "suspect the network between the OSDs" in cause.missing


def test_a_host_that_alone_gets_no_word_of_the_monitors_is_mentioned() -> None:
    alone = changed(recorded("healthy", "ceph-2"), answered=False, fsid="", why_not="timed out")
    views = (*recorded("healthy", "ceph-1", "ceph-3"), *alone)
    assert "ceph-2 gets no answer from the monitors: suspect its network" in the_cause(views, hung()).missing


# ---- several clusters, none, and other things far away ------------------------------------------------------------


def test_nobody_asked_is_said() -> None:
    causes = correlate(THREE_WORKERS, ())
    assert [cause.name for cause in causes] == [f"rbd image {POOL}/vol-1", f"rbd image {POOL}/vol-2"]
    assert all("no host of its cluster was asked" in cause.missing for cause in causes)


def test_a_kernel_client_of_another_cluster_is_not_blamed_on_this_one() -> None:
    cause = the_cause(STOPPED, hung("worker-1", f"{POOL}/vol-1", ("client", "ffff.client1")))
    assert not cause.established
    assert "ffff is not the one that was asked" in cause.missing


def test_of_two_clusters_the_one_with_the_pool_is_meant() -> None:
    other = tuple(
        view.model_copy(update={"fsid": "other", "host": f"b-{view.host}", "pools": ()}) for view in recorded("healthy")
    )
    assert the_cause((*other, *STOPPED), hung()).name == "ceph-osd osd.1 on ceph-2"
    same = changed(other, pools=STOPPED[0].pools)
    assert "which of 2 clusters" in the_cause((*same, *STOPPED), hung()).missing


def test_a_server_two_hosts_wait_for_is_one_suspect_and_the_same_wait_is_none() -> None:
    nothing = Evidence()
    nas = Subject(sort="NFS server", name="10.0.0.5")
    nfs = [hung(host, kind="nfs-hang", subject=nas, evidence=nothing) for host in ("w1", "w2")]
    (cause,) = correlate(nfs, ())
    assert (cause.name, cause.sort, cause.established) == ("NFS server 10.0.0.5", "server", False)
    assert cause.hosts == ("w1", "w2")
    assert correlate(nfs[:1], ()) == ()
    for subject in (Subject(sort="NFS server", name="unknown"), Subject(sort="wait", name="nfs")):
        assert correlate([hung(host, subject=subject, evidence=nothing) for host in ("w1", "w2")], ()) == ()


def test_a_map_that_hangs_without_a_device_is_asked_about_but_not_blamed_on_an_osd_of_any_pool() -> None:
    attach = hung(kind="volume-attach-hang", evidence=Evidence())
    cause = the_cause(STOPPED, attach)
    assert (cause.established, cause.osd) == (False, 1)
    assert "which OSDs serve pool ?" in cause.missing


def test_a_finding_whose_cause_is_known_is_left_alone() -> None:
    known = hung(cause=Cause(name="x", established=True, because="y"))
    assert correlate([known], STOPPED) == ()


def test_an_osd_that_ended_while_its_threads_hang_is_not_simply_started_again() -> None:
    views = with_process(recorded("healthy"), "ceph-2", state="Z", blocked=1, blocked_in=("blk_mq_get_tag",))
    cause = the_cause(views, hung())
    assert (cause.established, cause.sick) == (True, "down")
    assert cause.restores.startswith("Look at the disk of osd.1 on ceph-2 first")


def test_a_sick_osd_elsewhere_is_mentioned_because_an_image_may_have_a_data_pool() -> None:
    assert "osd.1 on ceph-2 sick, but not one" in the_cause(with_pool(STOPPED, osds=(0, 2)), hung()).missing


def test_a_process_held_by_a_tracer_is_stopped_too() -> None:
    cause = the_cause(with_process(recorded("healthy"), "ceph-2", state="t"), hung())
    assert (cause.established, cause.sick) == (True, "stopped")
    assert "held by a tracer" in cause.because
