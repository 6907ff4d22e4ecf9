"""What was told is remembered, on both databases, and one process at a time tells."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.history import notices
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.notices import keep_told, open_findings, telling, told_to
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.notification import Notice
from tests.history.stories import at, audit, finding, host, silent


def notice(cause: str = "osd.1", minute: float = 0, *, gone: bool = False) -> Notice:
    return Notice(cause=cause, told_at=at(minute), severity=Severity.WARNING, hosts=3, gone=gone)


def test_what_was_told_comes_back_and_the_newest_word_stays(store: Engine) -> None:
    keep_told(store, "ops", [notice("osd.1"), notice("w1: wörker \\u202e")], at(0))
    keep_told(store, "ops", [notice("osd.1", 5)], at(0))
    keep_told(store, "others", [notice("osd.2")], at(0))
    assert told_to(store, "ops") == {
        "osd.1": notice("osd.1", 5),
        "w1: wörker \\u202e": notice("w1: wörker \\u202e"),
    }
    assert told_to(store, "nobody") == {}


def test_thousands_are_kept_at_once(store: Engine) -> None:
    many = [notice(f"cause {number}") for number in range(1500)]
    keep_told(store, "ops", many, at(0))
    keep_told(store, "ops", many, at(0))
    assert len(told_to(store, "ops")) == 1500


def test_only_what_is_over_for_long_is_forgotten(store: Engine) -> None:
    keep_told(store, "ops", [notice("old", 0, gone=True), notice("there", 0), notice("fresh", 90, gone=True)], at(0))
    keep_told(store, "others", [notice("old", 0, gone=True)], at(0))
    keep_told(store, "ops", [], at(60))
    assert set(told_to(store, "ops")) == {"there", "fresh"}
    assert set(told_to(store, "others")) == {"old"}


def test_open_is_what_no_later_look_missed(store: Engine) -> None:
    keep_audit(store, audit(0, host("w1", finding("w1")), host("w2", finding("w2")), host("w3", finding("w3"))))
    keep_audit(store, audit(15, host("w1"), silent("w2"), host("w3", finding("w3"))))
    assert [(one.host, one.last_seen_at) for one in open_findings(store)] == [("w2", at(0)), ("w3", at(15))]


def test_one_tells_while_the_other_waits(store: Engine) -> None:
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        engine = open_store()
        waits.set()
        with telling(engine):
            order.append("second")
        engine.dispose()

    thread = threading.Thread(target=second)
    with telling(store):
        thread.start()
        assert waits.wait(30)
        keep_audit(store, audit(0, host("w1")))  # whoever writes does not wait for those who tell
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_one_that_does_not_finish_is_named(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_PATIENCE_S", 0.0)
    other = open_store()
    with telling(store), pytest.raises(UsageError, match="does not finish"), telling(other):
        pass
    with telling(other):
        pass
    other.dispose()


def test_times_keep_their_zone(store: Engine) -> None:
    keep_told(store, "ops", [notice()], at(0))
    (one,) = told_to(store, "ops").values()
    assert one.told_at.utcoffset() == timedelta()


def test_what_is_there_is_told_in_one_order_whatever_the_database_finds_alphabetical(store: Engine) -> None:
    names = ["w-2", "W-1", "w1", "_w"]
    keep_audit(store, audit(0, *(host(name, finding(name)) for name in names)))
    assert [one.host for one in open_findings(store)] == sorted(names)


def test_where_there_can_be_no_lock_that_is_said(tmp_path: Path) -> None:
    store = open_store(tmp_path / "history.sqlite")
    (tmp_path / "history.sqlite.telling").mkdir()
    with pytest.raises(ConfigError, match=r"history\.sqlite\.telling: cannot be opened"), telling(store):
        pytest.fail("nothing keeps others out")
    store.dispose()
