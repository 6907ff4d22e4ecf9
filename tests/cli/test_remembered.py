"""`nr run audit` with a history: what grows is told, on this machine as a host, through a real sshd."""

import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nornir.core.inventory import Hosts, Inventory

from nornir_hygiene.cli import run_audit
from nornir_hygiene.cli.execution import Execution
from nornir_hygiene.cli.memory import remember
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.queries import kept_audits
from nornir_hygiene.history.store import URL_VARIABLE, open_store
from nornir_hygiene.models.census import OwnerCounts
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.report.assemble import RunFrame
from tests.cli.command import Home, closed_port, silent_port
from tests.fleet.conftest import require_sshd
from tests.fleet.loopback import Sshd, running_sshd
from tests.history.stories import BEGUN, audit, census, host

PROGRAM = "nr-test-orphan"
COUNT = 14
# The parent, which leads their session, ends. With all streams on /dev/null they may be meant to stay.
_LEAVE = f"""
import os, sys
null = os.open(os.devnull, os.O_RDWR)
for _ in range({COUNT}):
    pid = os.fork()
    if not pid:
        for stream in range(3):
            os.dup2(null, stream)
        os.execv(sys.argv[1], [sys.argv[1], "300"])
    print(pid)
"""


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    require_sshd()
    with running_sshd() as server:
        yield server


@pytest.fixture
def orphans(tmp_path: Path) -> Iterator[list[int]]:
    """The pids of some that are really there."""
    program = tmp_path / PROGRAM
    shutil.copy(shutil.which("sleep") or "", program)
    starter = [sys.executable, "-c", _LEAVE, str(program)]
    told = subprocess.run(starter, stdout=subprocess.PIPE, text=True, start_new_session=True, check=True).stdout
    pids = [int(line) for line in told.split()]
    try:
        yield pids
    finally:
        end(pids)


def end(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def here(home: Home, sshd: Sshd) -> Home:
    """This machine is the one host."""
    settings = {
        "known_hosts": str(sshd.folder / "known_hosts"),
        "identity_file": str(sshd.folder / "user_ed25519"),
        "ssh_config": str(sshd.folder / "ssh_config"),
        "use_agent": False,
    }
    entry = {
        "hostname": "127.0.0.1",
        "port": sshd.port,
        "username": getpass.getuser(),
        "data": {"nornir_hygiene": settings},
    }
    folder = home.inventory(sshd.port, "here")
    (folder / "hosts.yaml").write_text(json.dumps({"here": entry}))  # JSON is YAML as well
    return home


def audited(home: Home, **environment: str) -> tuple[HostReport, str]:
    """What it says of the one host, and what was said on stderr."""
    folder = str(home.project / "inventory")
    done = home.nr("run", "audit", "--inventory", folder, "--timeout", "50", "-o", "json", **environment)
    (report,) = AuditReport.model_validate_json(done.stdout).hosts
    assert report.not_observed is None, report.not_observed
    return report, done.stderr


def leaks(report: HostReport) -> list[Finding]:
    return [one for one in report.findings if one.kind == "orphan-leak" and one.subject.name.startswith(PROGRAM)]


def owner(report: HostReport) -> OwnerCounts | None:
    assert report.census is not None
    return next((one for one in report.census.owners if one.owner.startswith(f"{PROGRAM} of ")), None)


def leaked_before(home: Home, name: str) -> None:
    """Two days with one orphan, then twelve hours in which one more came each hour, until now."""
    now = (datetime.now(UTC) - BEGUN) / timedelta(minutes=1) - 15
    store = open_store(home.runs.parent / "history.sqlite")
    for half_hours in range(120, -1, -1):
        counts = census(OwnerCounts(owner=name, orphans=1 + max(0, 24 - half_hours) // 2))
        assert keep_audit(store, audit(now - 30 * half_hours, host("here", counts=counts)))
    store.dispose()


def test_a_leak_is_told_by_its_growth_until_it_is_ended(here: Home, orphans: list[int]) -> None:
    alone, _ = audited(here)
    known = owner(alone)
    assert known is not None
    assert (known.orphans, leaks(alone)) == (COUNT, [])
    (here.runs.parent / "history.sqlite").unlink()
    leaked_before(here, known.owner)
    report, said = audited(here)
    (leak,) = leaks(report)
    assert leak.subject.name == known.owner
    assert leak.summary.startswith(f"{COUNT} orphans {known.owner}, and about 1 more every hour")
    assert "warning" not in said
    saved = AuditReport.model_validate_json(max(here.runs.glob("*.json")).read_bytes())
    assert leaks(saved.hosts[0]) == [leak]
    end(orphans[3:])
    healed, _ = audited(here)
    assert leaks(healed) == []


def test_without_a_database_there_is_the_result_and_one_warning(here: Home) -> None:
    lost = f"postgresql://anna:secret@127.0.0.1:{closed_port()}/x"
    _, said = audited(here, **{URL_VARIABLE: lost})
    assert said.count("warning") == 1
    assert "this run is missing in the history" in said
    assert "secret" not in said


def execution() -> Execution:
    now = datetime.now(UTC)
    frame = RunFrame(run_id="run", started_at=now, selection="all hosts")
    return Execution(frame, Inventory(Hosts()), {}, interrupted=False, finished_at=now)


def test_a_database_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = (host("w1"),)
    with silent_port() as port:
        monkeypatch.setenv(URL_VARIABLE, f"postgresql://anna@127.0.0.1:{port}/x")
        assert remember(execution(), counted, within_s=0.2) == (counted, "it could not be read within 0.2 s")


def test_where_no_host_was_observed_no_database_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(URL_VARIABLE, f"sqlite:///{tmp_path}/history.sqlite")
    nobody = (HostReport(host="w1"),)
    assert remember(execution(), nobody) == (nobody, "")
    assert list(tmp_path.iterdir()) == []


def test_what_could_only_not_be_read_is_kept_and_said_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(URL_VARIABLE, f"sqlite:///{tmp_path}/history.sqlite")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    run_audit._save(audit(0, host("w1")), "it could not be read within 10 s")  # its only caller asks hosts
    assert [one.run_id for one in kept_audits(open_store())] == [audit(0).run_id]
    said = capsys.readouterr().err
    assert said == (
        "nr: warning: what earlier runs counted is missing in this one; the history: it could not be read within 10 s\n"
    )
