"""`nr schedule` on a real systemd: it fires every minute, leaves audits and a report, and never overtakes itself."""

import itertools
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.roster import CLEAN, WORKERS
from nornir_hygiene.report.schedule import calendar
from tests.lab.controller import DATA, Controller
from tests.report.test_schedule import FITTING

pytestmark = pytest.mark.lab
UNIT = "nr-audit-fleet"
# Longer than the interval: the next tick falls into it.
SLOW_S = 65


@pytest.fixture
def controller(lab: Lab) -> Iterator[Controller]:
    made = Controller(lab.host(WORKERS[0].name))
    try:
        made.install()
        yield made
    finally:
        made.remove()


def test_a_minute_timer_fires_leaves_audits_and_a_report_and_does_not_overlap(lab: Lab, controller: Controller) -> None:
    mute = next(entry for entry in lab.state.entries if entry.expected_reason == "silent-listener")
    quick = {WORKERS[1].name: {"hostname": WORKERS[1].address}, WORKERS[0].name: {"hostname": WORKERS[0].address}}
    controller.inventory({**quick, "slow": {"hostname": mute.hostname, "port": mute.port}})
    done = controller.nr(
        *("schedule", "install", "--every", "1m", "--group", "fleet", "--report", "daily", "--timeout", str(SLOW_S))
    )
    assert done.returncode == 0, done.stderr
    assert "runs from now on" in done.stderr
    assert sorted(timers(controller)) == [f"{UNIT}.timer", "nr-report-fleet.timer"]

    wait_for("the first run", lambda: holds_the_lock(controller), timeout_s=75)
    by_hand = controller.nr("schedule", "run", "fleet")
    assert by_hand.returncode == 3, by_hand.stderr
    assert "the run before is still under way" in by_hand.stderr
    wait_for("it to ask the slow host", lambda: asks_hosts(controller), timeout_s=20)
    controller.inventory(quick)

    audits = wait_for("two audits", lambda: two_audits(controller), timeout_s=SLOW_S + 40, every_s=1)
    first, second = sorted(audits, key=lambda audit: str(audit["started_at"]))
    assert seconds_between(first["started_at"], first["finished_at"]) > 60
    assert second["started_at"] >= first["finished_at"]
    assert first["totals"]["not_observed"] == 1
    assert (second["totals"]["selected"], second["totals"]["not_observed"]) == (2, 0)
    wait_for("the second run to end", lambda: not under_way(controller), timeout_s=20)
    assert started_and_ended(controller)[:4] == ["started", "ended", "started", "ended"]
    # A host that was not observed is no failure of the unit.
    assert controller.unit(f"{UNIT}.service", "Result", "ExecMainStatus")["Result"] == "success"
    assert controller.host.run(["systemctl", "--failed", "--plain", "--no-legend"]).stdout.count("nr-") == 0

    (state,) = json.loads(controller.nr("schedule", "list", "-o", "json").stdout)
    assert (state["left_out"], state["missed"]) == (1, 0)
    controller.host.run(["systemctl", "start", "nr-report-fleet.service"], timeout_s=60)
    (report,) = controller.host.path(f"{DATA}/nornir-hygiene/reports").iterdir()
    assert WORKERS[1].name in report.read_text()

    assert controller.nr("schedule", "remove", "fleet").returncode == 0
    assert timers(controller) == []
    assert controller.host.run(["sh", "-c", "ls /etc/systemd/system | grep -c ^nr-"], check=False).stdout == "0\n"


def timers(controller: Controller) -> list[str]:
    """Those of ours that systemd will fire."""
    shown = controller.host.run(["systemctl", "list-timers", "--all", "--output=json", "nr-*"]).stdout
    return [each["unit"] for each in json.loads(shown or "[]") if each["next"]]


def under_way(controller: Controller) -> bool:
    return controller.unit(f"{UNIT}.service", "ActiveState")["ActiveState"] == "activating"


def holds_the_lock(controller: Controller) -> bool:
    """The kernel says that the service's own process has locked a file."""
    pid = controller.unit(f"{UNIT}.service", "MainPID")["MainPID"]
    locks = controller.host.run(["cat", "/proc/locks"]).stdout.splitlines()
    return any(line.split()[1:2] == ["FLOCK"] and line.split()[4] == pid for line in locks)


def asks_hosts(controller: Controller) -> bool:
    """The service's own process has read its inventory: it has a socket beyond those of its output."""
    pid = controller.unit(f"{UNIT}.service", "MainPID")["MainPID"]
    shown = controller.host.run(["ls", "-l", f"/proc/{pid}/fd"], check=False).stdout.splitlines()
    return any("socket:" in line and int(line.split()[-3]) > 2 for line in shown)


def two_audits(controller: Controller) -> list[dict[str, Any]] | None:
    """What the history inside the host holds, once it holds two."""
    found: list[dict[str, Any]] = json.loads(controller.nr("history", "-o", "json").stdout or "[]")
    return found if len(found) >= 2 else None


def seconds_between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def started_and_ended(controller: Controller) -> list[str]:
    """The journal's word on the service, in its order."""
    words = ["journalctl", "--unit", f"{UNIT}.service", "--output=json", "--output-fields=MESSAGE,JOB_TYPE,_PID"]
    lines = map(json.loads, controller.host.run(words).stdout.splitlines())
    said = [str(line.get("MESSAGE", "")) for line in lines]
    marks = {"Starting ": "started", "Finished ": "ended"}
    return [mark for text in said for beginning, mark in marks.items() if text.startswith(beginning)]


def test_every_interval_is_a_calendar_systemd_knows(lab: Lab) -> None:
    host = lab.host(CLEAN.name)
    for every_s in FITTING:
        base = ["--base-time=2026-11-22 00:00:00 UTC", "--iterations=3"]
        shown = host.run(["env", "TZ=UTC", "systemd-analyze", "calendar", *base, calendar(every_s)]).stdout
        times = [line.split(": ", 1)[1] for line in shown.splitlines() if "Next elapse:" in line or "Iter. #" in line]
        at = [datetime.strptime(text.strip(), "%a %Y-%m-%d %H:%M:%S %Z") for text in times]  # noqa: DTZ007  # all UTC
        assert [later - earlier for earlier, later in itertools.pairwise(at)] == [timedelta(seconds=every_s)] * 2
