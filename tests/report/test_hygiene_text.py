"""A hygiene report on a terminal and in a pipe."""

import io
from typing import Any

import pytest

from nornir_hygiene.models.hygiene import Headroom, HygieneReport
from nornir_hygiene.report import hygiene_text
from tests.report.hygiene_samples import HOSTILE, empty, finding, hostile, large, report, reported, rich, small


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def text_of(made: HygieneReport) -> str:
    return hygiene_text.rendered(made, io.StringIO())


def part(text: str, title: str) -> list[str]:
    """The lines below a title, up to the next empty one."""
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(title))
    rest = lines[begin + 1 :]
    return rest[: rest.index("")] if "" in rest else rest


def test_an_empty_history_says_what_to_do() -> None:
    assert text_of(empty()).splitlines() == [
        "all hosts, 2026-11-15 07:30Z to 2026-11-22 07:30Z",
        "No audit of these hosts is in the history of that time: nr run audit makes one.",
    ]


def test_the_first_lines_tell_coverage_verdict_and_causes() -> None:
    lines = text_of(small()).splitlines()
    assert lines[1:3] == ["1 critical finding on 1 host.", "2 of 3 hosts observed: 1 with findings, 1 clean."]
    assert "not observed: 1 deadline" in lines
    (cause,) = part(text_of(small()), "causes")
    assert cause.startswith("  ceph-osd osd.12 on ceph-3 is stopped: 1 finding on 1 host; restores: Continue")


def test_all_that_can_be_acted_on_stands_before_the_findings() -> None:
    text = text_of(rich())
    titles = ("causes", "since", "most zombies", "what grows", "fullest limits", "images", "what the load", "runbooks")
    places = [
        text.index(f"\n{title}")
        for title in (*titles, "suppressions that are over", "13 findings; 1 finding suppressed")
    ]
    assert places == sorted(places)
    assert "never audited in this time: edge-1, edge-2" in text
    assert "schedule nightly missed 8 runs" in text


def test_every_finding_has_one_line_and_what_is_over_or_suppressed_stands_last() -> None:
    made = rich()
    lines = part(text_of(made), f"{len(made.findings)} findings")
    assert len(lines) == len(made.findings)
    loud = sum(one.change != "gone" and one.suppressed is None for one in made.findings)
    assert not any(" gone " in line or "suppressed" in line for line in lines[:loud])
    assert all("suppressed" in line or line.lstrip().startswith("gone") for line in lines[loud:])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "since 2026-11-21 01:30Z"),
        ({"times_back": 1}, "; came back once"),
        ({"times_back": 4, "flapping": True}, "; came back 4 times, comes and goes"),
        ({"times_back": 1, "back_after": "restart-owner"}, "; came back once; back after restart-owner"),
    ],
)
def test_a_finding_tells_its_past(changed: dict[str, Any], words: str) -> None:
    text = text_of(report(findings=(reported(finding("w1"), **changed),)))
    assert text.rstrip().endswith(words)


@pytest.mark.parametrize(("used", "told"), [(49, False), (50, True), (100, True)])
def test_a_limit_with_room_is_not_told(used: int, told: bool) -> None:
    text = text_of(report(headroom=(Headroom(host="w1", name="/app", used=used, limit=100),)))
    assert ("fullest limits" in text) is told


def test_a_large_fleet_is_one_screen_before_its_findings() -> None:
    text = text_of(large())
    before, _, after = text.partition("\n300 findings")
    assert len(before.splitlines()) <= 50
    assert "  and 95 more" in before
    assert len(after.splitlines()) == 301


@pytest.mark.parametrize("stream", [io.StringIO(), _Terminal()])
def test_hostile_text_never_reaches_the_screen_raw(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    text = hygiene_text.rendered(hostile(), stream)
    raw = set("\x9b\x00\x07\r\u202e\u2066\ud800")
    assert any(raw & set(each) for each in HOSTILE), "the sample has lost its teeth"
    assert not set(text) & raw
    assert "\x1b[2J" not in text
    assert r"\x1b[2J" in text
    assert "<script>" in text, "a terminal runs no markup, so none is taken away"
    assert max(map(len, text.splitlines())) < 600
