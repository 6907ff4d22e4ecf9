"""The page as text: what it says, that it needs nothing, and that no host text gets out of its place."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import HygieneReport
from nornir_hygiene.report.html import render, told
from nornir_hygiene.report.safe import safe
from tests.report import hygiene_samples as samples

LIMIT = 2_000_000
SAMPLES = (samples.empty, samples.small, samples.rich, samples.hostile)
URL_ATTRIBUTES = {"src", "srcset", "action", "formaction", "data", "poster", "background", "ping", "xlink:href"}


class Page(HTMLParser):
    """Every element with its attributes, and the text of all of it outside style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.raw: dict[str, str] = {}
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("style", "script"):
            self.raw[self._inside] = self.raw.get(self._inside, "") + data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.__name__)
def test_a_page_refers_to_nothing_outside_itself(sample: object) -> None:
    page = Page(render(sample()))  # type: ignore[operator]
    for tag, attributes in page.elements:
        assert not URL_ATTRIBUTES & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert attributes.get("href", "#").startswith("#"), attributes
        assert tag not in ("link", "base", "iframe", "object", "embed", "img", "form"), tag
    assert "url(" not in page.raw["style"]
    assert "@import" not in page.raw["style"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.__name__)
def test_its_policy_allows_its_own_style_and_script_and_nothing_else(sample: object) -> None:
    page = Page(render(sample()))  # type: ignore[operator]
    policy = next(one["content"] for one in page.all("meta") if "http-equiv" in one)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag in ("style", "script"):
        assert len(page.all(tag)) == 1
        digest = base64.b64encode(hashlib.sha256(page.raw[tag].encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.__name__)
def test_ids_are_unique_and_every_link_has_its_target(sample: object) -> None:
    page = Page(render(sample()))  # type: ignore[operator]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {one["href"] for one in page.all("a")} <= {f"#{each}" for each in ids}
    named = [attributes.get("aria-labelledby", "").split() for _, attributes in page.elements]
    assert {name for names in named for name in names} <= set(ids)


def test_hostile_text_is_in_no_attribute() -> None:
    page = Page(render(samples.hostile()))
    values = [value for tag, attributes in page.elements for value in attributes.values() if tag != "meta"]
    for mark in ("alert", "203.0.113", "7*7", "gnp.exe", "nnnn"):
        assert not [value for value in values if mark in value]
        assert mark not in page.raw["style"] + page.raw["script"]
        assert mark in page.text


@given(st.text())
def test_host_text_becomes_text_and_nothing_else(text: str) -> None:
    page = Page(str(told(text, 40)))
    assert [tag for tag, _ in page.elements] == (["bdi", "span"] if len(text) > 40 else ["bdi"])
    assert page.text.startswith(safe(text[:40]))


def test_a_long_name_is_cut_with_a_note() -> None:
    assert "(cut: 100,000 characters)" in told(samples.LONG_NAME)
    assert len(told(samples.LONG_NAME)) < 400


def test_the_first_screen_tells_coverage_then_causes_then_findings() -> None:
    text = re.sub(r"\s+", " ", Page(render(samples.rich())).text)
    in_order = (
        "4 critical, 3 warning and 3 info findings on 10 hosts.",
        "57 of 60 hosts observed",
        "2 connection-refused",
        "Never audited in this span edge-1",
        "nightly: 8 runs",
        "5 new 1 worse 2 gone",
        "1 suppressed finding is listed but not counted",
        "ceph-osd osd.12 on ceph-3 is stopped",
        "4 findings on 4 hosts",
        "cause not established: rbd image",
        "13 findings",
    )
    places = [text.find(part) for part in in_order]
    assert -1 not in places
    assert places == sorted(places)


def test_the_parts_behind_it_are_told_too() -> None:
    text = re.sub(r"\s+", " ", Page(render(samples.rich())).text)
    for part in (
        "in 2d20h (2d8h to 3d10h)",
        "in 41d13h (25d10h to never)",
        "not growing",
        "+4.1 an hour (3.8 to 4.4)",
        "comes and goes, 5 times in the span; again after the repair by reap-zombies",
        "suppressed until 2026-12-12 07:30Z by team-storage",
        "suppressions.yaml:31",
        "The run with its evidence is not kept any more.",
        "Tasks hang in I/O on a Ceph rbd volume",
    ):
        assert part in text


def test_an_empty_history_says_how_to_begin() -> None:
    page = Page(render(samples.empty()))
    assert "nr run audit" in page.text
    assert "nr schedule install" in page.text
    assert not page.all("table")


def test_a_fleet_nobody_could_observe_is_not_called_clean() -> None:
    text = Page(render(samples.report((samples.silent("w1"), samples.silent("w2"))))).text
    assert "No host was observed" in text
    assert "Nothing was found" not in text


def test_a_calm_fleet_says_so() -> None:
    assert (
        "Nothing was found on the hosts that were observed." in Page(render(samples.report((samples.host("w"),)))).text
    )


def test_one_moment_makes_no_chart_and_two_do() -> None:
    hosts = (samples.host("w1"),)
    assert "<figure" not in render(samples.report(hosts, moments=samples.moments(1)))
    assert render(samples.report(hosts, moments=samples.moments(2))).count("<figure") == 3


def lines_and_evidence(html: str) -> tuple[int, int, int]:
    return html.count("data-severity="), html.count('class="proof"'), html.count("Evidence left out")


def test_a_thousand_hosts_fit_and_who_lost_the_evidence_says_where_it_is() -> None:
    report = samples.large()
    html = render(report)
    lines, proofs, elsewhere = lines_and_evidence(html)
    assert len(html.encode()) < LIMIT
    assert lines == 300
    assert proofs + elsewhere == 300
    assert proofs >= 100
    assert html.count("<code>nr explain ") == elsewhere
    assert html.count('data-outcome="') == 1000


def long_winded() -> HygieneReport:
    """As large as an ill-willed fleet can make it: each name is longer than the page shows, in characters that grow."""
    bad = "\U000e0041<" * 400
    hosts = tuple(samples.host(f"{number}{bad}", reason=bad, outcome=bad) for number in range(1000))
    found = tuple(
        samples.reported(samples.finding(f"{number}{bad}", f"{number % 500}{bad}", f"device {bad}", summary=bad))
        for number in range(2000)
    )
    some = samples.hostile()
    return samples.report(
        hosts,
        findings=found,
        causes=some.causes * 100,
        owners=some.owners * 100,
        trends=some.trends * 100,
        explanations=tuple(
            one.model_copy(update={"name": f"{n}{bad}"}) for n in range(99) for one in some.explanations
        ),
        coverage=some.coverage.model_copy(update={"never": (bad,) * 1000, "reasons": ((bad, 1),) * 500}),
    )


def test_nothing_makes_the_page_larger_than_its_limit_and_what_is_left_out_is_told() -> None:
    html = render(long_winded())
    assert len(html.encode()) < LIMIT
    shown, _, _ = lines_and_evidence(html)
    assert 0 < shown < 2000
    assert f"and {2000 - shown} more findings, left out" in html


def test_a_finding_of_each_severity_and_change_is_marked_for_the_filter() -> None:
    rows = [one for one in Page(render(samples.rich())).all("tr") if "data-severity" in one]
    assert {one["data-severity"] for one in rows} == set(Severity)
    assert {one["data-change"] for one in rows} == {"new there", "worse there", "still there", "suppressed", "gone"}
