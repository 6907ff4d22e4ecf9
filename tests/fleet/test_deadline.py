import threading
import time

from nornir_hygiene.fleet.deadline import Deadline, current_deadline, host_deadline, under


def test_the_soft_end_comes_before_the_hard_one() -> None:
    deadline = Deadline(10.0)
    assert 9.5 < deadline.remaining_s < 9.71
    assert deadline.hard_remaining_s > deadline.remaining_s
    assert Deadline(1.0).remaining_s > 0.9


def test_expiring_closes_everything_that_is_registered_once() -> None:
    deadline, closed = Deadline(10.0), list[str]()
    deadline.register(lambda: closed.append("a"))
    gone = lambda: closed.append("b")  # noqa: E731  # the same object twice
    deadline.register(gone)
    deadline.unregister(gone)
    deadline.expire()
    deadline.expire()
    assert closed == ["a"]
    assert (deadline.expired, deadline.remaining_s) == (True, 0.0)


def test_what_registers_too_late_is_closed_at_once() -> None:
    deadline, closed = Deadline(10.0), list[str]()
    deadline.expire()
    deadline.register(lambda: closed.append("late"))
    assert closed == ["late"]


def test_a_closer_that_fails_does_not_spare_the_others() -> None:
    def fails() -> None:
        raise OSError("already gone")

    deadline, closed = Deadline(10.0), list[str]()
    deadline.register(fails)
    deadline.register(lambda: closed.append("second"))
    deadline.expire()
    assert closed == ["second"]


def test_each_thread_has_its_own_deadline() -> None:
    seen: list[object] = []
    with under(Deadline(1.0)) as mine:
        thread = threading.Thread(target=lambda: seen.append(current_deadline()))
        thread.start()
        thread.join()
        assert current_deadline() is mine
    assert seen == [None]
    assert current_deadline() is None


def test_a_deadline_that_is_there_is_used() -> None:
    with under(Deadline(1.0)) as outer, host_deadline(50.0) as inner:
        assert inner is outer


def test_an_own_deadline_cuts_a_hung_read() -> None:
    cut = threading.Event()
    with host_deadline(0.2) as deadline:
        assert current_deadline() is deadline
        deadline.register(cut.set)
        begun = time.monotonic()
        assert cut.wait(5)
    assert time.monotonic() - begun < 5
    assert current_deadline() is None
