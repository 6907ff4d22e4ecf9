"""The incident the product exists for, and its neighbours."""

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.settings import Thresholds
from tests.diagnose.snapshots import fact, findings_of, kinds_of, the_finding

LAB = """
1   0   Ss systemd   do_epoll_wait
181 1   Ss fsck      do_wait               looked fd=/dev/rbd3
183 181 D  fsck.ext4 folio_wait_bit_common age=61 fd=/dev/rbd3 stack=folio_wait_bit_common<filemap_get_pages
300 1   Ss sshd      poll_schedule_timeout
rbd /dev/rbd3 7:3 rbd/vol1 rbd-fuse
block loop3 7:3 nodes=/dev/rbd3,/dev/loop3 flight=1,0 backing=/mnt/rbd/vol1
mount 0:51 /mnt/rbd fuse.rbd-fuse rbd-fuse
"""


def test_the_lab_incident_is_one_finding_with_its_parent_as_evidence() -> None:
    (found,) = findings_of(LAB)
    assert (found.kind, str(found.subject), found.severity) == ("rbd-io-hang", "device rbd3", Severity.WARNING)
    waiter, parent = sorted(found.evidence.tasks, key=lambda task: task.role)
    assert (waiter.pid, waiter.wchan, waiter.age_s, waiter.stat) == (183, "folio_wait_bit_common", 61.0, "D")
    assert waiter.identity is not None
    assert waiter.identity.start_ticks == 1830
    assert waiter.stack == ("folio_wait_bit_common", "filemap_get_pages")
    assert (parent.pid, parent.role, parent.stat) == (181, "parent", "Ss")
    assert found.cause.name == "rbd image rbd/vol1"
    assert not found.cause.established
    assert "which OSD: not yet established" in found.cause.missing
    assert fact(found, "requests in flight") == "1 reads, 0 writes"
    assert "Never kill the fsck" in found.restores


def test_tomorrow_with_other_pids_it_has_the_same_fingerprint() -> None:
    later = LAB.replace("183", "983").replace("181", "981").replace("age=61", "age=90061")
    assert the_finding(LAB, "rbd-io-hang").fingerprint == the_finding(later, "rbd-io-hang").fingerprint


def test_two_minutes_are_critical_and_thresholds_are_obeyed() -> None:
    assert the_finding(LAB.replace("age=61", "age=121"), "rbd-io-hang").severity is Severity.CRITICAL
    assert the_finding(LAB.replace("age=61", "age=12"), "rbd-io-hang").severity is Severity.INFO
    quick = Thresholds(blocked_warning_s=1, blocked_critical_s=4)
    assert the_finding(LAB.replace("age=61", "age=2"), "rbd-io-hang", quick).severity is Severity.WARNING


def test_forty_waiters_of_one_device_are_one_finding() -> None:
    crowd = "\n".join(f"{pid} 1 D fsck.ext4 blkdev_llseek age=40 fd=/dev/rbd3" for pid in range(400, 439))
    (found,) = findings_of(LAB + crowd)
    assert fact(found, "blocked tasks") == "40"
    assert found.evidence.task_count == 41
    assert len(found.evidence.tasks) == 20
    assert "parent" in {task.role for task in found.evidence.tasks}


def test_followers_alone_do_not_accuse_a_device() -> None:
    assert kinds_of("400 1 D blkid blkdev_llseek age=40 fd=/dev/sdb") == ["blocked-task"]


def test_two_devices_are_two_findings() -> None:
    text = LAB + "500 1 D dd submit_bio_wait age=70 fd=/dev/sdb"
    assert [(one.kind, one.subject.name) for one in findings_of(text)] == [("io-hang", "sdb"), ("rbd-io-hang", "rbd3")]


def test_a_loop_worker_behind_fuse_belongs_to_its_device_with_and_without_a_telling_name() -> None:
    named = LAB + "90 2 D [kworker/u4:1+loop3] request_wait_answer age=60"
    unnamed = LAB + "90 2 D [kworker/u4:1] request_wait_answer age=60"
    for text in (named, unnamed):
        (found,) = findings_of(text)
        assert "kernel thread of the device" in {task.role for task in found.evidence.tasks}


def test_a_user_with_files_on_two_disks_joins_the_one_that_hangs() -> None:
    text = """
    90  2 D [jbd2/sdb-8] jbd2_journal_commit_transaction age=70
    500 1 D db folio_wait_bit_common age=60 fd=/var/log/db.log fd=/data/1
    mount 8:0 / ext4 /dev/sda
    mount 8:16 /data ext4 /dev/sdb
    """
    (found,) = findings_of(text)
    assert (found.subject.name, fact(found, "blocked tasks")) == ("sdb", "2")


def test_when_nothing_tells_the_disk_none_is_accused() -> None:
    text = """
    500 1 D db folio_wait_bit_common age=60 fd=/var/log/db.log fd=/data/1
    mount 8:0 / ext4 /dev/sda
    mount 8:16 /data ext4 /dev/sdb
    """
    found = the_finding(text, "blocked-task")
    assert found.subject.name == "page-io"
    assert fact(found, "filesystems in use") == "/data (/dev/sdb)"


def test_a_partition_and_its_disk_are_one_subject() -> None:
    text = """
    90  2 D [kworker/u4:1+flush-8:16] blk_mq_get_tag age=70
    91  2 D [jbd2/sdb1-8] jbd2_journal_commit_transaction age=60
    500 1 D dd submit_bio_wait age=50 fd=/dev/sdb2
    block sdb 8:16 nodes=/dev/sdb flight=9,9
    """
    (found,) = findings_of(text)
    assert (found.subject.name, fact(found, "blocked tasks")) == ("sdb", "3")


def test_a_journal_name_cut_at_fifteen_bytes_still_names_its_device() -> None:
    found = the_finding("90 2 D [jbd2/nvme0n1p2-] jbd2_journal_commit_transaction age=70", "io-hang")
    assert found.subject.name == "nvme0n1"
    found = the_finding("90 2 D [jbd2/dm-0-8] jbd2_journal_commit_transaction age=70", "io-hang")
    assert found.subject.name == "dm-0"


def test_a_thread_behind_its_sibling_joins_the_device_of_the_sibling() -> None:
    text = """
    500 1 Sl app do_wait threads=3 looked fd=/dev/sdb
    +501 D app submit_bio_wait age=45
    +502 D app vma_start_write age=44
    """
    (found,) = findings_of(text)
    assert (found.kind, fact(found, "blocked tasks")) == ("io-hang", "2")


def test_a_frozen_backing_filesystem_is_named_as_the_cause_of_the_loop_device() -> None:
    text = """
    90  2 D [kworker/u4:1+loop5] percpu_rwsem_wait age=70
    183 1 D dd folio_wait_bit_common age=65 fd=/dev/loop5
    block loop5 7:5 nodes=/dev/loop5 flight=1,0 backing=/srv/disk.img
    """
    cause = the_finding(text, "io-hang").cause
    assert cause.name == "block device loop5 backed by /srv/disk.img"
    assert "frozen-filesystem" in cause.because


def test_an_unknown_wait_is_not_blamed_on_an_open_device() -> None:
    assert kinds_of("500 1 D odd some_new_wait age=50 fd=/dev/sdb") == ["blocked-task"]


def test_two_samples_say_at_least_and_no_age_says_so() -> None:
    found = the_finding("183 1 D dd submit_bio_wait unchanged=3 fd=/dev/sdb", "io-hang")
    assert (found.severity, "at least 3.0 s" in found.summary) == (Severity.WARNING, True)
    found = the_finding("183 1 D dd submit_bio_wait fd=/dev/sdb", "io-hang")
    assert found.severity is Severity.INFO
    assert "no sched file" in (fact(found, "time blocked") or "")


def test_the_container_of_the_waiters_is_named() -> None:
    pod = "/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/" + "4f" * 32
    found = the_finding(LAB.replace("age=61", f"age=61 cg={pod}"), "rbd-io-hang")
    assert found.container == "pod 01234567-89ab-cdef-0123-456789abcdef, container 4f4f4f4f4f4f"
