"""What an audit of a planted fault proved, for the table of kinds: read off its report, never assumed."""

from collections.abc import Iterable, Iterator

from nornir_hygiene.lab import Planted
from nornir_hygiene.lab.expectations import Verdict
from nornir_hygiene.models.run import AuditReport
from tests.kinds_table import UNOBSERVED, Proof
from tests.lab.audits import host_of
from tests.lab.right_causes import missing_words


def proofs_of(planted: Planted, report: AuditReport, verdicts: Iterable[Verdict]) -> Iterator[Proof]:
    """One for each kind of the fault, from the verdicts on it and on its twin."""
    fault, twin = (
        next(verdict for verdict in verdicts if verdict.what == what)
        for what in (planted.fault, f"healthy twin of {planted.fault}")
    )
    spared = "NOT spared: " + "; ".join(twin.wrong) if twin.wrong else "spared"
    cause = cause_of(report, fault)
    wrong = (*fault.wrong, *missing_words(planted, cause))
    for kind in planted.kinds or (UNOBSERVED,):
        yield Proof(kind=kind, fault=planted.fault, found=cause, twin=spared, wrong=wrong)


def cause_of(report: AuditReport, verdict: Verdict) -> str:
    """The cause in the finding the verdict is about; of a host that was not observed, the reason."""
    findings = host_of(report, verdict.host).findings
    causes = (found.cause for found in findings if f"{found.kind}: {found.subject}" == verdict.said)
    return next((cause.name for cause in causes), verdict.said)
