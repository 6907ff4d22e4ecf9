"""Every finding that is there now, with what the newest saved run told of it and of the cause behind it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Engine

from nornir_hygiene.diagnose.suppression import suppressed_by
from nornir_hygiene.history.evidence import Evidence, evidence_of
from nornir_hygiene.history.notices import open_findings
from nornir_hygiene.history.queries import kept_audits
from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.notification import OpenFinding
from nornir_hygiene.models.past import KeptFinding
from nornir_hygiene.models.suppression import Suppression

_AUDITS_LOOKED_AT = 20


def open_now(
    engine: Engine, entries: Iterable[Suppression], groups: Mapping[str, Iterable[str]], now: datetime
) -> tuple[OpenFinding, ...]:
    """`groups` by host, for the suppressions in `entries`. Where no saved run is left, only the history's words."""
    kept, suppressions = open_findings(engine), tuple(entries)
    with engine.connect() as connection:
        evidence = evidence_of(connection, _whole(engine), kept, ())
    causes = {at: _by_finding(told) for at, told in evidence.causes.items()}

    def known(one: KeptFinding) -> OpenFinding:
        by = suppressed_by(suppressions, one.host, set(groups.get(one.host, ())), one.kind, one.subject, now)
        return OpenFinding(
            kept=one,
            finding=evidence.findings.get(one.fingerprint),
            cause=_cause(one.fingerprint, evidence, causes),
            suppressed=by is not None,
        )

    return tuple(map(known, kept))


def _whole(engine: Engine) -> dict[str, str]:
    """The newest audit that came to its end, if a later one did not: that one asked for no causes."""
    newest = kept_audits(engine, _AUDITS_LOOKED_AT)
    if not newest or not newest[0].interrupted:
        return {}
    return next(({"": one.run_id} for one in newest if not one.interrupted), {})


def _cause(
    fingerprint: str, evidence: Evidence, causes: Mapping[datetime, Mapping[str, FleetCause]]
) -> FleetCause | None:
    at = evidence.seen_at.get(fingerprint)
    if at is None:
        return None
    if causes.get(at):
        return causes[at].get(fingerprint)
    return next(
        (causes[each][fingerprint] for each in sorted(causes, reverse=True) if fingerprint in causes[each]), None
    )


def _by_finding(causes: Iterable[FleetCause]) -> dict[str, FleetCause]:
    """Of several the one that is established; that hosts share a kernel says less than any other."""
    weakest_first = sorted(causes, key=lambda cause: (cause.established, cause.sort != "kernel", cause.name))
    return {print_: cause for cause in weakest_first for print_ in cause.fingerprints}
