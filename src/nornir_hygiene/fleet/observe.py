"""One host, one exec, one answer: from its inventory entry to a Snapshot or the reason why there is none."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from nornir.core.inventory import Host

from nornir_hygiene.collect.request import probe_request
from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.fleet.boundary import observed_or_why
from nornir_hygiene.fleet.deadline import Deadline, host_deadline
from nornir_hygiene.fleet.execute import exchange
from nornir_hygiene.fleet.selection import settings_for
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.host import NotObserved, Snapshot
from nornir_hygiene.models.run import Recording
from nornir_hygiene.models.settings import HostSettings

# For a runner that sets no deadline of its own, such as Nornir's ThreadedRunner.
DEFAULT_TIMEOUT_S = 30.0

Seen = TypeVar("Seen")


class Observation(Frozen):
    """What came of one host: `seen`, and what getting it cost. The raw text is gone by now."""

    seen: Snapshot | NotObserved
    settings: HostSettings | None
    took_s: float
    bytes_received: int = 0


def observe(host: Host, look: int | None = None) -> Observation:
    """Ask the host, within the current deadline. Never raises. `look`: see probe_request."""
    begun = time.monotonic()
    with host_deadline(DEFAULT_TIMEOUT_S) as deadline:
        seen = observed_or_why(lambda: _observed(host, deadline, look), deadline)
    took_s = round(time.monotonic() - begun, 3)
    if isinstance(seen, NotObserved):
        return Observation(seen=seen, settings=None, took_s=took_s)
    snapshot, settings, size = seen
    return Observation(seen=snapshot, settings=settings, took_s=took_s, bytes_received=size)


def record(host: Host) -> Recording | NotObserved:
    """The same exec, but the raw bytes are kept and nobody looks into them."""
    with host_deadline(DEFAULT_TIMEOUT_S) as deadline:
        return observed_or_why(lambda: _recorded(host, deadline), deadline)


def _observed(host: Host, deadline: Deadline, look: int | None) -> tuple[Snapshot | NotObserved, HostSettings, int]:
    return _asked(
        host,
        deadline,
        lambda answer, nonce, settings: (read_answer(answer, nonce), settings, len(answer.stdout)),
        look,
    )


def _recorded(host: Host, deadline: Deadline) -> Recording:
    taken_at = datetime.now(UTC)
    return _asked(
        host,
        deadline,
        lambda answer, nonce, settings: Recording(
            host=host.name, taken_at=taken_at, nonce=nonce, answer=answer, thresholds=settings.thresholds
        ),
    )


def _asked(
    host: Host, deadline: Deadline, read: Callable[[Answer, str, HostSettings], Seen], look: int | None = None
) -> Seen:
    settings = settings_for(host)
    request = probe_request(settings, deadline.remaining_s, look)
    answer = exchange(host, settings, request, deadline)
    deadline.phase = "parse"
    return read(answer, request.nonce, settings)
