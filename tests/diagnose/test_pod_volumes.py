"""What a container calls its files says nothing about the host's mounts: its volumes are found by the pod's UID."""

import pytest

from tests.diagnose.snapshots import findings_of, kinds_of, the_finding

UID = "e4e521ee-c83a-4f58-80ef-ec5df599e11e"
CGROUPFS = f"cg=/kubepods/burstable/pod{UID}/" + "da" * 32
SYSTEMD = (
    f"cg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UID.replace('-', '_')}.slice"
    f"/cri-containerd-{'da' * 32}.scope"
)
# As seen under containerd on 6.1: /data is a volume on a device-mapper device, / of the host is vda.
WRITER = "3739 3725 D dd folio_wait_bit_common age=61 fd=/data/ledger"
HOST = f"""
block vda 254:0 nodes=/dev/vda flight=0,0
mount 254:0 / ext4 /dev/vda
mount 253:1 /var/lib/kubelet/pods/{UID}/volumes/kubernetes.io~csi/pv-1/mount ext4 /dev/mapper/pv-1
"""
SUSPENDED = "block dm-1 253:1 nodes=/dev/mapper/pv-1 flight=0,0 suspended"
IDLE = "block dm-1 253:1 nodes=/dev/mapper/pv-1 flight=0,0"
BUSY = "block dm-1 253:1 nodes=/dev/mapper/pv-1 flight=0,1"


@pytest.mark.parametrize("home", [CGROUPFS, SYSTEMD])
@pytest.mark.parametrize("volume", [SUSPENDED, BUSY])
def test_the_volume_of_the_pod_is_named_and_not_the_disk_of_the_host(home: str, volume: str) -> None:
    found = the_finding(f"{WRITER} {home}\n{HOST}\n{volume}", "io-hang")
    assert str(found.subject) == "device dm-1"
    assert UID in found.container


def test_a_journal_that_hangs_tells_which_of_the_two_it_is() -> None:
    journal = "3679 2 D [jbd2/dm-1-8] jbd2_journal_commit_transaction age=60"
    (found,) = findings_of(f"{journal}\n{WRITER} {CGROUPFS}\n{HOST}\n{IDLE}")
    assert str(found.subject) == "device dm-1"
    assert {task.pid for task in found.evidence.tasks} == {3679, 3739}


def test_where_nothing_tells_them_apart_no_device_is_blamed() -> None:
    assert kinds_of(f"{WRITER} {CGROUPFS}\n{HOST}\n{IDLE}") == ["blocked-task"]


def test_the_volume_of_another_pod_is_nobody_elses() -> None:
    other = HOST.replace(UID, "01234567-89ab-cdef-0123-456789abcdef")
    assert str(the_finding(f"{WRITER} {CGROUPFS}\n{other}\n{SUSPENDED}", "io-hang").subject) == "device vda"


def test_an_init_that_cannot_end_names_the_volume_its_child_waits_for() -> None:
    text = f"""
    3706 1    Sl containerd-shim futex_wait looked
    3725 3706 Ss ledger do_wait exiting=1 nspid=3725,1 age=61 {CGROUPFS}
    3739 3725 D  dd folio_wait_bit_common exiting=1 nspid=3739,7 age=61 fd=/data/ledger {CGROUPFS}
    {HOST}
    {SUSPENDED}
    """
    assert "device dm-1" in the_finding(text, "container-stuck-terminating").cause.name
