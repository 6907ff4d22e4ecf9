"""Messages: short, plain, and nothing a host wrote is an order to whoever shows them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.notification import News, Notice, OpenCause, Telling
from nornir_hygiene.report.notices_text import body_of, plain, subject_of

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def news(change: Telling = "new", name: str = "osd.1", hosts: int = 2, text: str = "why") -> News:
    there = OpenCause(
        name=name,
        headline=f"{name} is stopped",
        severity=Severity.CRITICAL,
        hosts=tuple(f"{text}{number}" for number in range(hosts)),
        kinds=("rbd-io-hang",),
        since=AT,
        because=text,
        restores=text,
    )
    before = Notice(cause=name, told_at=AT, severity=Severity.WARNING, hosts=1)
    return News(
        change=change, name=name, now=None if change == "gone" else there, before=None if change == "new" else before
    )


def test_the_subject_counts_changes_causes_and_hosts() -> None:
    assert subject_of([news()]) == "nr: 1 new cause on 2 hosts: osd.1"
    assert subject_of([news("gone")]) == "nr: 1 gone cause: osd.1"
    several = [news(), news("worse", "osd.2"), news("gone", "osd.3")]
    assert subject_of(several) == "nr: 1 new, 1 worse, 1 gone causes on 2 hosts: osd.1 and 2 more"


def test_the_body_says_what_where_since_when_why_and_what_to_do() -> None:
    assert body_of([news("worse"), news("gone", "osd.2")]) == (
        "worse critical  osd.1 is stopped\n"
        "  on 2 hosts: why0, why1\n"
        "  since 2026-11-22 08:00Z\n"
        "  because: why\n"
        "  restores: why\n"
        "  look: nr explain rbd-io-hang\n"
        "  told 2026-11-22 08:00Z: warning on 1 host\n"
        "\n"
        "gone  osd.2\n"
        "  it was warning on 1 host; told 2026-11-22 08:00Z\n"
        "\n"
        "All of it: nr report\n"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nBcc: x", r"a\x0d\x0aBcc: x"),
        ("<!channel>", "<! channel>"),
        ("!here|x>", "! here|x>"),
        ("<@U1>", "<@ U1>"),
        ("@everyone @HERE", "@ everyone @ HERE"),
        ("http://evil.example", "http: //evil.example"),
        ("user@1000.service at 10:30", "user@1000.service at 10:30"),
        ("[!] #7 & more", "[!] #7 & more"),
    ],
)
def test_calls_and_links_are_broken_and_plain_names_stay(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(alphabet=st.sampled_from("@<>!#&|:/ aeveryonhc\r\n\x1b\u202e")), st.integers(1, 60))
def test_no_text_gets_out_of_its_line(text: str, longest: int) -> None:
    shown = plain(text, longest)
    assert len(shown) <= longest
    assert len(shown.splitlines()) <= 1
    assert not {"\r", "\n", "\x1b", "\u202e"} & set(shown)
    assert "://" not in shown
    assert "@everyone" not in shown.lower()


def test_a_message_is_bounded_whatever_hosts_call_themselves() -> None:
    big = [news(name=f"{number}{'n' * 300}", hosts=30, text="@" * 10_000) for number in range(50)]
    assert len(subject_of(big)) <= 150
    assert len(body_of(big)) < 25_000
    assert "and 18 more" in body_of(big)
    assert "and 40 more causes" in body_of(big)
