"""Host reports -> the report of the whole run. Pure: no clock, no disk."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.run import AuditReport, HostReport, Totals


class RunFrame(Frozen):
    """What is known of a run apart from its hosts; `started_at` is UTC."""

    run_id: str
    started_at: datetime
    selection: str


def new_run_id(now: datetime) -> str:
    """Sorts by time and is never the same twice: `20261121T193701Z-9f3c1a`."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def assemble(
    frame: RunFrame,
    hosts: Iterable[HostReport],
    finished_at: datetime,
    *,
    interrupted: bool,
    causes: tuple[FleetCause, ...] = (),
) -> AuditReport:
    """All of one audit, hosts in the order of their names."""
    ordered = tuple(sorted(hosts, key=lambda each: each.host))
    return AuditReport(
        run_id=frame.run_id,
        started_at=frame.started_at,
        finished_at=finished_at,
        interrupted=interrupted,
        selection=frame.selection,
        hosts=ordered,
        causes=causes,
        totals=totals(ordered),
    )


def totals(hosts: Iterable[HostReport]) -> Totals:
    """Each host counts once, so that the parts add up: an incomplete host with findings counts under findings."""
    places = [host.place for host in hosts]
    return Totals(
        selected=len(places),
        clean=places.count("clean"),
        with_findings=places.count("with_findings"),
        not_observed=places.count("not_observed"),
        incomplete=places.count("incomplete"),
    )
