"""The page for a pull request: short, in the same order, and no host text becomes Markdown."""

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from nornir_hygiene.report.markdown import code, prose, render
from nornir_hygiene.report.safe import safe
from tests.report import hygiene_samples as samples

FORBIDDEN = {"link_open", "image", "html_inline", "html_block", "em_open", "fence", "code_block", "s_open"}


def tokens(text: str) -> list[Token]:
    """Every token of the page as a reader with GitHub's tables sees it, those inside lines too."""
    found = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    return [token for outer in found for token in (outer, *(outer.children or ()))]


def kinds(text: str) -> set[str]:
    return {token.type for token in tokens(text)}


def headings(text: str) -> list[str]:
    return [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]


def test_the_order_is_that_of_the_page() -> None:
    text = render(samples.rich())
    wanted = ["Causes", "Findings", "Room and growth", "Owners", "Images", "Load by wait", "Runbooks"]
    assert headings(text) == [*wanted, "Expired suppressions"]
    assert text.index("57 of 60 hosts observed") < text.index("2 never audited") < text.index("## Causes")


def test_it_tells_what_the_page_tells() -> None:
    text = render(samples.rich())
    for part in (
        "**4 critical, 3 warning and 3 info findings on 10 hosts.**",
        "5 new, 1 worse, 2 gone, 4 as before; 1 suppressed, not counted.",
        "not observed: 2 `connection-refused`, 1 `deadline`",
        "8 missed of schedule `nightly`",
        "`ceph-osd osd.12 on ceph-3 is stopped`: 4 findings on 4 hosts: `worker-03`",
        "84 % (3480 of 4096) | in 2d20h (2d8h to 3d10h)",
        "comes and goes; again after `reap-zombies`",
        "suppressed by `team-storage`",
        "| `reap-zombies` | 14 | 13 | 1 | 0 | 0 | 6 |",
    ):
        assert part in text


def test_a_thousand_hosts_are_still_short_and_say_what_is_left_out() -> None:
    text = render(samples.large())
    assert len(text) < 20_000
    assert "and 270 more: `nr report -o html` has them all." in text


def test_an_empty_history_says_how_to_begin() -> None:
    text = render(samples.empty())
    assert "`nr run audit`" in text
    assert "`nr schedule install --every 15m`" in text
    assert headings(text) == []


def test_hostile_text_makes_no_link_no_html_and_breaks_no_table() -> None:
    text = render(samples.hostile())
    assert not kinds(text) & FORBIDDEN
    assert headings(text) == headings(render(samples.rich()))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 60
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert all(len({row.count("|") for row in table}) == 1 for table in tables)
    assert sum(token.type == "table_open" for token in tokens(text)) == len(tables)
    assert len(text) < 40_000


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("`|\\[]()<>*_~#!&: \n"))))
def test_foreign_text_is_one_code_span_in_a_line_and_in_a_cell(text: str) -> None:
    span = code(text, 60)
    shown = [token.content for token in tokens(f"x {span} y") if token.type == "code_inline"]
    assert shown == [safe(text[:60]).replace("|", "\\x7c").strip(" ") or "-"]
    in_table = tokens(f"| a | b |\n| --- | --- |\n| {span} | z |")
    assert [token.content for token in in_table if token.type == "code_inline"] == shown
    assert sum(token.type == "td_open" for token in in_table) == 2


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("abc .,;()/%'-`|[]<>*_:@#"))))
def test_a_sentence_is_text_or_one_code_span(text: str) -> None:
    assert kinds(f"because: {prose(text)}") <= {"paragraph_open", "inline", "paragraph_close", "text", "code_inline"}


def test_a_harmless_sentence_stays_one_and_a_name_of_a_site_does_not() -> None:
    assert prose("3 reads (of 4.1 an hour), it's slow") == "3 reads (of 4.1 an hour), it's slow"
    for text in ("see evil.example", "www.evil", "a@b", "#12", "http://x", ":smile:", "<b>", ""):
        assert prose(text).startswith("`")
