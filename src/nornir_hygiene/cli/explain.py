"""`nr explain NAME`: what a kind, a wait or one finding of the last audit means, and what restores it."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.streams import results
from nornir_hygiene.errors import UsageError

if TYPE_CHECKING:
    from nornir_hygiene.diagnose.waits import WaitFamily
    from nornir_hygiene.models.explanation import Explanation
    from nornir_hygiene.models.finding import Finding

_SHORTEST_FINGERPRINT = 4

NameArgument = Annotated[
    str,
    typer.Argument(metavar="[NAME]", help="A kind, a wait (family or channel), a runbook, or a finding's fingerprint."),
]
RunOption = Annotated[str, typer.Option("--run", metavar="RUN", help="The audit of the finding; the last if left out.")]
MarkdownOption = Annotated[bool, typer.Option("--all-markdown", help="Print everything known as Markdown.")]
RunbooksOption = Annotated[bool, typer.Option("--runbooks-markdown", help="Print every runbook as Markdown.")]


def explain(
    name: NameArgument = "",
    run: RunOption = "",
    all_markdown: MarkdownOption = False,
    runbooks_markdown: RunbooksOption = False,
) -> None:
    """Explain a kind, a wait or a finding: what it is, how it is recognised, what restores it, what does not.

    Of a runbook: what it does in which order, and what refuses it.
    """
    if not name and not all_markdown and not runbooks_markdown:
        raise UsageError("give a kind, a wait, a runbook or a fingerprint", f"kinds: {', '.join(_kinds())}")
    if runbooks_markdown:
        text = _runbook_document()
    else:
        text = _document() if all_markdown else "".join(f"{line}\n" for line in _lines(name, run))
    with results():
        sys.stdout.write(text)


def _kinds() -> list[str]:
    from nornir_hygiene.fleet.knowledge import kind_book

    return [entry.kind for entry in kind_book().kinds]


def _document() -> str:
    from nornir_hygiene.diagnose import RULES
    from nornir_hygiene.diagnose.kinds import explained_kind
    from nornir_hygiene.fleet.knowledge import catalogue, kind_book
    from nornir_hygiene.report.explanations import markdown

    kinds = [explained_kind(entry, RULES) for entry in kind_book().kinds]
    return markdown(kinds, map(_explained, catalogue().families))


def _runbook_document() -> str:
    from nornir_hygiene.remediate.actions import ACTIONS
    from nornir_hygiene.remediate.language import every_runbook
    from nornir_hygiene.remediate.values import VALUES
    from nornir_hygiene.report.runbook_pages import markdown

    return markdown(
        ((loaded.name, loaded.runbook) for loaded in every_runbook()),
        {name: action.about for name, action in ACTIONS.items()},
        {name: value.about for name, value in VALUES.items()},
    )


def _runbook_lines(name: str) -> Iterator[str]:
    from nornir_hygiene.remediate.actions import ACTIONS
    from nornir_hygiene.remediate.language import load_runbook
    from nornir_hygiene.report.runbook_pages import runbook_lines

    loaded = load_runbook(name)
    return runbook_lines(name, loaded.runbook, {name: action.about for name, action in ACTIONS.items()})


def _lines(name: str, run: str) -> Iterator[str]:
    from nornir_hygiene.content import playbook_files
    from nornir_hygiene.report.evidence import evidence_lines
    from nornir_hygiene.report.explanations import text_lines
    from nornir_hygiene.report.safe import safe

    if name in playbook_files():
        yield from map(safe, _runbook_lines(name))
        return
    explanations = _explanations(name)
    if not explanations:
        finding = _finding(name, run)
        yield safe(f"{finding.severity} {finding.kind} on {finding.host}: {finding.subject}")
        yield from (f"  {safe(line)}" for line in evidence_lines(finding))
        yield ""
        explanations = _explanations(finding.kind)
    for number, explanation in enumerate(explanations):
        yield from [""] if number else []
        yield from text_lines(explanation)


def _explanations(name: str) -> "list[Explanation]":
    """By kind, by family, by wait channel: several families may share one."""
    from nornir_hygiene.diagnose import RULES
    from nornir_hygiene.diagnose.kinds import explained_kind
    from nornir_hygiene.diagnose.symbols import canonical
    from nornir_hygiene.fleet.knowledge import catalogue, kind_book

    entry = kind_book().entry(name)
    if entry:
        return [explained_kind(entry, RULES)]
    families = catalogue().families
    by_id = [family for family in families if family.id == name]
    return [_explained(one) for one in by_id or [each for each in families if canonical(name) in each.symbols]]


def _explained(family: "WaitFamily") -> "Explanation":
    from nornir_hygiene.diagnose.kinds import explained_wait
    from nornir_hygiene.fleet.knowledge import wait_origins

    origin = wait_origins().get(family.id)
    return explained_wait(family, str(origin) if origin else "")


def _finding(name: str, run: str) -> "Finding":
    """The one finding whose fingerprint begins like this."""
    from nornir_hygiene.fleet.inventory_file import nearest
    from nornir_hygiene.history.runs import load_run
    from nornir_hygiene.report.text import shown_findings

    hexadecimal = len(name) >= _SHORTEST_FINGERPRINT and set(name) <= set("0123456789abcdef")
    if not hexadecimal:
        raise UsageError(f"there is no kind, wait or finding {name!r}", nearest(name, _kinds()))
    report = load_run(run)
    found = [finding for finding in shown_findings(report) if finding.fingerprint.startswith(name)]
    if len(found) != 1:
        what = "no finding has" if not found else f"{len(found)} findings have"
        raise UsageError(f"in run {report.run_id} {what} a fingerprint that begins with {name!r}", "nr show lists them")
    return found[0]
