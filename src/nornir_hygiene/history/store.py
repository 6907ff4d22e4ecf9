"""The database of what was seen and done: SQLite in the user's data folder, or PostgreSQL by URL."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.history.folder import data_folder
from nornir_hygiene.history.tables import alembic_version, metadata

# Where the history is, if not in the user's data folder: it may hold a password, so it stands in no file of a project.
URL_VARIABLE = "NR_HISTORY_URL"
# The newest of migrations/versions; Alembic itself is only loaded for a database that is older.
NEWEST = "notices"
# Writers of one PostgreSQL database come one after the other: any number nobody else uses there.
_WRITERS_LOCK = 0x6E726879


def store_path() -> Path:
    """One file for all runs of this user."""
    return data_folder() / "history.sqlite"


def store_url(path: Path | None = None) -> URL:
    """`path`, else what the environment says, else the user's own file. Raises ConfigError."""
    given = os.environ.get(URL_VARIABLE, "") if path is None else ""
    if not given:
        return URL.create("sqlite", database=str(path or store_path()))
    try:
        url = make_url(given)
    except ArgumentError:
        raise ConfigError("is no database URL", URL_VARIABLE, hint="postgresql+psycopg://user@host/name") from None
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(f"{url.drivername} is not known", URL_VARIABLE, hint="sqlite or postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and not url.database:
        raise ConfigError("names no file", URL_VARIABLE, hint="sqlite:////FOLDER/FILE")
    return url


def open_store(path: Path | None = None) -> Engine:
    """The database, made or brought up to date if need be. Raises ConfigError if it cannot be used."""
    url = store_url(path)
    try:
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _settle)
        event.listen(engine, "begin", _begin)
        if revision(engine) != NEWEST:
            _make_or_upgrade(engine)
    except (ImportError, NoSuchModuleError) as error:
        hint = "pip install 'nornir-hygiene[postgresql]'"
        raise ConfigError(f"the history needs a driver: {error}", URL_VARIABLE, hint=hint) from None
    except (OSError, SQLAlchemyError) as error:
        raise ConfigError(f"the history cannot be opened: {error}", shown(url)) from error
    return engine


def shown(url: URL) -> str:
    """For people: the file, or the URL with its password hidden."""
    return url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def reason_of(error: Exception) -> str:
    """In one line, without the statement and its values, which SQLAlchemy would print too."""
    return next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)


def writing(engine: Engine) -> Connection:
    """For `with writing(engine) as connection, connection.begin():`; who writes takes turns with all others."""
    return engine.connect().execution_options(writes=True)


def revision(engine: Engine) -> str:
    """Which migration it has come to; empty for a new one, and for one from before there were any."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(alembic_version.name):
            return ""
        return str(connection.execute(select(alembic_version.c.version_num)).scalar() or "")


def _make_or_upgrade(engine: Engine) -> None:
    """An empty database is made as it is to be at once: the way through all migrations takes half a second."""
    with writing(engine) as connection, connection.begin():
        if inspect(connection).get_table_names():
            _upgrade(connection)
            return
        metadata.create_all(connection)
        alembic_version.create(connection)
        connection.execute(insert(alembic_version).values(version_num=NEWEST))


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, NEWEST)


def _settle(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver's own idea of when to begin is not ours
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.execute("PRAGMA journal_mode=WAL")  # readers never wait
    cursor.execute("PRAGMA synchronous=FULL")  # an intent that a power cut takes back was never an intent
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Who writes takes the lock before he reads: nobody may take the same number in between."""
    writes = connection.get_execution_options().get("writes", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif writes:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")
