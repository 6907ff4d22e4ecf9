"""Findings with their episodes as the history has them: how they are asked for, by host, and what becomes of a row."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import RowMapping, Select, select

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.tables import episodes, findings, hosts
from nornir_hygiene.models.past import KeptFinding


def with_episodes() -> Select[Any]:
    """Every episode of every finding, with the name of its host."""
    return (
        select(hosts.c.name.label("host"), findings, episodes)
        .join(findings, findings.c.id == episodes.c.finding_id)
        .join(hosts, hosts.c.id == findings.c.host_id)
    )


def of_hosts(query: Select[Any], host_names: Collection[str] | None) -> Iterator[Select[Any]]:
    """The query in as many parts as it takes to name them; None: of all hosts."""
    if host_names is None:
        yield query
        return
    for some in chunks(sorted(host_names)):
        yield query.where(hosts.c.name.in_(some))


def kept_finding(row: RowMapping) -> KeptFinding:
    """What `with_episodes` gave."""
    return KeptFinding(**{name: row[name] for name in KeptFinding.model_fields})


def in_order(found: Iterable[KeptFinding]) -> tuple[KeptFinding, ...]:
    """By host, kind and subject. Not left to the database: each sorts names in the way of its own language."""
    return tuple(sorted(found, key=lambda one: (one.host, one.kind, one.subject, one.fingerprint, one.begun_at)))
