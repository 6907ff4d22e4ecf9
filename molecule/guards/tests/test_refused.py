"""Everything was refused, each with its own reason; and the hosts are as they were before anybody planned."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

HERE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
STATE = Path(__file__).parents[1] / "state.sh"


def results(name: str) -> dict[str, dict[str, Any]]:
    """How it ended, by host."""
    report = json.loads((HERE / f"{name}.json").read_text())
    return {each["host"]: each for each in report["results"]}


def refusal(name: str) -> str:
    """What was said when it would not begin."""
    said = (HERE / f"{name}.said").read_text()
    assert said.endswith("rc 2\n"), said
    return said


@pytest.mark.parametrize(
    ("runbook", "host", "why"),
    [
        ("reap-zombies", "worker-1", "etcd-rehearsal.service carries others"),
        ("raise-pids-limit", "worker-1", "not-in-a-container: "),
        ("recycle-pod", "worker-2", "place-known: no host with kubectl is known for worker-2"),
        ("reboot-host", "ceph-1", "the cluster lives on it, so a person does that"),
        ("reboot-host", "worker-2", "hosts-limit: one plan acts on at most 1 hosts"),
        ("most-are-ill", "worker-1", "unhealthy-share: "),
    ],
)
def test_it_was_refused_with_the_reason(runbook: str, host: str, why: str) -> None:
    told = results(runbook)[host]
    assert told["end"] in ("refused", "left-alone")
    assert why in told["why"]
    assert not [step for rung in told["rungs"] for _, step in rung["steps"] if step["outcome"] == "changed"]


def test_nobody_applied_what_nobody_had_approved() -> None:
    assert "nobody" in refusal("reboot-unapproved")


def test_nobody_applied_what_had_expired() -> None:
    assert " expired at " in refusal("expired")


@pytest.mark.parametrize("host", ["worker-1", "worker-2", "ceph-1"])
def test_nothing_on_the_host_was_touched(on, host: str) -> None:
    """Same boot, same services by their InvocationID, same processes by pid and start, same limits."""
    before = set((HERE / f"{host}.before").read_text().splitlines())
    assert len(before) > 5
    assert before - set(on(host).run(STATE.read_text()).stdout.splitlines()) == set()
