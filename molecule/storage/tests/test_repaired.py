"""What was frozen, asleep and stopped is at work again, and nobody who waited for it was signalled."""

import pytest


@pytest.mark.parametrize("runbook", ["thaw", "restart-fuse-daemon", "resume-stopped"])
def test_the_runbook_repaired_it(result, runbook) -> None:
    assert result(runbook)["end"] == "repaired"


def test_what_was_wrong_was_kept_before_it_was_repaired(result, kept) -> None:
    """Collecting repairs nothing, so that a person is told; and what it looked at is repaired all the same."""
    told = result("collect-evidence")
    assert told["end"] == "not-helped"
    assert [step["outcome"] for rung in told["rungs"] for _, step in rung["steps"]] == ["unchanged"]
    texts = kept("worker-2")
    assert "request_wait_answer" in texts["processes"]
    assert " fuse" in texts["mounts"]
    assert texts["kernel-log"]


def test_nobody_is_blocked_or_stopped_any_more(on, states) -> None:
    assert not [stat for stat in states(on("worker-2")).values() if stat.startswith(("D", "T"))]


def test_no_filesystem_refuses_writers(on) -> None:
    host = on("worker-2")
    mounts = host.check_output("awk '$2 ~ /^\\/srv/ && $3 !~ /^fuse/ {print $2}' /proc/mounts").splitlines()
    assert mounts
    for mount in mounts:
        assert host.run(f"timeout -s KILL 5 touch {mount}/rehearsed").rc == 0
