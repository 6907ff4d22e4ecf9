"""Is it gone, and does it stay gone? Told by the detector that found it, and never by silence."""

import time

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import Target
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.runbook import Gone
from nornir_hygiene.remediate.ground import Ground

_EVERY_S = 2.0


class Verdict(Frozen):
    """`gone`, or why not."""

    gone: bool
    why_not: str = ""


def seen_gone(target: Target, report: AuditReport) -> Verdict:
    """A host not observed, or seen with less coverage than when this was planned, says nothing."""
    seen = {host.host: host for host in report.hosts}
    for name in target.sufferers:
        host = seen.get(name)
        if host is None or host.not_observed:
            why = f": {host.not_observed.reason}" if host and host.not_observed else ""
            return Verdict(gone=False, why_not=f"{name} was not observed{why}")
        if not host.complete:
            return Verdict(gone=False, why_not=f"{name} was seen by halves only")
        less = {f"{name}: {gap.section}" for gap in host.gaps} - set(target.gaps)
        if less:
            return Verdict(gone=False, why_not=f"less was seen than when this was planned: {', '.join(sorted(less))}")
    alike = [
        finding
        for name in target.sufferers
        for finding in seen[name].findings
        # What hangs in another way by now is another kind of finding, and not gone.
        if finding.kind in target.kinds or str(finding.subject) in target.subjects
    ]
    still = [finding.summary for finding in alike if finding.fingerprint in target.fingerprints]
    # A restarted program that does the same again is another process, and so another finding.
    back = [finding.summary for finding in alike if finding.fingerprint not in (*target.fingerprints, *target.others)]
    return Verdict(
        gone=not still and not back, why_not="; ".join((*still, *(f"it came back: {told}" for told in back)))
    )


def look_once(target: Target, ground: Ground) -> Verdict:
    """Is it gone by now?"""
    return seen_gone(target, ground.look(target.sufferers))


def await_gone(target: Target, ground: Ground, gone: Gone) -> Verdict:
    """Look until it is gone and has stayed gone, or until the time is up."""
    end = time.monotonic() + gone.within_s
    since: float | None = None
    while True:
        verdict = look_once(target, ground)
        now = time.monotonic()
        since = (since or now) if verdict.gone else None
        if since is not None and now - since >= gone.stays_s:
            return verdict
        if since is None and now >= end:
            return verdict
        # Not longer than it takes to know: the last look is due when it has stayed gone for long enough.
        time.sleep(_EVERY_S if since is None else min(_EVERY_S, since + gone.stays_s - now))
