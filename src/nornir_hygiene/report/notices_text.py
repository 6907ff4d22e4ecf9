"""What receivers read: a subject of one line and a short body of plain text. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from nornir_hygiene.models.notification import News, OpenCause
from nornir_hygiene.report.safe import safe

_CAUSES_SHOWN = 10
_HOSTS_SHOWN = 12
_KINDS_SHOWN = 3
_LONGEST_SUBJECT = 150
_LONGEST_WORD = 60
_LONGEST_LINE = 300
# Chats call people for `@here`, `<!channel>` and `<@U1>`, mail programs make links: a process may be called like that.
_CALLS = re.compile(r"[@!#&](?=[^\s|>]*[|>])|@(?=everyone|here\b|channel|all\b)|:(?=//)", re.IGNORECASE)


def subject_of(news: Sequence[News]) -> str:
    """`nr: 1 new cause on 300 hosts: ceph-osd osd.1 on ceph-2`, or `nr: 2 new, 1 gone cause on 14 hosts`."""
    counts = Counter(one.change for one in news)
    what = ", ".join(f"{count} {change}" for change, count in counts.items())
    causes = f"cause{'s' * (len(news) != 1)}"
    hosts = {host for one in news if one.now for host in one.now.hosts}
    on = f" on {_hosts(len(hosts))}" if hosts else ""
    names = f": {news[0].name}" if len(news) == 1 else f": {news[0].name} and {len(news) - 1} more"
    return plain(f"nr: {what} {causes}{on}{names}", _LONGEST_SUBJECT)


def body_of(news: Sequence[News]) -> str:
    """The causes that count most, each with its hosts; how many were left out."""
    lines = [line for one in news[:_CAUSES_SHOWN] for line in (*_paragraph(one), "")]
    left = len(news) - _CAUSES_SHOWN
    more = [f"and {left} more cause{'s' * (left != 1)}", ""] if left > 0 else []
    return "\n".join([*lines, *more, "All of it: nr report"]) + "\n"


def plain(text: str, longest: int = _LONGEST_LINE) -> str:
    """One line of bounded length in which nothing is an order to a terminal, a mail header, a chat or a browser."""
    shown = _CALLS.sub(r"\g<0> ", safe(text[: longest + 1]))
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def some(names: Iterable[str], shown: int = _HOSTS_SHOWN) -> str:
    """`w1, w2 and 288 more`."""
    each = list(names)
    more = f" and {len(each) - shown} more" if len(each) > shown else ""
    return ", ".join(plain(name, _LONGEST_WORD) for name in each[:shown]) + more


def _paragraph(one: News) -> Iterator[str]:
    if one.now is None:
        yield plain(f"gone  {one.name}")
        if one.before:
            yield f"  it was {one.before.severity} on {_hosts(one.hosts)}; told {_at(one.before.told_at)}"
        return
    yield plain(f"{one.change} {one.severity}  {one.now.headline}")
    yield from (f"  {line}" for line in _about(one.now))
    if one.change == "worse" and one.before:
        yield f"  told {_at(one.before.told_at)}: {one.before.severity} on {_hosts(one.before.hosts)}"


def _about(cause: OpenCause) -> Iterator[str]:
    yield f"on {_hosts(len(cause.hosts))}: {some(cause.hosts)}"
    yield f"since {_at(cause.since)}"
    if cause.because:
        yield plain(f"because: {cause.because}")
    if cause.restores:
        yield plain(f"restores: {cause.restores}")
    yield f"look: {', '.join(f'nr explain {plain(kind, _LONGEST_WORD)}' for kind in cause.kinds[:_KINDS_SHOWN])}"


def _hosts(count: int) -> str:
    return f"{count} host{'s' * (count != 1)}"


def _at(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}Z"
