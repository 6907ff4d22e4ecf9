"""Blocked tasks, zombies, orphans, stuck readers and full cgroups: what is said, and how it is grouped."""

import pytest

from nornir_hygiene.diagnose import diagnose
from nornir_hygiene.diagnose.samples import snapshot_from
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.settings import Thresholds
from tests.diagnose.snapshots import fact, findings_of, kinds_of, shipped_catalogue, the_finding

SIGCHLD = "10000"


def _zombies(count: int, rest: str = "age=90") -> str:
    return "\n".join(f"{pid} 700 Z app-test - {rest}" for pid in range(1000, 1000 + count))


def test_short_waits_of_a_family_are_not_counted_with_a_long_one() -> None:
    text = "500 1 D cp percpu_rwsem_wait age=45\n501 1 D cp percpu_rwsem_wait age=0.1"
    assert the_finding(text, "blocked-task").evidence.task_count == 1


def test_an_unknown_wait_says_so_and_shows_its_stack() -> None:
    found = the_finding("500 1 D odd new_wait age=45 stack=new_wait<ioctl", "blocked-task")
    assert found.subject.name == "unknown (new_wait)"
    assert found.evidence.tasks[0].stack == ("new_wait", "ioctl")
    assert found.cause.name == "unknown"


def test_a_kernel_thread_in_an_unknown_wait_is_never_critical() -> None:
    assert the_finding("500 2 D [drv] new_wait age=9999", "blocked-task").severity is Severity.WARNING
    assert the_finding("500 1 D drv new_wait age=9999", "blocked-task").severity is Severity.CRITICAL


def test_the_cause_of_a_vfork_wait_is_the_youngest_living_child() -> None:
    text = """
    500 1   D make kernel_clone age=45
    501 500 S old do_sys_pause
    502 500 D sh percpu_rwsem_wait age=44
    503 500 Z sh - age=1
    """
    found = the_finding(text, "zombie-parent-blocked")
    assert "sh (pid 502, D)" in found.cause.name
    assert "frozen-filesystem" in found.cause.because


def test_zombies_are_grouped_by_parent_and_judged_by_count_and_time_since_death() -> None:
    parent = f"700 1 S app-test hrtimer_nanosleep looked sigcgt={SIGCHLD}\n"
    found = the_finding(parent + _zombies(1000), "zombie-parent-not-waiting")
    assert (found.severity, found.evidence.task_count) == (Severity.CRITICAL, 1001)
    assert str(found.subject) == "process 700@7000 app-test"
    assert found.summary.startswith("1000 zombies (app-test x1000)")
    young = the_finding(parent + _zombies(600, "age=1"), "zombie-parent-not-waiting")
    assert young.severity is Severity.WARNING
    assert kinds_of(parent + _zombies(20, "age=1")) == []
    assert the_finding(parent + _zombies(20, ""), "zombie-parent-not-waiting").severity is Severity.INFO


def test_one_or_two_old_zombies_are_an_alarm_only_if_their_parent_does_not_handle_sigchld() -> None:
    handles = f"700 1 S tmux do_sys_poll looked sigcgt={SIGCHLD}\n"
    assert the_finding(handles + _zombies(2), "zombie-parent-not-waiting").severity is Severity.INFO
    assert the_finding(handles + _zombies(3), "zombie-parent-not-waiting").severity is Severity.WARNING
    for parent in (
        "700 1 S app do_sys_poll looked sigcgt=0\n",
        f"700 1 S app do_sys_poll looked sigcgt={SIGCHLD} sigblk={SIGCHLD}\n",
        f"700 1 T app do_signal_stop looked sigcgt={SIGCHLD}\n",
        "700 1 S app do_sys_poll\n",
    ):
        assert the_finding(parent + _zombies(1), "zombie-parent-not-waiting").severity is Severity.WARNING


@pytest.mark.parametrize(
    ("parent", "disposition", "help_word"),
    [
        (f"S app hrtimer_nanosleep sigcgt={SIGCHLD}", "caught", "may help"),
        ("S app hrtimer_nanosleep sigcgt=0", "not caught", "useless: not caught"),
        (f"S app hrtimer_nanosleep sigign={SIGCHLD}", "ignored", "useless: ignored"),
        (f"S app hrtimer_nanosleep sigblk={SIGCHLD} sigcgt={SIGCHLD}", "caught, blocked", "useless: blocked"),
        (f"T app do_signal_stop sigcgt={SIGCHLD}", "caught", "useless: the parent is stopped"),
    ],
)
def test_what_the_parent_does_with_sigchld_is_said(parent: str, disposition: str, help_word: str) -> None:
    found = the_finding(f"700 1 {parent}\n{_zombies(3)}", "zombie-parent-not-waiting")
    assert fact(found, "SIGCHLD in the parent") == disposition
    assert (fact(found, "a SIGCHLD to the parent") or "").startswith(help_word)


def test_a_parent_without_start_ticks_is_reported_as_not_identified() -> None:
    found = the_finding(f"700 1 S app hrtimer_nanosleep start=?\n{_zombies(3)}", "zombie-parent-not-waiting")
    assert found.subject.name == "700 app (not identified)"
    assert not found.cause.established


def test_a_parent_behind_a_device_is_two_findings_with_one_root() -> None:
    text = f"700 1 D pg submit_bio_wait age=99 fd=/dev/sdb\n{_zombies(2)}"
    assert sorted(kinds_of(text)) == ["io-hang", "zombie-parent-blocked"]
    assert the_finding(text, "zombie-parent-blocked").cause.name == "device sdb"


def test_a_vfork_parent_of_zombies_is_not_also_a_blocked_task() -> None:
    assert kinds_of(f"700 1 D pg kernel_clone age=99\n{_zombies(2)}") == ["zombie-parent-blocked"]


def test_a_blocked_thread_of_a_dead_leader_is_not_also_a_blocked_task() -> None:
    text = "600 1 Zsl app - threads=2 looked\n+601 D app kernel_clone age=50"
    (found,) = findings_of(text)
    assert found.kind == "zombie-thread-blocked"
    assert {task.role for task in found.evidence.tasks} == {"dead leader", "live thread"}
    assert "kill is useless" in found.summary


def test_orphans_tell_their_signs_their_memory_and_their_origin() -> None:
    main = "600 1 Ss kuryr-daemon do_epoll_wait looked cg=/system.slice/kuryr.service\n"
    worker = "{} 1 S kuryr-worker pipe_read sid=650 rss=51200 cg=/system.slice/kuryr.service fd=net:[4026532]"
    text = main + "\n".join(worker.format(pid) for pid in range(701, 711))
    found = the_finding(text, "orphan-leak")
    assert str(found.subject) == "orphans kuryr-worker of kuryr.service"
    assert fact(found, "memory together") == "512000 KiB resident"
    assert sum(one.name == "sign" for one in found.evidence.facts) == 4
    assert kinds_of(text, Thresholds(orphan_min_count=11)) == []
    assert kinds_of(text, Thresholds(orphan_min_signs=5)) == []


def test_the_two_waits_behind_a_ps_hang_are_told_once_each() -> None:
    text = """
    800 1 Sl app do_wait threads=3 looked
    +801 D app percpu_rwsem_wait age=60
    +802 D app vma_start_write age=58
    900 1 D ps access_remote_vm age=50 fd=/proc/800/cmdline
    901 1 D ps access_remote_vm age=40 fd=/proc/800/cmdline
    """
    found = {one.kind: one for one in findings_of(text)}
    assert set(found) == {"proc-read-hang", "blocked-task"}
    assert str(found["proc-read-hang"].subject) == "process 800@8000 app"
    assert fact(found["proc-read-hang"], "stuck readers") == "2"
    assert found["proc-read-hang"].cause.name.startswith("likely thread 801")
    assert [task.tid for task in found["blocked-task"].evidence.tasks] == [801]


def test_a_reader_in_a_container_sees_other_pid_numbers() -> None:
    text = "800 1 S app do_wait\n900 1 D ps access_remote_vm age=50 nspid=900,12 fd=/proc/800/cmdline"
    assert the_finding(text, "proc-read-hang").subject.name == "target unknown"


def test_a_stalled_pass_that_names_nothing_is_of_the_one_process_that_cannot_be_read() -> None:
    one = "800 1 S app do_wait looked\n900 1 D ps - age=50 fd=/proc/800/cmdline\nstall - -"
    found = the_finding(one, "proc-read-hang")
    assert str(found.subject) == "process 800@8000 app"
    assert fact(found, "stalled passes of the probe") == "1"
    two = f"{one}\n810 1 S other do_wait looked\nstall 810 stat"
    names = sorted(each.subject.name for each in findings_of(two))
    assert names == ["800@8000 app", "810@8100 other", "target unknown"]
    busy = the_finding(one.replace("age=50", "age=0.01"), "proc-read-hang")
    assert (busy.subject.name, busy.severity) == ("target unknown", Severity.INFO)


def test_a_stall_on_a_process_that_is_gone_is_only_mentioned() -> None:
    assert the_finding("900 1 S x do_wait\nstall 800 cmdline", "proc-read-hang").severity is Severity.INFO
    assert the_finding("800 1 S x do_wait\nstall 800 cmdline", "proc-read-hang").severity is Severity.WARNING


def test_of_a_chain_of_full_cgroups_the_tightest_is_the_subject_and_of_equals_the_highest() -> None:
    subjects = [
        one.subject.name for one in findings_of("pids /a 100 100\npids /a/b 50 50\npids /c 95 100\npids /c/d 9 9")
    ]
    assert subjects == ["/a", "/c"]
    assert [one.subject.name for one in findings_of("pids /c 95 100\npids /c/d 50 50\npids /c/e 40 40")] == [
        "/c/d",
        "/c/e",
    ]


def test_what_may_be_full_by_design_is_told_only_where_its_chain_has_no_other_trouble() -> None:
    assert [one.subject.name for one in findings_of("pids /a 95 100\npids /a/b 9 9")] == ["/a"]
    assert [one.subject.name for one in findings_of("pids /a 9 9\npids /a/b 100 100")] == ["/a/b"]
    assert [one.subject.name for one in findings_of("pids /a 9 9\npids /a/b 9 9")] == ["/a"]
    assert [one.subject.name for one in findings_of("pids /a 95 100\npids /z 9 9")] == ["/a", "/z"]


def test_hung_fsck_attempts_are_no_orphans() -> None:
    attempt = (
        "{0} 1 S fsck do_wait sid=650 looked cg=/k.service\n{1} {0} D fsck.ext4 submit_bio_wait age=99 fd=/dev/sdb"
    )
    text = "600 1 Ss kubelet futex_wait looked cg=/k.service\n"
    text += "\n".join(attempt.format(pid, pid + 50) for pid in range(701, 711))
    assert kinds_of(text) == ["io-hang"]


def test_zombies_that_fill_a_cgroup_are_named_as_the_cause() -> None:
    parent = "700 1 S app-test hrtimer_nanosleep looked cg=/system.slice/app.service\n"
    found = the_finding(parent + _zombies(90) + "\npids /system.slice/app.service 100 100", "pids-cgroup-saturated")
    assert found.cause.name == "zombies of 700@7000 app-test"
    assert fact(found, "zombies among them") == "90"
    assert found.evidence.tasks[0].pid == 700


def test_limits_above_are_told() -> None:
    found = the_finding("pids /a 500 1000\npids /a/b 100 100", "pids-cgroup-saturated")
    assert fact(found, "limit above, /a") == "500 of 1000"


def test_a_closer_look_at_a_reused_pid_is_not_taken_for_the_process() -> None:
    snapshot = snapshot_from("500 1 S cp do_wait\n501 1 D cp percpu_rwsem_wait age=99")
    other = snapshot.suspects[0].model_copy(update={"pid": 500})
    mixed = snapshot.model_copy(update={"suspects": (other,), "processes": snapshot.processes[:1]})
    assert diagnose("host-1", mixed, Thresholds(), shipped_catalogue()) == ()
