"""Forgets what the project's retention says, after an audit was kept."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from nornir_hygiene.content import retention_data
from nornir_hygiene.fleet.strict_yaml import checked
from nornir_hygiene.history.retention import Forgotten, forget, forget_runs, oldest_audit
from nornir_hygiene.models.retention import Retention

# What is due is deleted once a day: each time costs a look at all of it.
_LATE = timedelta(days=1)


def retention() -> Retention:
    """The project's, or the one that holds without. Raises ConfigError with file and line."""
    file = retention_data()
    return checked(Retention, file.content or {}, file.path) if file else Retention()


def retain(engine: Engine, wanted: Retention, now: datetime) -> Forgotten:
    """What was forgotten; mostly nothing, for nothing is due. Raises SQLAlchemyError, OSError."""
    oldest = oldest_audit(engine)
    runs = forget_runs(engine, now - wanted.saved_runs)
    if oldest is None or oldest >= now - wanted.history - _LATE:
        return Forgotten(saved_runs=runs)
    return forget(engine, now - wanted.history).model_copy(update={"saved_runs": runs})
