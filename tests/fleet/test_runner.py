import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nornir.core import Nornir
from nornir.core.inventory import Host
from nornir.core.task import MultiResult, Result, Task
from nornir.plugins.runners import ThreadedRunner

from nornir_hygiene.fleet.boundary import observed_or_why
from nornir_hygiene.fleet.deadline import current_deadline, host_deadline
from nornir_hygiene.fleet.execute import exchange
from nornir_hygiene.fleet.runner import DeadlineRunner
from nornir_hygiene.fleet.selection import nornir_for
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.settings import HostSettings
from tests.fleet import sick
from tests.fleet.asking import inventory_of, own_sockets, request, settles
from tests.fleet.loopback import Sshd, children


def fleet(names: int | list[str], runner: DeadlineRunner | ThreadedRunner) -> Nornir:
    wanted = names if isinstance(names, list) else [f"h{number}" for number in range(names)]
    return nornir_for(inventory_of(Host(name=name, hostname="127.0.0.1") for name in wanted), runner)


def hung(task: Task) -> str:
    """On hosts called `hung…` a read that only the deadline ends."""
    if not task.host.name.startswith("hung"):
        return "well"
    mine, theirs = socket.socketpair()
    deadline = current_deadline()
    assert deadline is not None
    deadline.register(lambda: mine.shutdown(socket.SHUT_RDWR))
    with mine, theirs:
        mine.recv(1)
    return "too late"


def observed_names(results: dict[str, MultiResult]) -> dict[str, object]:
    return {name: getattr(result[0].result, "reason", result[0].result) for name, result in results.items()}


def test_a_hung_host_costs_its_own_deadline_and_frees_its_slot() -> None:
    before = threading.active_count()
    begun = time.monotonic()
    results = fleet(["hung", "h1", "h2"], DeadlineRunner(num_workers=1, timeout_s=3.0)).run(task=hung)
    assert time.monotonic() - begun < 25
    assert observed_names(results) == {"hung": "deadline", "h1": "well", "h2": "well"}
    assert settles(lambda: threading.active_count() <= before)


def test_a_slow_reader_of_results_does_not_make_hosts_late() -> None:
    runner = DeadlineRunner(num_workers=5, timeout_s=0.3, on_host=lambda *_: time.sleep(0.1))
    results = fleet(8, runner).run(task=hung)
    assert set(observed_names(results).values()) == {"well"}


def test_a_thousand_hosts_pass_through() -> None:
    begun = time.monotonic()
    results = fleet(1000, DeadlineRunner(num_workers=50, timeout_s=20)).run(task=hung)
    assert set(observed_names(results).values()) == {"well"}
    assert len(results) == 1000
    assert time.monotonic() - begun < 60


def test_no_host_is_remembered_as_failed() -> None:
    def breaks(task: Task) -> Result:
        if task.host.name == "h0":
            raise ZeroDivisionError("h0")
        if task.host.name == "h1":
            task.run(task=lambda task: 1 / 0, name="inner")
        if task.host.name == "h2":
            return Result(host=task.host, failed=True, result="says so itself")
        if task.host.name == "h3":
            raise SystemExit
        return Result(host=task.host, result="well")

    nornir = fleet(5, DeadlineRunner(num_workers=5, timeout_s=5))
    first = nornir.run(task=breaks)
    assert observed_names(first) == {"h0": "bug", "h1": "bug", "h2": "bug", "h3": "bug", "h4": "well"}
    assert "ZeroDivisionError: h0 at fleet/test_runner.py:" in first["h0"][0].result.detail
    assert "ZeroDivisionError" in first["h1"][0].result.detail
    assert "says so itself" in first["h2"][0].result.detail
    assert not first.failed
    assert not nornir.data.failed_hosts
    assert len(nornir.run(task=hung)) == 5


def test_raise_on_error_raises_nothing() -> None:
    results = fleet(2, DeadlineRunner(timeout_s=5)).run(task=lambda task: 1 / 0, name="breaks", raise_on_error=True)
    assert set(observed_names(results).values()) == {"bug"}


def test_each_result_is_told_once_in_the_calling_thread() -> None:
    told: list[tuple[str, object]] = []
    here = threading.get_ident()

    def on_host(name: str, result: MultiResult) -> None:
        assert threading.get_ident() == here
        told.append((name, result))

    results = fleet(["hung", "a", "b"], DeadlineRunner(3, 0.5, on_host)).run(task=hung)
    assert sorted(told, key=lambda each: each[0]) == sorted(results.items())


def test_one_deadline_is_set_for_the_whole_host() -> None:
    def look(task: Task) -> float:
        deadline = current_deadline()
        assert deadline is not None
        with host_deadline(1000.0) as same:
            assert same is deadline
        return deadline.timeout_s

    assert fleet(1, DeadlineRunner(timeout_s=7)).run(task=look)["h0"][0].result == 7


@contextlib.contextmanager
def ctrl_c_after(seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


@pytest.fixture(autouse=True)
def _heeds_ctrl_c() -> Iterator[None]:
    """Also where the tests were started in the background, by a shell that has them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_at_once_and_keeps_what_is_known() -> None:
    before = threading.active_count()
    names = ["a", "hung1", "b", "hung2", "c", *(f"hung{number}" for number in range(3, 30))]
    runner = DeadlineRunner(num_workers=3, timeout_s=60)
    begun = time.monotonic()
    with ctrl_c_after(0.5):
        results = fleet(names, runner).run(task=hung)
    assert time.monotonic() - begun < 20
    assert runner.interrupted
    assert {name: reason for name, reason in observed_names(results).items() if reason == "well"}.keys() == {*"abc"}
    assert len(results) == len(names)
    assert {reason for name, reason in observed_names(results).items() if name not in "abc"} == {"interrupted"}
    assert not results.failed
    assert settles(lambda: threading.active_count() <= before)


def test_ctrl_c_that_does_not_wake_the_main_thread_is_seen_all_the_same() -> None:
    def interrupted_elsewhere(task: Task) -> str:
        time.sleep(0.3)  # the main thread sleeps by now
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        return hung(task)

    runner = DeadlineRunner(timeout_s=20)
    begun = time.monotonic()
    results = fleet(["hung"], runner).run(task=interrupted_elsewhere)
    assert time.monotonic() - begun < 25
    assert runner.interrupted
    assert observed_names(results) == {"hung": "interrupted"}


def test_after_ctrl_c_the_next_run_begins_anew() -> None:
    runner = DeadlineRunner(num_workers=3, timeout_s=60)
    with ctrl_c_after(0.3):
        fleet(["hung"], runner).run(task=hung)
    assert observed_names(fleet(["a"], runner).run(task=hung)) == {"a": "well"}
    assert not runner.interrupted


def probing(
    settings: Callable[[Host], HostSettings], script: Callable[[Host], str], timeout_s: float
) -> Callable[[Task], object]:
    def probe(task: Task) -> object:
        with host_deadline(timeout_s) as deadline:
            asked = request(script(task.host))
            return observed_or_why(lambda: exchange(task.host, settings(task.host), asked, deadline), deadline)

    return probe


def test_twenty_hosts_of_which_five_hang_in_five_ways(sshd: Sshd) -> None:
    sockets, threads = own_sockets(), threading.active_count()
    with contextlib.ExitStack() as stack:
        ports = {
            "dropping": stack.enter_context(sick.dropping()),
            "silent": stack.enter_context(sick.silent()),
            "stuck": stack.enter_context(sick.stuck_after_banner()),
        }
        hosts = [sshd.host(name, port=port) for name, port in ports.items()]
        hosts += [sshd.host("mute"), sshd.host("endless")]
        hosts += [sshd.host(f"well-{number}") for number in range(15)]
        others = {"mute": "openssh", "well-0": "openssh", "well-1": "netmiko"}

        def settings(host: Host) -> HostSettings:
            return sshd.settings(transport=others.get(host.name, "paramiko"))

        scripts = {"mute": sshd.sleep(), "endless": "while :; do echo x; sleep 0.1; done"}
        task = probing(settings, lambda host: scripts.get(host.name, "echo well"), 30)
        begun = time.monotonic()
        results = nornir_for(inventory_of(hosts), DeadlineRunner(20, timeout_s=8)).run(task=task, name="probe")
        took_s = time.monotonic() - begun
    came = {name: result[0].result for name, result in results.items()}
    seen = {name: getattr(one, "reason", None) or one.stdout for name, one in came.items()}
    assert took_s < 25
    assert len(seen) == 20
    assert [seen[name] for name in ("dropping", "silent", "stuck", "mute")] == [
        "connect-timeout",
        "silent-listener",
        "login-hung",
        "login-hung",
    ]
    assert set(seen["endless"].split()) == {b"x"}
    assert came["endless"].ended == "deadline"
    assert {name: seen[name] for name in seen if name.startswith("well") and seen[name] != b"well\n"} == {}
    assert settles(lambda: threading.active_count() <= threads)
    assert settles(lambda: own_sockets() <= sockets)
    assert "ssh" not in _commands(children(os.getpid()))


def _commands(pids: list[int]) -> set[str]:
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            found.add(Path(f"/proc/{pid}/comm").read_text().strip())
    return found


def test_the_stock_threaded_runner_has_the_same_deadlines(sshd: Sshd) -> None:
    with sick.silent() as port:
        hosts = [sshd.host("well"), sshd.host("silent", port=port)]
        task = probing(lambda host: sshd.settings(), lambda host: "echo well", 6.0)
        begun = time.monotonic()
        results = nornir_for(inventory_of(hosts), ThreadedRunner(num_workers=2)).run(task=task, name="probe")
    assert time.monotonic() - begun < 25
    assert results["well"][0].result.stdout == b"well\n"
    silent = results["silent"][0].result
    assert isinstance(silent, NotObserved)
    assert silent.reason == "silent-listener"


def test_a_leftover_connection_of_an_earlier_run_does_not_block_the_next(sshd: Sshd) -> None:
    host = sshd.host()
    nornir = nornir_for(inventory_of([host]), DeadlineRunner(2, timeout_s=5.0))
    asks = iter([sshd.sleep(), "echo again"])
    task = probing(lambda host: sshd.settings(), lambda host: next(asks), 30)
    first = nornir.run(task=task, name="probe")["h1"][0].result
    nornir = nornir.with_runner(DeadlineRunner(2, timeout_s=10.0))
    second = nornir.run(task=task, name="probe")["h1"][0].result
    assert (first.reason, second.stdout) == ("login-hung", b"again\n")
