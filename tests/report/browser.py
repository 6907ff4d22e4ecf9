"""A report in a real browser: Debian's Chromium without a head, which may ask for that one file and nothing else."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

Scheme = Literal["light", "dark"]
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}


def chromium() -> str:
    """Its path. Skips where there is none; with CI=true that is a failure."""
    found = shutil.which("chromium")
    if found:
        return found
    why = "no chromium on PATH: setup-system.sh installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}, and CI has to have it", pytrace=False)
    pytest.skip(why)


@contextmanager
def started(executable: str) -> Iterator[Browser]:
    """One browser for many pages."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=executable, args=sandbox)
        try:
            yield made
        finally:
            made.close()


# Not longer than a module: as long as it lives, its event loop counts as running for every other test.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started(chromium()) as made:
        yield made


@dataclass
class Opened:
    """A page and all it did that a report must not do."""

    page: Page
    file: Path
    requests: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def watch(self) -> None:
        page = self.page
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("console", lambda message: self.troubles.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("popup", lambda popup: self.troubles.append(f"popup: {popup.url}"))
        page.on("dialog", self._refuse)

    def _refuse(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def opened(
    browser: Browser, file: Path, size: str = "desktop", scheme: Scheme = "light", scripts: bool = True
) -> Iterator[Opened]:
    """The file as a person sees it; whatever it asked for or complained of is left in `requests` and `troubles`."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=scripts
    )
    try:
        seen = Opened(context.new_page(), file)
        seen.watch()
        seen.page.goto(file.as_uri())
        yield seen
    finally:
        context.close()


@contextmanager
def opened_quietly(
    browser: Browser, file: Path, size: str = "desktop", scheme: Scheme = "light", scripts: bool = True
) -> Iterator[Page]:
    """The same; at the end it must have asked for nothing but itself, and complained of nothing."""
    with opened(browser, file, size, scheme, scripts) as seen:
        yield seen.page
        assert seen.requests == [file.as_uri()]
        assert seen.troubles == []
