"""`python -m tests.report.screenshots` makes the pictures of docs/report.md anew, from the sample `rich`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from nornir_hygiene.report.html import render
from tests.report import hygiene_samples as samples
from tests.report.browser import Scheme, chromium, opened_quietly, started

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, started(chromium()) as browser:
        file = Path(folder) / "report.html"
        file.write_text(render(samples.rich()), encoding="utf-8")
        for scheme in SCHEMES:
            for size in ("desktop", "phone"):
                _take(browser, file, size, scheme)


def _take(browser: Browser, file: Path, size: str, scheme: Scheme) -> None:
    """The first screen, and the findings with the evidence of the first one open."""
    with opened_quietly(browser, file, size, scheme) as page:
        page.screenshot(path=IMAGES / f"report-{size}-{scheme}.png")
        page.locator("#findings-table summary").first.click()
        page.locator("#findings").evaluate("each => scrollTo({top: each.offsetTop, behavior: 'instant'})")
        page.screenshot(path=IMAGES / f"findings-{size}-{scheme}.png")
        page.locator("#over-time").evaluate("each => scrollTo({top: each.offsetTop, behavior: 'instant'})")
        page.screenshot(path=IMAGES / f"trends-{size}-{scheme}.png")


if __name__ == "__main__":
    main()
