"""One deadline per host, for name lookup, connecting and the probe together.

Two ends: the soft one (`remaining_s` reaches zero), at which the worker stops reading and returns what it has, and the
hard one a moment later, at which the host's sockets are closed and its slot is given to the next host.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from nornir_hygiene.models.host import Phase

Closer = Callable[[], object]

_SOFT_MARGIN_S = 0.3
_SOFT_MARGIN_SHARE = 0.05
# For a connection plugin that somebody opens outside of `host_deadline` and our runner.
WITHOUT_DEADLINE_S = 60.0


class Deadline:
    """Monotonic; starts when it is made. `phase` is set by the transports, so that a timeout can say what it cut.

    A closer must not block and may raise nothing but OSError: it is called from the runner's thread. For a socket that
    is `shutdown`, which wakes its reader; closing the file descriptor stays with the worker, who alone knows that
    nobody is using it any more.
    """

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.phase: Phase = "lookup"
        self._hard_end = time.monotonic() + timeout_s
        self._margin_s = min(_SOFT_MARGIN_S, timeout_s * _SOFT_MARGIN_SHARE)
        self._expired = False
        self._lock = threading.Lock()
        self._closers: list[Closer] = []

    @property
    def remaining_s(self) -> float:
        """Until the soft end; never below zero. What a worker may still wait."""
        return 0.0 if self._expired else max(0.0, self.hard_remaining_s - self._margin_s)

    @property
    def hard_remaining_s(self) -> float:
        """Until the slot is taken away; never below zero."""
        return max(0.0, self._hard_end - time.monotonic())

    @property
    def expired(self) -> bool:
        """Nothing that is still on its way will be waited for (also after an interruption)."""
        return self.remaining_s <= 0.0

    def register(self, closer: Closer) -> None:
        """To be called at the hard end; at once if that is over."""
        with self._lock:
            if not self._expired:
                self._closers.append(closer)
                return
        _call(closer)

    def unregister(self, closer: Closer) -> None:
        """What is closed in good order needs no closer any more; unknown ones are ignored."""
        with self._lock, contextlib.suppress(ValueError):
            self._closers.remove(closer)

    def expire(self) -> None:
        """Close everything now; what registers later is closed at once."""
        with self._lock:
            self._expired = True
            closers, self._closers = self._closers, []
        for closer in closers:
            _call(closer)


_current: ContextVar[Deadline | None] = ContextVar("nornir_hygiene_deadline", default=None)


def current_deadline() -> Deadline | None:
    """The deadline of the host this thread works for; connection plugins have no other way to receive it."""
    return _current.get()


@contextlib.contextmanager
def under(deadline: Deadline) -> Iterator[Deadline]:
    """Make `deadline` the current one of this thread."""
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


@contextlib.contextmanager
def host_deadline(timeout_s: float) -> Iterator[Deadline]:
    """The current deadline, or under a runner that sets none (the stock ThreadedRunner) an own one.

    An own one has a timer, because nobody else would cut a read that hangs.
    """
    running = current_deadline()
    if running is not None:
        yield running
        return
    deadline = Deadline(timeout_s)
    timer = threading.Timer(timeout_s, deadline.expire)
    timer.daemon = True
    timer.start()
    try:
        with under(deadline):
            yield deadline
    finally:
        timer.cancel()


def _call(closer: Closer) -> None:
    with contextlib.suppress(OSError):
        closer()
