"""What is there now, and what each receiver was told of it. One process at a time tells."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Engine, and_, delete, insert, select, text

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.kept_findings import in_order, kept_finding, with_episodes
from nornir_hygiene.history.store import writing
from nornir_hygiene.history.tables import episodes, notices
from nornir_hygiene.models.notification import Notice
from nornir_hygiene.models.past import KeptFinding

# As long as another `nr` is given to tell its receivers.
_PATIENCE_S = 120.0
_LOOK_AGAIN_S = 0.1
# Not the lock of those who write: a slow mail server must not make an audit wait.
_TELLERS_LOCK = 0x6E72686E


def open_findings(engine: Engine) -> tuple[KeptFinding, ...]:
    """All that is there, as far as anybody knows: also on hosts that have not been observed since."""
    query = with_episodes().where(episodes.c.ended_at.is_(None))
    with engine.connect() as connection:
        return in_order(map(kept_finding, connection.execute(query).mappings()))


def told_to(engine: Engine, receiver: str) -> dict[str, Notice]:
    """What it was last told, by cause."""
    with engine.connect() as connection:
        rows = connection.execute(select(notices).where(notices.c.receiver == receiver)).mappings()
        told = (Notice(**{name: row[name] for name in Notice.model_fields}) for row in rows)
        return {one.cause: one for one in told}


def keep_told(engine: Engine, receiver: str, told: Iterable[Notice], over_before: datetime) -> None:
    """In one transaction; what was over by `over_before` need not be known any more: told again, it is new."""
    rows = [
        {**one.model_dump(), "receiver": receiver, "cause_hash": _hash(one.cause), "severity": one.severity.value}
        for one in told
    ]
    mine = notices.c.receiver == receiver
    with writing(engine) as connection, connection.begin():
        connection.execute(delete(notices).where(mine, and_(notices.c.gone, notices.c.told_at < over_before)))
        for some in chunks([row["cause_hash"] for row in rows]):
            connection.execute(delete(notices).where(mine, notices.c.cause_hash.in_(some)))
        if rows:
            connection.execute(insert(notices), rows)


@contextmanager
def telling(engine: Engine) -> Iterator[None]:
    """For as long as messages are decided, sent and noted.

    Raises UsageError if another `nr` does not finish, ConfigError where there can be no lock.
    """
    lock = _one_file(engine) if engine.dialect.name == "sqlite" else _one_session(engine)
    with lock:
        yield


@contextmanager
def _one_file(engine: Engine) -> Iterator[None]:
    with _lock_file(Path(f"{engine.url.database}.telling")) as stream:

        def take() -> bool:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        _wait_for(take)
        yield  # closing the file gives it back, and so does the end of the process


def _lock_file(path: Path) -> IO[str]:
    try:
        return path.open("w")
    except OSError as error:
        raise ConfigError(f"cannot be opened: {error.strerror}", path) from error


@contextmanager
def _one_session(engine: Engine) -> Iterator[None]:
    take = text("SELECT pg_try_advisory_lock(:lock)").bindparams(lock=_TELLERS_LOCK)
    give_back = text("SELECT pg_advisory_unlock(:lock)").bindparams(lock=_TELLERS_LOCK)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _wait_for(lambda: bool(connection.execute(take).scalar_one()))
        try:
            yield
        finally:
            connection.execute(give_back)


def _wait_for(take: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not take():
        if time.monotonic() > until:
            raise UsageError("another nr is telling the receivers and does not finish", "look for a second nr notify")
        time.sleep(_LOOK_AGAIN_S)


def _hash(cause: str) -> str:
    return hashlib.sha256(cause.encode("utf-8", "surrogatepass")).hexdigest()
