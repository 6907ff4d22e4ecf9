"""The database of what was done: SQLite in the user's data folder, in WAL mode, so that readers never wait."""

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.history.folder import data_folder

metadata = MetaData()
journal_table = Table(
    "journal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("run_id", String(64), nullable=False, index=True),
    Column("event", String(32), nullable=False),
    Column("who", String(256), nullable=False),
    Column("target", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("token", String(128), nullable=False),
    Column("body", Text, nullable=False),
    Column("before", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)


def store_path() -> Path:
    """One file for all runs of this user."""
    return data_folder() / "history.sqlite"


def open_store(path: Path | None = None) -> Engine:
    """The database, made if it is not there. Raises ConfigError if it cannot be used."""
    where = path or store_path()
    try:
        where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(f"sqlite:///{where}")
        event.listen(engine, "connect", _settle)
        event.listen(engine, "begin", _begin)
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            metadata.create_all(connection)
    except (OSError, SQLAlchemyError) as error:
        raise ConfigError(f"the history cannot be opened: {error}", where) from error
    return engine


def _settle(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver's own idea of when to begin is not ours
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # an intent that a power cut takes back was never an intent
    cursor.close()


def _begin(connection: Connection) -> None:
    """Who writes takes the lock before he reads: nobody may take the same number in between."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
