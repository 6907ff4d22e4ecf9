"""Frozen, stopped, waiting for a daemon: who is named, and what is not claimed."""

from nornir_hygiene.models.finding import Severity
from tests.diagnose.snapshots import fact, findings_of, kinds_of, the_finding

STACK = "stack=percpu_rwsem_wait<__percpu_down_read<mnt_want_write"
POD = "cg=/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/" + "4f" * 32


def test_who_makes_a_file_by_its_full_path_does_not_accuse_its_working_folder() -> None:
    text = f"500 1 D dd percpu_rwsem_wait age=45 cwd=/root {STACK}\nmount 8:1 / ext4 /dev/sda1"
    found = the_finding(text, "filesystem-frozen")
    assert not found.cause.established
    assert "maybe" in found.summary


def test_one_writer_with_a_file_open_there_settles_it_for_the_others() -> None:
    text = f"""
    500 1 D dd percpu_rwsem_wait age=45 cwd=/root {STACK}
    501 1 D db percpu_rwsem_wait age=44 fdw=/data/db fdw=/var/log/db {STACK}
    mount 8:1 / ext4 /dev/sda1
    mount 8:16 /data xfs /dev/sdb
    """
    (found,) = findings_of(text)
    assert (found.subject.name, found.cause.established, found.evidence.task_count) == ("/data", True, 2)


def test_a_stopped_fuse_daemon_is_the_cause_and_no_finding_of_its_own() -> None:
    text = """
    400 1 Tsl s3fs do_signal_stop age=60 fd=/dev/fuse
    500 1 S cat request_wait_answer age=50 fd=/mnt/s3/a
    mount 0:45 /mnt/s3 fuse.s3fs s3fs
    """
    (found,) = findings_of(text)
    assert (found.kind, found.cause.established) == ("fuse-hang", True)
    assert "s3fs (pid 400)" in found.cause.name
    assert found.evidence.tasks[0].age_s == 50.0


def test_a_kubelet_never_pauses_but_docker_may() -> None:
    for path, severity in (("/docker/" + "4f" * 32, Severity.INFO), ("/app", Severity.WARNING)):
        text = f"500 1 D app refrigerator age=400 fz={path}\nfreezer {path} v1 frozen own"
        assert the_finding(text, "cgroup-frozen").severity is severity


def test_a_frozen_cgroup_is_named_by_where_it_was_frozen_and_covers_what_is_below() -> None:
    text = """
    500 1 D app refrigerator age=45 fz=/app/a
    501 1 D make kernel_clone age=44 fz=/app/b
    502 501 D sh hrtimer_nanosleep age=43 fz=/app/b
    freezer /app v1 frozen own
    freezer /app/a v1 frozen
    freezer /app/b v1 frozen
    """
    (found,) = findings_of(text)
    assert str(found.subject) == "cgroup /app"


def test_zombies_of_a_container_init_are_one_finding_with_pod_and_container() -> None:
    text = f"700 600 Ss app futex_wait nspid=700,1 sigcgt=4000 {POD}\n701 700 Z curl - sid=690 age=90"
    (found,) = findings_of(text)
    assert found.kind == "zombie-init-not-reaping"
    assert found.container.startswith("pod 01234567-89ab-cdef-0123-456789abcdef, container 4f4f")
    assert fact(found, "surely adopted, not its own children") == "1"


def test_the_child_that_cannot_die_is_the_cause_of_a_pod_that_does_not_end() -> None:
    text = f"""
    700 600 Ss sh do_wait exiting=1 nspid=700,1 age=300 {POD}
    701 700 D  db submit_bio_wait nspid=701,7 age=310 {POD} fd=/dev/sdb
    """
    assert sorted(kinds_of(text)) == ["container-stuck-terminating", "io-hang"]
    found = the_finding(text, "container-stuck-terminating")
    assert found.cause.name == "device sdb, which db (pid 701) waits for"


def test_the_load_is_info_where_every_wait_has_its_finding() -> None:
    crowd = "\n".join(f"{pid} 1 D fsck submit_bio_wait age=90 fd=/dev/sdb" for pid in range(500, 536))
    found = the_finding(f"host load=38 cpus=4 running=2\n{crowd}", "load-from-blocked-tasks")
    assert found.severity is Severity.INFO
    assert found.summary == "Load 38 = 2 running + 36 blocked (36 in direct-io on sdb): not a CPU problem."
