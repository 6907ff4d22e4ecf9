"""What lies behind findings of many hosts, as lines of text: the thing to fix, and those that suffer from it."""

from collections.abc import Collection, Iterator

from nornir_hygiene.models.cluster import FleetCause

_HOSTS_SHOWN = 12
_SICK = {
    "stopped": "is stopped",
    "stuck": "is stuck",
    "down": "is down",
    "network": "does not let requests through",
    "full": "is full",
}


def cause_lines(causes: tuple[FleetCause, ...], suppressed: Collection[str] = ()) -> Iterator[str]:
    """For each cause: what is wrong with which thing, on whom, why, what is missing, what restores it.

    `suppressed`: fingerprints of the findings that do not count for now.
    """
    for cause in causes:
        yield headline(cause, suppressed)
        yield f"  hosts: {_hosts(cause)}"
        yield f"  because: {cause.because}"
        yield from (f"  against it: {veto}" for veto in cause.vetoes)
        if cause.missing:
            yield f"  missing: {cause.missing}"
        if cause.restores and cause.established:
            yield f"  restores: {cause.restores}"


def headline(cause: FleetCause, suppressed: Collection[str] = ()) -> str:
    """`ceph-osd osd.1 on ceph-2 is stopped: 3 findings on 3 hosts`; what is not established says so first.

    Behind the last `: ` there are only counts: also how many of its findings are `suppressed` (fingerprints).
    """
    findings, hosts = len(cause.fingerprints), len(cause.hosts)
    count = f"{findings} finding{'s' * (findings != 1)} on {hosts} host{'s' * (hosts != 1)}"
    state = _SICK.get(cause.sick, "") if cause.established else ""
    name = f"{cause.name} {state}".rstrip() if cause.established else f"cause not established: {cause.name}"
    return f"{name}: {count}{_of_them(cause, suppressed)}"


def _of_them(cause: FleetCause, suppressed: Collection[str]) -> str:
    count = sum(1 for each in cause.fingerprints if each in suppressed)
    if not count:
        return ""
    return ", all suppressed" if count == len(cause.fingerprints) else f", {count} of them suppressed"


def _hosts(cause: FleetCause) -> str:
    left_out = len(cause.hosts) - _HOSTS_SHOWN
    more = f" and {left_out} more" if left_out > 0 else ""
    return ", ".join(cause.hosts[:_HOSTS_SHOWN]) + more
