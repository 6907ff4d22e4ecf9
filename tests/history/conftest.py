"""The same tests on both databases."""

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from nornir_hygiene.history.store import URL_VARIABLE, open_store
from tests.history.postgres import server

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="nr-pg-") as short:
        Path(short).chmod(0o755)  # the server is not root
        with server(Path(short) / "s") as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database nobody else has."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.sqlite"
    server_url = request.getfixturevalue("postgres")
    name = f"history_{next(_numbers)}"
    admin = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # Sorts as people do (a, B, c) and not by bytes: no answer may depend on that.
        language = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        connection.execute(text(f"CREATE DATABASE {name} {language}"))
    admin.dispose()
    return make_url(server_url).set(database=name).render_as_string()


@pytest.fixture
def store(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Opened as `nr` opens it."""
    monkeypatch.setenv(URL_VARIABLE, url)
    engine = open_store()
    yield engine
    engine.dispose()
