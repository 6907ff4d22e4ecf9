"""AuditReport -> what a person reads: findings by severity and cause, evidence, hosts not observed, one last line.

What is suppressed stands at the end, a line each.

Everything that came from a host goes through `safe` and into rich as Text, never as markup.
"""

from collections import Counter
from typing import IO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nornir_hygiene.models.finding import Cause, Evidence, Finding, Severity, Subject
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.report.causes import cause_lines
from nornir_hygiene.report.evidence import age, evidence_lines, oldest_s
from nornir_hygiene.report.safe import safe
from nornir_hygiene.report.suppressions import counted, expired_lines, suppressed_lines

# A pipe has no width: a fixed one keeps the same report the same text, wherever it is made.
PIPE_WIDTH = 160
# Narrower than this the table would have to break the words people search for.
_WIDE = 140
_TITLES = ("severity", "host", "kind", "subject", "age", "cause", "what restores it")
_MIN_WIDTHS = (8, 26, 26, 30, 6, 14, 14)
_STYLES = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def console_for(stream: IO[str]) -> Console:
    """A console that takes text as it is: no markup, no emoji codes, no guessing of what to colour."""
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def rendered(report: AuditReport, stream: IO[str]) -> str:
    """The whole report as it fits `stream`; writing is left to the caller, for rich exits 1 on a closed pipe."""
    console = console_for(stream)
    with console.capture() as captured:
        render(report, console)
    return captured.get()


def render(report: AuditReport, console: Console) -> None:
    """Prints the whole report."""
    findings = shown_findings(report)
    told = tuple(finding for finding in findings if not finding.suppressed)
    suppressed = tuple(finding for finding in findings if finding.suppressed)
    _print_causes(report, suppressed, console)
    _print_findings(told, console)
    _print_evidence(told, console)
    _print_not_observed(report, console)
    _print_incomplete(report, console)
    _print_suppressed(report, suppressed, console)
    _line(console, closing_line(report), "bold")


def shown_findings(report: AuditReport) -> tuple[Finding, ...]:
    """Worst first, then by cause so that one cause stands together, then by host. Suspicions are among them."""
    findings = [finding for host in report.hosts for finding in host.findings]
    findings += [suspicion for host in report.hosts if (suspicion := _suspicion(host))]
    return tuple(sorted(findings, key=lambda each: (-each.severity.rank, each.cause.name, each.host, each.kind)))


def _suspicion(host: HostReport) -> Finding | None:
    """A host that connects but cannot fork or log in is sick, not merely absent."""
    failure = host.not_observed
    if failure is None or failure.suspicion is None:
        return None
    sick = "it connects but cannot fork or log in" if failure.suspicion is Severity.CRITICAL else "it does not answer"
    because = f"phase {failure.phase}: {failure.detail}"
    return Finding(
        host=host.host,
        kind=failure.reason,
        severity=failure.suspicion,
        subject=Subject(sort="host", name=host.host),
        summary="nothing else is known of this host",
        evidence=Evidence(),
        cause=Cause(name=f"the host itself: {sick}", established=False, because=because),
        restores=failure.hint,
    )


def closing_line(report: AuditReport) -> str:
    """`20 hosts: 12 clean, 3 with findings, 5 not observed (3 no-route, 2 deadline); 1 finding suppressed`."""
    totals = report.totals
    reasons = Counter(host.not_observed.reason for host in report.hosts if host.not_observed)
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    parts = [f"{totals.clean} clean", f"{totals.with_findings} with findings"]
    parts += [f"{totals.not_observed} not observed ({why})"] if totals.not_observed else []
    parts += [f"{totals.incomplete} incomplete"] if totals.incomplete else []
    hosts = "1 host" if totals.selected == 1 else f"{totals.selected} hosts"
    told = f"{hosts}: {', '.join(parts)}"
    # A part of its own: it counts findings, the others count hosts and add up.
    told = "; ".join(filter(None, (told, counted(report.suppressed))))
    return f"interrupted: {told}" if report.interrupted else told


def cause_text(cause: Cause) -> str:
    """The thing to fix, or how far the evidence reaches."""
    return cause.name if cause.established else f"{cause.name} ({cause.missing or 'not established'})"


def _print_causes(report: AuditReport, suppressed: tuple[Finding, ...], console: Console) -> None:
    if not report.causes:
        return
    many = any(len(cause.hosts) > 1 for cause in report.causes)
    _line(console, "one cause, many hosts" if many else "cause on another host", "bold")
    for line in cause_lines(report.causes, {finding.fingerprint for finding in suppressed}):
        _line(console, f"  {line}")
    _line(console, "")


def _print_findings(findings: tuple[Finding, ...], console: Console) -> None:
    if not findings:
        return
    if console.width >= _WIDE:
        console.print(_findings_table(findings))
        _line(console, "")
        return
    for finding in findings:
        _print_stacked(finding, console)
    _line(console, "")


def _findings_table(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    rows = [_row(finding) for finding in findings]
    for title, width, *words in zip(_TITLES, _MIN_WIDTHS, *rows, strict=True):
        longest = max(len(word) for word in (title, *words))
        table.add_column(title, overflow="fold", min_width=min(longest, width))
    for finding, row in zip(findings, rows, strict=True):
        table.add_row(Text(row[0], _STYLES[finding.severity]), *map(Text, row[1:]))
    return table


def _row(finding: Finding) -> tuple[str, ...]:
    oldest = age(oldest_s(finding)) if finding.evidence.tasks else ""
    what = (finding.severity, finding.host, finding.kind, finding.subject)
    words = (*what, oldest, cause_text(finding.cause), _first_sentence(finding.restores))
    return tuple(safe(str(word)) for word in words)


def _first_sentence(text: str) -> str:
    """A table has room for what to do; the warnings that go with it stand in full below the evidence."""
    first, period, _ = text.partition(". ")
    return first + period.rstrip()


def _print_stacked(finding: Finding, console: Console) -> None:
    severity, host, kind, subject, oldest, cause, restores = _row(finding)
    _line(console, f"{severity}  {host}  {kind}  {subject}  {oldest}".rstrip(), _STYLES[finding.severity])
    _line(console, f"  cause: {cause}")
    _line(console, f"  restores: {restores}")


def _print_evidence(findings: tuple[Finding, ...], console: Console) -> None:
    for finding in findings:
        if finding.severity is Severity.INFO:
            continue
        _line(console, f"{finding.severity} {finding.kind} on {finding.host}: {finding.subject}", "bold")
        for line in evidence_lines(finding):
            _line(console, f"  {line}")
        _line(console, "")


def _print_not_observed(report: AuditReport, console: Console) -> None:
    hosts = [host for host in report.hosts if host.not_observed]
    if not hosts:
        return
    _line(console, "not observed", "bold")
    name_width = max(len(safe(host.host)) for host in hosts)
    for host in hosts:
        failure = host.not_observed
        assert failure is not None  # noqa: S101  # filtered above
        _line(console, f"  {safe(host.host):<{name_width}}  {failure.reason}  {failure.detail}")
        if failure.hint:
            _line(console, f"  {'':<{name_width}}  hint: {failure.hint}", "dim")
    _line(console, "")


def _print_incomplete(report: AuditReport, console: Console) -> None:
    hosts = [host for host in report.hosts if not host.not_observed and (host.gaps or not host.complete)]
    if not hosts:
        return
    _line(console, "seen only in part", "bold")
    for host in hosts:
        gaps = "; ".join(f"{gap.section}: {gap.why}" for gap in host.gaps)
        _line(console, f"  {host.host}  {gaps or 'the answer was not whole'}")
    _line(console, "")


def _print_suppressed(report: AuditReport, suppressed: tuple[Finding, ...], console: Console) -> None:
    if suppressed:
        _line(console, "suppressed", "bold")
    for line in suppressed_lines(suppressed):
        _line(console, f"  {line}")
    for line in expired_lines(report.expired_suppressions):
        _line(console, line, _STYLES[Severity.WARNING])
    if suppressed or report.expired_suppressions:
        _line(console, "")


def _line(console: Console, text: str, style: str = "") -> None:
    # soft_wrap: the terminal breaks long lines itself, a pipe gets them whole.
    console.print(Text(safe(text), style), soft_wrap=True)
