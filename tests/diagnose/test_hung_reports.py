"""What the kernel has reported itself stands beside what the probe saw, if it is about the same wait."""

import pytest

from nornir_hygiene.diagnose.hung_reports import REPORT_FACT
from tests.diagnose.snapshots import fact, the_finding

NBD = """
183 1 Ds dd folio_wait_bit_common age=90 fd=/dev/nbd3
block nbd3 43:96 nodes=/dev/nbd3 flight=1,0 client=/sbin/nbd-client,-N,disk,nas-4,/dev/nbd3
"""


def test_the_report_is_told_with_its_age() -> None:
    told = fact(the_finding(NBD + "hung 183 dd 60 86380", "io-hang"), REPORT_FACT)
    assert told == "dd (thread 183) blocked for more than 60 s, 20 s before this look"


@pytest.mark.parametrize(
    "report", ["hung 183 dd 60 86300", "hung 183 cat 60 86380", "hung 184 dd 60 86380"],
    ids=["on an earlier wait", "another program had this id", "another task"],
)  # fmt: skip
def test_a_report_on_something_else_is_not(report: str) -> None:
    assert fact(the_finding(NBD + report, "io-hang"), REPORT_FACT) is None


def test_a_hung_umount_and_a_task_behind_a_lock_show_it_too() -> None:
    frozen = "500 1 D cp percpu_rwsem_wait age=45 fd=/mnt/x/file\nhung 500 cp 30 86390"
    assert fact(the_finding(frozen, "blocked-task"), REPORT_FACT) is not None
    umount = "500 1 D umount folio_wait_bit_common age=90 stack=generic_shutdown_super\nhung 500 umount 60 86390"
    assert fact(the_finding(umount, "umount-hang"), REPORT_FACT) is not None


def test_the_client_of_a_network_block_device_tells_its_server() -> None:
    found = the_finding(NBD, "io-hang")
    assert found.cause.name == "nbd server of nbd3 (nbd-client -N disk nas-4 /dev/nbd3)"
    assert not found.cause.established
    alone = the_finding(NBD.replace(" client=/sbin/nbd-client,-N,disk,nas-4,/dev/nbd3", ""), "io-hang")
    assert alone.cause.name == "block device nbd3"
