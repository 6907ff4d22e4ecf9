import io
from typing import Any

import pytest
from rich.console import Console

from nornir_hygiene.models.finding import Evidence, Fact, Severity, Subject
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.report.text import closing_line, console_for, render
from tests.report.samples import STACK, absent, cannot_fork, clean, finding, partial, report, sick, task


def piped(shown: AuditReport) -> str:
    stream = io.StringIO()
    render(shown, console_for(stream))
    return stream.getvalue()


def on_terminal(shown: AuditReport, width: int) -> str:
    stream = io.StringIO()
    render(shown, Console(file=stream, width=width, force_terminal=True, markup=False, emoji=False, highlight=False))
    return stream.getvalue()


def test_a_finding_is_shown_with_its_task_wait_channel_stack_cause_and_remedy() -> None:
    text = piped(report(sick(), clean()))
    for word in ("critical", "worker-1", "rbd-io-hang", "device rbd3", "35m", "image kube/pvc-1", "which OSD"):
        assert word in text
    for word in ("21979@4711", "folio_wait_bit", "in flight: 3 reads", "pod 1234", "and 1 more", "never kill the fsck"):
        assert word in text


def test_a_stack_shows_its_five_innermost_frames_once_for_all_that_share_it() -> None:
    tasks = (task(1), task(2), task(3, stack=("do_wait",)))
    text = piped(report(sick(evidence=Evidence(tasks=tasks, task_count=3))))
    assert f"stack of 1, 2: {' < '.join(STACK[:5])}\n" in text
    assert "stack of 3: do_wait\n" in text
    assert STACK[5] not in text


def test_worst_findings_stand_first_and_one_cause_stands_together() -> None:
    info = finding("a", Severity.INFO)
    other = finding("b", Severity.CRITICAL, cause=info.cause.model_copy(update={"name": "z osd.1"}))
    hosts = [sick("c"), HostReport(host="a", findings=(info,)), HostReport(host="b", findings=(other,)), sick("d")]
    rows = [
        line.split()[:2] for line in piped(report(*hosts)).splitlines() if line.startswith(("critical  ", "info  "))
    ]
    assert rows[:4] == [["critical", "c"], ["critical", "d"], ["critical", "b"], ["info", "a"]]


def test_an_info_has_no_evidence_block() -> None:
    assert "because:" not in piped(report(sick(severity=Severity.INFO)))


def test_a_host_that_cannot_fork_is_among_the_findings_and_among_the_not_observed() -> None:
    text = piped(report(cannot_fork()))
    assert "it connects but cannot fork or log in" in next(line for line in text.splitlines() if "critical" in line)
    assert text.index("critical") < text.index("not observed")
    assert "full-1  cannot-fork" in text


def test_the_table_says_what_to_do_and_the_evidence_below_says_all_of_it() -> None:
    table, evidence = piped(report(sick(restores="Restart the OSD. Never kill the fsck."))).split("because:")
    assert "Restart the OSD." in table
    assert "Never kill" not in table
    assert "restores: Restart the OSD. Never kill the fsck.\n" in evidence


def test_hosts_not_observed_come_with_reason_detail_and_hint() -> None:
    text = piped(report(absent()))
    assert "gone-1  connection-refused  port 22 refused" in text
    assert "hint: is sshd running?" in text


def test_hosts_seen_in_part_name_what_was_not_seen() -> None:
    assert "half-1  stack: not root" in piped(report(partial()))


def test_the_last_line_accounts_for_every_host() -> None:
    hosts = [*(clean(f"c{n}") for n in range(12)), sick("a"), sick("b"), cannot_fork(), absent("x"), absent("y")]
    shown = report(*hosts, partial())
    expected = "18 hosts: 12 clean, 2 with findings, 3 not observed (2 connection-refused, 1 cannot-fork), 1 incomplete"
    assert closing_line(shown) == expected
    assert piped(shown).splitlines()[-1] == expected


def test_one_host_is_not_called_hosts() -> None:
    assert closing_line(report(clean())) == "1 host: 1 clean, 0 with findings"


def test_an_interrupted_run_says_so_in_its_last_line() -> None:
    assert closing_line(report(clean(), interrupted=True)).startswith("interrupted: 1 host")


def test_in_a_pipe_host_kind_and_subject_are_never_broken_over_lines() -> None:
    long = finding("worker-rack-12.example.org", kind="zombie-parent-not-waiting")
    row = next(
        line for line in piped(report(HostReport(host="w", findings=(long,)))).splitlines() if "critical" in line
    )
    for word in ("worker-rack-12.example.org", "zombie-parent-not-waiting", "device rbd3"):
        assert word in row


@pytest.mark.parametrize("width", [20, 40, 80, 139, 140, 160, 300])
def test_no_width_of_a_terminal_loses_a_word(width: int) -> None:
    huge = "kubepods.slice/" + "x" * 400 + "END"
    shown = on_terminal(report(sick("h" * 300, subject=Subject(sort="cgroup", name=huge)), absent()), width)
    letters = "".join(shown.split())
    assert letters.count("END") >= 2
    for word in ("critical", "rbd-io-hang", "connection-refused", "1withfindings"):
        assert word in letters


HOSTILE = "\x1b[31m\x9b2J\n[red]\u202eevil:smile:\x00\udcff"


def hostile_report() -> AuditReport:
    tasks = (task(comm=HOSTILE, wchan=HOSTILE, stat="D", role=HOSTILE, stack=(HOSTILE,)),)
    evidence = Evidence(tasks=tasks, task_count=1, facts=(Fact(name=HOSTILE, value=HOSTILE),))
    cause = finding().cause.model_copy(update={"name": HOSTILE, "because": HOSTILE, "missing": HOSTILE})
    changed: dict[str, Any] = {
        "summary": HOSTILE,
        "evidence": evidence,
        "cause": cause,
        "restores": HOSTILE,
        "container": HOSTILE,
    }
    subject = Subject(sort="process", name=HOSTILE)
    gone = absent(HOSTILE + "2", detail=HOSTILE, hint=HOSTILE, suspicion=Severity.CRITICAL)
    return report(sick(HOSTILE, subject=subject, **changed), gone, partial(HOSTILE + "3"))


@pytest.mark.parametrize("width", [60, 160])
def test_hostile_text_never_reaches_the_screen_raw(width: int) -> None:
    stream = io.StringIO()
    render(hostile_report(), Console(file=stream, width=width, markup=False, emoji=False, highlight=False))
    text = stream.getvalue()
    assert not set(text) & set("\x1b\x9b\x00\u202e\udcff\r")
    assert "[red]" in text
    assert ":smile:" in text
    assert r"\x1b" in text
