"""The journal: append-only, one chain for all who write, and every change of it is found."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "history.sqlite"


def written(path: Path, count: int = 6) -> Journal:
    """Entries of two runs, in turn."""
    journal = Journal(open_store(path), "anna@here")
    for number in range(1, count + 1):
        journal.append(
            f"run-{number % 2}", "step-intended", target="t", host="é\u202e", token=f"t.{number}", step={"n": number}
        )
    return journal


def changed(path: Path, *statements: str) -> None:
    """As somebody with a shell would."""
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def head_of(journal: Journal) -> str:
    return list(journal.entries())[-1].hash


def test_what_was_appended_comes_back_in_order_and_by_run(path: Path) -> None:
    journal = written(path)
    entries = list(journal.entries())
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.body for entry in journal.entries("run-0")] == [{"step": {"n": n}} for n in (2, 4, 6)]
    assert (entries[0].who, entries[0].host, entries[0].token) == ("anna@here", "é\u202e", "t.1")
    assert [entry.before for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    assert list(journal.entries("run-9")) == []


def test_a_whole_chain_is_whole_also_for_who_opens_it_again(path: Path) -> None:
    journal = written(path)
    assert journal.broken_at() is None
    assert Journal(open_store(path), "bert").broken_at(head_of(journal)) is None
    assert Journal(open_store(path.with_name("empty.sqlite")), "bert").broken_at() is None


COLUMNS = {
    "at": "'2026-01-01 00:00:00.000000'", "run_id": "'run-7'", "event": "'refused'", "who": "'bert'", "target": "'u'",
    "host": "'h'", "token": "'x'", "body": "'{}'", "before": f"'{'0' * 64}'", "hash": f"'{'1' * 64}'", "number": "99",
}  # fmt: skip
BROKEN = {"at": "'yesterday'", "event": "'nonsense'", "body": "'{'", "number": "-1"}


@pytest.mark.parametrize("number", [2, 6])
@pytest.mark.parametrize(("column", "value"), COLUMNS.items())
def test_an_altered_entry_is_found(path: Path, number: int, column: str, value: str) -> None:
    journal = written(path)
    changed(path, f"UPDATE journal SET {column} = {value} WHERE number = {number}")
    assert journal.broken_at() == number


@pytest.mark.parametrize(("column", "value"), BROKEN.items())
def test_an_entry_that_cannot_even_be_read_is_found(path: Path, column: str, value: str) -> None:
    journal = written(path)
    changed(path, f"UPDATE journal SET {column} = {value} WHERE number = 3")
    assert journal.broken_at() == (1 if column == "number" else 3)


@pytest.mark.parametrize("number", [1, 3])
def test_a_removed_entry_is_found_also_when_the_rest_is_numbered_anew(path: Path, number: int) -> None:
    journal = written(path)
    changed(path, f"DELETE FROM journal WHERE number = {number}")
    assert journal.broken_at() == number
    changed(path, *(f"UPDATE journal SET number = {n - 1} WHERE number = {n}" for n in range(number + 1, 7)))
    assert journal.broken_at() == number


def test_an_inserted_entry_is_found(path: Path) -> None:
    journal = written(path)
    changed(
        path,
        *(f"UPDATE journal SET number = {n + 1} WHERE number = {n}" for n in range(6, 2, -1)),
        "INSERT INTO journal SELECT 3, at, run_id, event, who, target, host, token, body, before, 'f' FROM journal"
        " WHERE number = 4",
    )
    assert journal.broken_at() == 3


def test_two_entries_that_changed_places_are_found(path: Path) -> None:
    journal = written(path)
    swap = ((2, 99), (3, 2), (99, 3))
    changed(path, *(f"UPDATE journal SET number = {to} WHERE number = {from_}" for from_, to in swap))
    assert journal.broken_at() == 2


def test_a_cut_end_is_found_by_a_head_kept_elsewhere(path: Path) -> None:
    journal = written(path)
    head = head_of(journal)
    changed(path, "DELETE FROM journal WHERE number = 6")
    assert (journal.broken_at(), journal.broken_at(head)) == (None, 6)


def test_a_chain_rewritten_as_a_whole_is_found_by_a_head_kept_elsewhere(path: Path) -> None:
    journal = written(path)
    head = head_of(journal)
    changed(path, "DELETE FROM journal")
    written(path)
    assert (journal.broken_at(), journal.broken_at(head)) == (None, 7)
    assert journal.broken_at(head_of(journal)) is None


def _fifty(path: Path, who: str) -> None:
    journal = Journal(open_store(path), who)
    for number in range(50):
        journal.append("run", "step-intended", token=f"{who}.{number}")


def test_four_at_once_leave_one_unbroken_chain(path: Path) -> None:
    """They also make the database at once."""
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_fifty, args=(path, f"w{number}")) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    journal = Journal(open_store(path), "reader")
    entries = list(journal.entries())
    assert [entry.number for entry in entries] == list(range(1, 201))
    assert journal.broken_at() is None
    for who in ("w0", "w3"):
        assert [entry.token for entry in entries if entry.who == who] == [f"{who}.{n}" for n in range(50)]


def test_what_cannot_be_written_down_raises(path: Path) -> None:
    journal = written(path)
    changed(path, "DROP TABLE journal")
    with pytest.raises(SQLAlchemyError):
        journal.append("run", "run-started")


def test_a_database_that_cannot_be_opened_is_a_mistake_with_its_place(tmp_path: Path) -> None:
    folder, text = tmp_path / "folder", tmp_path / "text"
    folder.mkdir()
    text.write_text("not a database, and long enough to be looked at as one" * 100)
    for wrong in (folder, text, text / "below" / "history.sqlite"):
        with pytest.raises(ConfigError, match="the history cannot be opened") as caught:
            open_store(wrong)
        assert caught.value.where == str(wrong)


def test_it_is_the_users_own(path: Path) -> None:
    written(path)
    assert path.parent.stat().st_mode & 0o777 == 0o700
