"""The table at the end of a test run: each kind, the real faults it was tried on, and what this very run proved.

A test tells a Proof; everything else that the table says is what the lab offers and what no test told: "not run".
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nornir_hygiene.diagnose import KINDS
from nornir_hygiene.lab import FAULTS
from nornir_hygiene.lab.vm.faults import VM_FAULTS
from nornir_hygiene.models.frozen import Frozen
from tests.kinds_elsewhere import ELSEWHERE

RecordProperty = Callable[[str, object], None]
FILE = Path(__file__).parents[1] / ".reports" / "kinds.md"
UNOBSERVED = "(host not observed)"
_PROPERTY = "proof of a kind"
_NOT_RUN = "not run"


class Proof(Frozen):
    """What a test saw of one fault. Empty: this test did not look at that.

    `found`: the cause the audit named, `twin`: what it said of the healthy twin, `procps`: with which tools beside the
    host's own it came to the same kinds. `wrong`: what was not as planted.
    """

    kind: str
    fault: str
    found: str = ""
    twin: str = ""
    procps: str = ""
    wrong: tuple[str, ...] = ()

    def tell(self, record_property: RecordProperty) -> None:
        """Hand it to the table; `record_property` is pytest's fixture."""
        record_property(_PROPERTY, self.model_dump_json())


class Row(Frozen):
    """One line: a kind and one fault of it, or the reason why there is none."""

    kind: str
    fault: str
    found: str
    twin: str
    procps: str

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.kind, self.fault, self.found, self.twin, self.procps)


HEAD = ("kind", "real fault", "found, with its cause", "healthy twin", "same kinds seen through")


def proofs_in(reports: Iterable[Any]) -> list[Proof]:
    """What the tests told, from pytest's reports of their calls."""
    calls = (report for report in reports if getattr(report, "when", "") == "call")
    told = (value for report in calls for name, value in report.user_properties if name == _PROPERTY)
    return [Proof.model_validate_json(str(value)) for value in told]


def rows(proofs: list[Proof]) -> Iterator[Row]:
    """Every kind there is, in the order of the rules; then the hosts that cannot answer; then faults beyond the lab."""
    for kind in (*KINDS, UNOBSERVED):
        told = {proof.fault for proof in proofs if proof.kind == kind}
        faults = [*planned(kind), *sorted(told - set(planned(kind)))]
        yield from (_row(kind, fault, proofs) for fault in faults)
        if not faults:
            yield Row(kind=kind, fault="none", found=elsewhere(kind), twin="", procps="")


def planned(kind: str) -> list[str]:
    """The faults of the lab whose finding is of this kind."""
    return [fault.name for fault in (*FAULTS, *VM_FAULTS) if kind in (fault.kinds or (UNOBSERVED,))]


def elsewhere(kind: str) -> str:
    """Why there is no real fault of this kind, and what there is instead."""
    known = ELSEWHERE.get(kind)
    if known is None:
        return "NEITHER a real fault nor a reason in tests/kinds_elsewhere.py"
    return known.why + (f"; recorded: {known.recorded} ({known.source})" if known.recorded else "")


def _row(kind: str, fault: str, proofs: list[Proof]) -> Row:
    mine = [proof for proof in proofs if (proof.kind, proof.fault) == (kind, fault)]
    wrong = "; ".join(text for proof in mine for text in proof.wrong)
    found, twin, procps = (_joined(getattr(proof, name) for proof in mine) for name in ("found", "twin", "procps"))
    return Row(kind=kind, fault=fault, found=f"WRONG: {wrong}; {found}" if wrong else found, twin=twin, procps=procps)


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text)) or _NOT_RUN


def markdown(table: Iterable[Row], told: str) -> str:
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells for row in table)]
    body = "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n" for cells in lines)
    return f"# Kinds of findings against real faults\n\n{told}\n\n{body}"


def terminal(table: list[Row], width: int) -> Iterator[str]:
    """A line or more per row; a kind is named in its first."""
    indent = max(len(row.kind) for row in table) + max(len(row.fault) for row in table) + 4
    kinds = max(len(row.kind) for row in table)
    last = ""
    for row in table:
        head = f"{row.kind if row.kind != last else '':{kinds}}  {row.fault}".ljust(indent)
        first, *others = textwrap.wrap(_said(row), max(40, width - indent))
        yield head + first
        yield from (" " * indent + line for line in others)
        last = row.kind


def _said(row: Row) -> str:
    if row.fault == "none" or {row.found, row.twin, row.procps} == {_NOT_RUN}:
        return row.found
    return f"{row.found} | twin {row.twin} | {row.procps}"


def summarize(reporter: pytest.TerminalReporter) -> None:
    """Print the table of this run and keep it as Markdown."""
    reports = [report for group in reporter.stats.values() for report in group]
    proofs = proofs_in(reports)
    table = list(rows(proofs))
    tried = {(proof.kind, proof.fault) for proof in proofs}
    real = [row for row in table if row.fault != "none"]
    told = f"{len(tried)} of {len(real)} pairs of kind and fault were tried in this run."
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(markdown(table, told))
    reporter.section("kinds of findings against real faults")
    for line in terminal(table, reporter._tw.fullwidth):
        reporter.line(line)
    reporter.line(f"{told} As Markdown: {FILE.relative_to(FILE.parents[1])}")
