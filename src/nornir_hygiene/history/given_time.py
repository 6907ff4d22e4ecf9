"""A time in the past, as people give it."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from nornir_hygiene.errors import UsageError
from nornir_hygiene.history.queries import kept_audit
from nornir_hygiene.models.span import parse_span


def time_of(engine: Engine, when: str, now: datetime) -> datetime:
    """A span back from `now` (`24h`), a date or a time (UTC, where it names no zone), or when an audit began.

    Of an audit its run id or the beginning of it. Raises UsageError for what is none of these, or not yet.
    """
    given = _time(engine, when.strip(), now)
    if given > now:
        raise UsageError(f"{when!r} is not yet", "a time in the past: an audit, 2026-11-01, 24h, 7d")
    return given


def _time(engine: Engine, when: str, now: datetime) -> datetime:
    try:
        return now - parse_span(when)
    except ValueError:
        pass
    try:
        given = datetime.fromisoformat(when)
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1, east of Greenwich
        pass
    try:
        return kept_audit(engine, when).started_at
    except UsageError:
        hint = "give an audit (nr history shows all), a date or time like 2026-11-01T06:00, or a span: 15m, 24h, 7d"
        raise UsageError(f"{when!r} is no audit of the history, no time and no span", hint) from None
