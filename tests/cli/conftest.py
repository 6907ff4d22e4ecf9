from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.history.store import URL_VARIABLE
from tests.cli.command import Home
from tests.cli.notified import FILE, Done, Nr, receivers
from tests.cli.receivers import Mailbox, Webhook, mailbox, webhook


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as one:
        yield one


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as one:
        yield one


@pytest.fixture
def project(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """With a receiver; this process keeps audits where its `nr` reads them."""
    monkeypatch.setenv("XDG_DATA_HOME", str(home.folder / "data"))
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    (home.project / "nr.yaml").touch()
    receivers(home, FILE)
    return home


@pytest.fixture
def nr(project: Home, hook: Webhook) -> Nr:
    def run(*arguments: str, **environment: str) -> Done:
        return project.nr(*(arguments or ("notify",)), **{"NR_STORAGE": hook.url, **environment})

    return run
