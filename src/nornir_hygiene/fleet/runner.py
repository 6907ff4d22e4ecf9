"""A Nornir runner in which a host that hangs costs its own deadline, never the run."""

import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Task

from nornir_hygiene.fleet import boundary
from nornir_hygiene.fleet.deadline import Deadline, under
from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.models.host import NotObserved, Phase

OnHost = Callable[[str, MultiResult], object]

# A signal that comes just before the main thread goes to sleep does not wake it: Python sees it when it is next awake.
_LOOK_UP_EVERY_S = 0.5


class DeadlineRunner:
    """At most `num_workers` hosts at a time, each for at most `timeout_s` from the moment its slot is taken.

    `on_host` is called in the thread that called `run`, as each result comes. Ctrl-C ends `run` at once and in good
    order: every host without a result is NotObserved("interrupted"), and `interrupted` says so.
    """

    def __init__(self, num_workers: int = 20, timeout_s: float = 30.0, on_host: OnHost | None = None) -> None:
        self.num_workers = max(1, num_workers)
        self.timeout_s = timeout_s
        self.on_host = on_host
        self.interrupted = False

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """What Nornir calls. No result is ever marked failed."""
        self.interrupted = False
        current = _Run(task, self.timeout_s, self.on_host)
        try:
            current.go(hosts, self.num_workers)
        except KeyboardInterrupt:
            self.interrupted = True
            current.break_off(hosts)
        finally:
            current.let_go()
        return current.results


class _Attempt:
    """One host in one slot. `done` is set by the worker, so that a result in the queue is not called late."""

    def __init__(self, host: Host, timeout_s: float) -> None:
        self.host = host
        self.deadline = Deadline(timeout_s)
        self.done = False

    @property
    def overdue(self) -> bool:
        """Its slot is to be taken away."""
        return not self.done and self.deadline.hard_remaining_s <= 0


class _Run:
    """The state of one `run`. Only the worker methods are called from other threads, and they touch only the queue."""

    def __init__(self, task: Task, timeout_s: float, on_host: OnHost | None) -> None:
        self.results = AggregatedResult(task.name)
        self._task = task
        self._timeout_s = timeout_s
        self._on_host = on_host
        self._running: dict[_Attempt, None] = {}  # a set that keeps the order of starting, which is that of expiring
        self._finished: queue.SimpleQueue[tuple[_Attempt, MultiResult]] = queue.SimpleQueue()

    def go(self, hosts: Iterable[Host], num_workers: int) -> None:
        """Until every host has a result."""
        waiting = deque(hosts)
        while waiting or self._running:
            while waiting and len(self._running) < num_workers:
                self._start(waiting.popleft())
            self._take_results()
            self._expire_overdue()

    def break_off(self, hosts: Iterable[Host]) -> None:
        """Keep what is known, and give every other host its reason."""
        while not self._finished.empty():  # before let_go: what its cut connections say is no answer
            self._settle(*self._finished.get())
        phases = {attempt.host.name: attempt.deadline.phase for attempt in self._running}
        self.let_go()
        for host in hosts:
            if host.name not in self.results:
                self._report(host, self._unobserved(host, _interrupted(phases.get(host.name, "queue"))))

    def let_go(self) -> None:
        """Close what is still open; nobody waits for it."""
        for attempt in self._running:
            attempt.deadline.expire()

    def _start(self, host: Host) -> None:
        attempt = _Attempt(host, self._timeout_s)
        self._running[attempt] = None
        worker = threading.Thread(target=self._work, args=(attempt,), name=f"nr {host.name}", daemon=True)
        try:
            worker.start()
        except RuntimeError as error:  # this machine is out of threads
            self._settle(attempt, self._unobserved(host, boundary.why(error, attempt.deadline)))

    def _work(self, attempt: _Attempt) -> None:
        with under(attempt.deadline):
            result = boundary.run_task(self._task, attempt.host, attempt.deadline)
        attempt.done = True
        self._finished.put((attempt, result))

    def _take_results(self) -> None:
        """Wait for the next result or the next deadline, a moment at most; then take all that is there."""
        soonest = next((attempt for attempt in self._running if not attempt.done), None)
        wait_s = min(soonest.deadline.hard_remaining_s, _LOOK_UP_EVERY_S) if soonest else _LOOK_UP_EVERY_S
        try:
            self._settle(*self._finished.get(timeout=wait_s))
            while not self._finished.empty():
                self._settle(*self._finished.get())
        except queue.Empty:
            return

    def _expire_overdue(self) -> None:
        late = [a for a in itertools.takewhile(lambda a: a.done or a.overdue, self._running) if not a.done]
        for attempt in late:
            attempt.deadline.expire()
            self._settle(attempt, self._unobserved(attempt.host, reasons.out_of_time(attempt.deadline)))

    def _settle(self, attempt: _Attempt, result: MultiResult) -> None:
        if attempt not in self._running:  # its time was up: what it says now is not heard
            return
        del self._running[attempt]
        self._report(attempt.host, result)

    def _report(self, host: Host, result: MultiResult) -> None:
        self.results[host.name] = result
        if self._on_host is not None:
            self._on_host(host.name, result)

    def _unobserved(self, host: Host, reason: NotObserved) -> MultiResult:
        return boundary.unobserved(self._task, host, reason)


def _interrupted(phase: Phase) -> NotObserved:
    return reasons.named("interrupted", phase, "the run was interrupted before this host answered")
