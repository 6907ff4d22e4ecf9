"""The checks of the browser can fail; and the page's policy holds where escaping would not."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser

from nornir_hygiene.report.html import render
from tests.report import hygiene_samples as samples
from tests.report.browser import browser, opened

__all__ = ["browser"]


def test_a_page_that_asks_for_something_and_complains_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "bad.html"
    file.write_text("<img src='missing.png'><script>console.error('oh'); alert(1); throw new Error('no')</script>")
    with opened(browser, file) as seen:
        seen.page.wait_for_load_state("load")
        assert f"{tmp_path.as_uri()}/missing.png" in seen.requests
        assert {"console: oh", "dialog: 1", "error: no"} <= set(seen.troubles)


def test_its_policy_stops_whatever_would_get_in(browser: Browser, tmp_path: Path) -> None:
    """Were host text ever written raw: its script would not run, its picture would ask nobody."""
    html = render(samples.small())
    policy = re.compile(r"<meta http-equiv=[^>]*>")
    assert policy.search(html)
    with listening() as (url, heard):
        attack = f"</h1><script>window.struck = 1</script><img src='{url}' onerror='window.struck = 1'>"
        for name, struck in (("with", "undefined"), ("without", "number")):
            file = tmp_path / f"{name}.html"
            raw = html.replace("</h1>", attack, 1)
            file.write_text(raw if name == "with" else policy.sub("", raw, count=1), encoding="utf-8")
            with opened(browser, file) as seen:
                assert seen.page.evaluate("typeof window.struck") == struck
            assert heard == ([] if name == "with" else ["/picture"])
            assert name == "without" or all("Content Security Policy" in each for each in seen.troubles)


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the paths it was asked for."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/picture", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
