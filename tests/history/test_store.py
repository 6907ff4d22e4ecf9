"""The database on its way from the first migration to the newest, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, insert, inspect, select, text

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.history import store as the_store
from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.queries import findings_at, kept_audits
from nornir_hygiene.history.size import counted
from nornir_hygiene.history.store import NEWEST, URL_VARIABLE, open_store, revision
from nornir_hygiene.history.tables import audits, hosts, journal_table, metadata

MIGRATIONS = Path(the_store.__file__).parent / "migrations"


def test_the_newest_migration_is_the_one_the_store_waits_for() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == NEWEST


def test_the_migrations_make_what_the_tables_say(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From before the first one: a new database is made from the tables themselves."""
    monkeypatch.setenv(URL_VARIABLE, url)
    old = create_engine(url)
    journal_table.create(old)
    old.dispose()
    store = open_store()
    with store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        made = inspect(connection).get_table_names()
    store.dispose()
    assert sorted(made) == sorted((*metadata.tables, "alembic_version"))


def test_two_that_make_it_at_once_make_it_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, url)
    with ThreadPoolExecutor(4) as pool:
        stores = [made.result() for made in [pool.submit(open_store) for _ in range(4)]]
    assert {revision(store) for store in stores} == {NEWEST}
    for store in stores:
        store.dispose()


def opened_at(migration: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """As the `nr` of that time opened it."""
    monkeypatch.setattr(the_store, "NEWEST", migration)
    return open_store()


def test_from_before_the_first_migration_to_the_newest_nothing_is_lost(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, url)
    old = create_engine(url)
    journal_table.create(old)  # before there were migrations
    old.dispose()
    store = opened_at("journal", monkeypatch)
    Journal(store, "anna").append("run-1", "run-started", host="w1")
    store.dispose()

    store = opened_at("audits", monkeypatch)
    zone = "" if store.dialect.name == "sqlite" else "+00"  # SQLite forgets zones
    with store.begin() as connection:
        for statement in ROWS_OF_AUDITS:
            connection.execute(text(statement.replace("+00", zone)))
    store.dispose()

    store = opened_at(NEWEST, monkeypatch)
    assert revision(store) == NEWEST
    assert [entry.run_id for entry in Journal(store, "bert").entries()] == ["run-1"]
    assert Journal(store, "bert").broken_at() is None
    (audit,) = kept_audits(store)
    (kept,) = findings_at(store, audit)
    assert (kept.host, kept.kind, kept.times_seen, kept.worst, kept.worse_at) == ("w1", "stopped", 3, "warning", None)
    assert counted(store) == dict.fromkeys(metadata.tables, 1) | {"notices": 0}
    store.dispose()


# One row of each table as the migration `audits` made them.
_AT = "'2026-11-20 08:00:00.000000+00'"
ROWS_OF_AUDITS = (
    f"INSERT INTO audits VALUES (1, 'run-1', {_AT}, {_AT}, 'all hosts', false, 1, 0, 1, 0, 0)",
    f"INSERT INTO hosts VALUES (1, 'w1', {_AT})",
    "INSERT INTO outcomes VALUES (1, 1, 'with_findings', '', 90, 0, 0, 0)",
    "INSERT INTO findings VALUES (1, '00ff00ff00ff00ff', 1, 'stopped', 'process 7@1', '', 'it is stopped', 'warning')",
    f"INSERT INTO episodes VALUES (1, 1, {_AT}, {_AT}, NULL, 3, 'warning', '')",
    f"INSERT INTO gauges VALUES (1, 1, 'zombies', 'cron of cron.service', 'ab', {_AT}, {_AT}, 2, NULL)",
    f"INSERT INTO levels VALUES (1, 1, {_AT}, {_AT}, 1, NULL)",
)


def test_times_come_back_in_utc_whatever_zone_they_were_in(store: Engine) -> None:
    at = datetime(2026, 3, 29, 2, 30, 0, 123456, timezone(timedelta(hours=5, minutes=45)))
    row = dict.fromkeys(("selected", "clean", "with_findings", "not_observed", "incomplete"), 0)
    with store.begin() as connection:
        connection.execute(
            insert(audits).values(run_id="r", started_at=at, finished_at=at, selection="", interrupted=False, **row)
        )
        found = connection.execute(select(audits.c.started_at)).scalar_one()
    assert (found, found.tzinfo) == (at, UTC)


@pytest.mark.parametrize("name", ["nul \0 in it", "half a pair \udcff", "\u202e right to left", "é" * 5000, ""])
def test_text_no_database_takes_is_written_out(store: Engine, name: str) -> None:
    with store.begin() as connection:
        connection.execute(insert(hosts).values(name=name[:2000]))
        found = connection.execute(select(hosts.c.name)).scalar_one()
    assert found == name[:2000].replace("\0", "\\x00").replace("\udcff", "\\udcff")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("no url", "is no database URL"),
        ("mysql://somewhere/x", "mysql is not known"),
        ("sqlite+none:///x", "driver"),
        ("sqlite://", "names no file"),
    ],
)
def test_a_wrong_url_is_a_mistake_with_a_hint(given: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, given)
    with pytest.raises(ConfigError, match=why):
        open_store()


def test_a_database_that_cannot_be_reached_never_shows_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, "postgresql://anna:secret@127.0.0.1:1/history")
    with pytest.raises(ConfigError, match="the history cannot be opened") as caught:
        open_store()
    assert "secret" not in str(caught.value)


def test_what_is_there_already_is_not_upgraded_again(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_store, "_upgrade", lambda engine: pytest.fail("upgraded"))
    again = open_store()
    with again.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM audits")).scalar_one() == 0
    again.dispose()
