"""The page in a real browser: found, opened, sorted, read without scripts, printed; and hostile text struck nobody."""

import importlib.util
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from nornir_hygiene.models.hygiene import HygieneReport
from nornir_hygiene.report.html import render
from tests.report import hygiene_samples as samples
from tests.report.browser import SIZES, Scheme, browser, opened, opened_quietly

__all__ = ["browser"]

PAPERS: tuple[tuple[Scheme, str], ...] = (("light", "rgb(251, 250, 247)"), ("dark", "rgb(21, 23, 26)"))
CHOICES = (
    ("Severity", "critical", 5),
    ("Change", "there now", 10),
    ("Change", "new", 5),
    ("Change", "suppressed", 1),
    ("Change", "gone", 2),
    ("Kind", "zombie-parent-not-waiting", 3),
)


def short() -> HygieneReport:
    """Every part of `rich`, few rows of each: axe looks at each element, and takes its time."""
    rich = samples.rich()
    few = {part: getattr(rich, part)[:2] for part in ("owners", "images", "waits", "explanations", "runbooks")}
    some = (*rich.findings[:1], *rich.findings[6:8], *rich.findings[-3:])
    return rich.model_copy(update={**few, "findings": some, "moments": rich.moments[-3:], "hosts": rich.hosts[36:40]})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    made = {}
    for sample in (samples.empty, samples.rich, samples.hostile, short):
        made[sample.__name__] = folder / f"{sample.__name__}.html"
        made[sample.__name__].write_text(render(sample()), encoding="utf-8")
    return made


@pytest.fixture
def rich(browser: Browser, files: dict[str, Path]) -> Iterator[Page]:
    with opened_quietly(browser, files["rich"]) as page:
        yield page


def findings(page: Page) -> Locator:
    return page.locator("#findings-table > tbody > tr:visible")


def hosts_in_order(page: Page) -> list[str]:
    return page.locator("#findings-table > tbody > tr > th").all_inner_texts()


def tab_to(page: Page, wanted: Locator) -> None:
    """By the keyboard alone, from where the focus is."""
    target = wanted.element_handle()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("each => document.activeElement === each", target):
            return
    pytest.fail("the keyboard does not get there")


# What must be true in all four combinations


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sample", ["empty", "rich", "hostile"])
def test_it_fits_the_screen_light_and_dark_and_struck_nothing(
    browser: Browser, files: dict[str, Path], sample: str, size: str
) -> None:
    with opened_quietly(browser, files[sample], size) as page:
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        for scheme, paper in PAPERS:
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
            assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        assert page.evaluate("typeof window.struck") == "undefined"
        assert page.locator("img, iframe, object, embed, form, link").count() == 0
        assert page.locator("script").count() == page.locator("style").count() == 1


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desktop", "light")])
def test_axe_finds_no_barrier(browser: Browser, files: dict[str, Path], size: str, scheme: Scheme) -> None:
    """Names, roles, headings, landmarks, contrast: axe-core, offline, over each part with its evidence open."""
    with opened_quietly(browser, files["short"], size, scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert barriers(page) == []


def test_axe_would_find_a_barrier(browser: Browser, files: dict[str, Path]) -> None:
    with opened_quietly(browser, files["short"]) as page:
        page.evaluate("document.querySelector('.lead').style.cssText = 'color: #ddd'")
        page.evaluate("document.querySelector('.filter label').replaceWith(document.createElement('input'))")
        assert {"color-contrast", "label"} <= set(barriers(page))


def barriers(page: Page) -> list[str]:
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec
    assert spec.origin
    page.evaluate(Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(all => all.violations.map(one => one.id))"
    )
    return found


# Filter, evidence, sort


def test_the_planted_finding_is_found_and_its_evidence_opened_by_keyboard(rich: Page) -> None:
    box = rich.get_by_role("searchbox").first
    tab_to(rich, box)
    rich.keyboard.type(f"WORKER-46 {samples.PLANTED}")
    expect(rich.locator("[data-count=findings-table]")).to_have_text("1 of 13 findings")
    expect(findings(rich)).to_have_count(1)
    expect(findings(rich)).to_contain_text("worker-46")
    proof = findings(rich).get_by_text("Evidence")
    told = findings(rich).get_by_text("which OSD: debugfs is not readable for this user")
    expect(told).to_be_hidden()
    tab_to(rich, proof)
    rich.keyboard.press("Enter")
    expect(told).to_be_visible()
    expect(findings(rich).get_by_role("cell", name="postgres", exact=True)).to_be_visible()


def test_nothing_found_is_told_and_clear_brings_all_back(rich: Page) -> None:
    rich.get_by_role("searchbox").first.fill("no such thing")
    expect(rich.locator("[data-count=findings-table]")).to_have_text("0 of 13 findings")
    rich.get_by_role("button", name="Clear").first.click()
    expect(findings(rich)).to_have_count(13)
    expect(rich.get_by_role("searchbox").first).to_have_value("")


def test_choices_filter(rich: Page) -> None:
    for label, choice, count in CHOICES:
        rich.get_by_label(label).first.select_option(choice)
        expect(findings(rich)).to_have_count(count)
        rich.get_by_label(label).first.select_option("any")
    expect(findings(rich)).to_have_count(13)


def test_a_figure_of_the_first_screen_leads_to_what_it_counts(rich: Page) -> None:
    for figure in ("critical", "warning", "info", "new", "worse", "gone"):
        link = rich.locator(f".figures a[data-value={figure}]")
        link.press("Enter")
        expect(findings(rich)).to_have_count(int(link.locator("strong").inner_text()))


def test_hosts_are_filtered_by_name_and_outcome(rich: Page) -> None:
    shown = rich.locator("#hosts-table > tbody > tr:visible")
    rich.get_by_label("Outcome").select_option("not observed")
    expect(shown).to_have_count(3)
    rich.locator("#hosts .filter input").fill("deadline")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("worker-58")


def test_columns_sort_both_ways_and_say_so(rich: Page) -> None:
    head = rich.locator("#findings-table th", has_text="Host")
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert hosts_in_order(rich) == sorted(hosts_in_order(rich))
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert hosts_in_order(rich) == sorted(hosts_in_order(rich), reverse=True)
    rich.locator("#findings-table th", has_text="For").get_by_role("button").click()
    assert hosts_in_order(rich)[0] == "worker-30"  # the longest: in seconds, not by the letters of 6d5h
    expect(head).not_to_have_attribute("aria-sort", re.compile(".*"))


def test_all_evidence_that_is_shown_opens_and_closes_at_once(rich: Page) -> None:
    opened_now = rich.locator("#findings-table details[open]")
    rich.get_by_label("Severity").first.select_option("critical")
    rich.get_by_role("button", name="Open all evidence").click()
    expect(opened_now).to_have_count(5)
    rich.get_by_role("button", name="Close all evidence").click()
    expect(opened_now).to_have_count(0)


def test_a_kind_leads_to_its_explanation(rich: Page) -> None:
    words = rich.get_by_text("Tasks hang in I/O on a Ceph rbd volume", exact=False)
    expect(words).to_have_count(1)
    expect(words).to_be_hidden()
    findings(rich).first.get_by_role("link", name="rbd-io-hang").click()
    expect(words).to_be_visible()


def test_the_first_tab_skips_to_the_report(rich: Page) -> None:
    rich.keyboard.press("Tab")
    expect(rich.get_by_role("link", name="Skip to the report")).to_be_focused()
    expect(rich.get_by_role("link", name="Skip to the report")).to_be_in_viewport()
    rich.keyboard.press("Enter")
    assert rich.evaluate("document.activeElement.id") == "main"


# Host text, screen readers, no scripts, paper


def test_hostile_text_is_read_as_it_is_written(browser: Browser, files: dict[str, Path]) -> None:
    with opened_quietly(browser, files["hostile"]) as page:
        page.get_by_role("button", name="Open all evidence").click()
        text = page.locator("body").inner_text()
        for hostile in samples.HOSTILE[:6]:
            assert hostile in text
        assert "\\u202egnp.exe" in text
        assert "(cut: 100,000 characters)" in text
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
        handlers = (
            "[...document.querySelectorAll('*')].filter(one => [...one.attributes].some(a => /^on/i.test(a.name)))"
        )
        assert page.evaluate(f"{handlers}.length") == 0
        for label in ("Kind", "Change", "Severity"):
            page.get_by_label(label).first.select_option(index=1)
        page.get_by_role("searchbox").first.fill("<script>")
        page.locator("#findings-table th button").first.click()


def test_charts_and_tables_have_names_for_a_screen_reader(rich: Page) -> None:
    for name in ("Findings by severity", "Zombies, orphans, blocked tasks", "Hosts observed, of those selected"):
        expect(rich.get_by_role("img", name=name)).to_be_visible()
    table = rich.get_by_role("table", name="What counts first, the worst first")
    expect(table.get_by_role("row")).to_have_count(14)
    expect(table.get_by_role("columnheader")).to_have_count(5)
    expect(rich.get_by_role("status").first).to_have_attribute("aria-live", "polite")
    levels = [
        int(each[1]) for each in rich.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => one.tagName)")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_on_a_phone_the_findings_are_still_a_table_for_a_screen_reader(
    browser: Browser, files: dict[str, Path]
) -> None:
    with opened_quietly(browser, files["rich"], "phone") as page:
        table = page.get_by_role("table", name="What counts first, the worst first")
        expect(table.get_by_role("rowheader", name="worker-46")).to_be_visible()
        expect(table.get_by_role("columnheader")).to_have_count(5)


def test_without_scripts_it_is_a_plain_table(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["rich"], scripts=False) as seen:
        page = seen.page
        expect(findings(page)).to_have_count(13)
        expect(page.locator(".filter").first).to_be_hidden()
        expect(page.locator("#findings-table thead button")).to_have_count(0)
        findings(page).first.get_by_text("Evidence").click()
        expect(findings(page).first.get_by_text("Fingerprint")).to_be_visible()
        assert seen.requests == [files["rich"].as_uri()]


def test_on_paper_it_is_black_on_white_and_what_is_folded_stays_folded(
    browser: Browser, files: dict[str, Path]
) -> None:
    with opened_quietly(browser, files["rich"], scheme="dark") as page:
        page.locator("#findings-table summary").first.click()
        page.emulate_media(media="print")
        ink = "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
        assert page.locator("body").evaluate(ink) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        colours = page.locator("main *:visible").evaluate_all(
            "all => [...new Set(all.map(o => getComputedStyle(o).color))]"
        )
        assert colours == ["rgb(0, 0, 0)"]
        expect(page.get_by_role("navigation")).to_be_hidden()
        expect(page.locator("#findings-table details[open]")).to_have_count(1)
        assert page.pdf(format="A4")[:5] == b"%PDF-"
