"""The tables of the history. Every change of them is a migration as well (migrations/versions); a test compares."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData()


class Utc(TypeDecorator[datetime]):
    """A time with its zone, kept and given back in UTC: SQLite forgets zones, PostgreSQL gives back its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To the database; a time without a zone is a bug."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text of a host or of people. What no database takes (NUL, halves of surrogate pairs) becomes `\\udcff`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """The text as it comes back."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", r"\x00")


# Alembic's own: the migration a database has come to. Apart from ours, which it compares with the migrations.
alembic_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), primary_key=True),
)

# Small where SQLite counts its rows by it, large where there may be many.
_BIG = BigInteger().with_variant(Integer, "sqlite")

journal_table = Table(
    "journal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("run_id", String(64), nullable=False, index=True),
    Column("event", String(32), nullable=False),
    Column("who", String(256), nullable=False),
    Column("target", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("token", String(128), nullable=False),
    Column("body", Text, nullable=False),
    Column("before", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

audits = Table(
    "audits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", String(64), nullable=False, unique=True),
    Column("started_at", Utc, nullable=False, index=True),
    Column("finished_at", Utc, nullable=False),
    Column("selection", Words, nullable=False),
    Column("interrupted", Boolean, nullable=False),
    Column("selected", Integer, nullable=False),
    Column("clean", Integer, nullable=False),
    Column("with_findings", Integer, nullable=False),
    Column("not_observed", Integer, nullable=False),
    Column("incomplete", Integer, nullable=False),
)

# `seen_at`: of the newest audit that saw all of it.
hosts = Table(
    "hosts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("seen_at", Utc),
)

# How one host came out of one audit.
outcomes = Table(
    "outcomes",
    metadata,
    Column("audit_id", Integer, ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("host_id", Integer, ForeignKey("hosts.id"), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("processes", Integer, nullable=False),
    Column("zombies", Integer, nullable=False),
    Column("orphans", Integer, nullable=False),
    Column("blocked", Integer, nullable=False),
    Index("outcomes_of_host", "host_id", "audit_id"),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", String(16), nullable=False, unique=True),
    Column("host_id", Integer, ForeignKey("hosts.id"), nullable=False, index=True),
    Column("kind", String(64), nullable=False),
    Column("subject", Words, nullable=False),
    Column("container", Words, nullable=False),
    Column("summary", Words, nullable=False),
    Column("severity", String(16), nullable=False),
)

# One time a finding was there: from the audit that saw it first until the one that did not see it any more. `gaps` are
# the sections that could not be seen when it was last there, one per line: who sees less than that cannot say it ended.
# `worse_at`: of the audit in which it last became worse than it had ever been in this episode.
episodes = Table(
    "episodes",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("finding_id", Integer, ForeignKey("findings.id", ondelete="CASCADE"), nullable=False),
    Column("begun_at", Utc, nullable=False),
    Column("last_seen_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("times_seen", Integer, nullable=False),
    Column("worst", String(16), nullable=False),
    Column("worse_at", Utc),
    Column("gaps", Words, nullable=False),
    Index("episodes_of_finding", "finding_id", "begun_at"),
)

# What is counted over time: zombies, orphans, blocked tasks of an owner, or the use of a limit (`what`, `name`), with
# the value it had from one audit to another. None: nobody says since. A zero lasts until there is another value.
# The name may be as long as a cgroup path, so its SHA-256 is what is unique.
gauges = Table(
    "gauges",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("host_id", Integer, ForeignKey("hosts.id"), nullable=False),
    Column("what", String(16), nullable=False),
    Column("name", Words, nullable=False),
    Column("name_hash", String(64), nullable=False),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc, nullable=False),
    Column("value", Integer),
    Column("limit", Integer),
    UniqueConstraint("host_id", "what", "name_hash", name="one_gauge"),
)

# The values a gauge had before. One that stayed the same over many audits is one row: most of them never change.
levels = Table(
    "levels",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("gauge_id", Integer, ForeignKey("gauges.id", ondelete="CASCADE"), nullable=False),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc, nullable=False),
    Column("value", Integer, nullable=False),
    Column("limit", Integer),
    Index("levels_of_gauge", "gauge_id", "from_at"),
)

# What was last told of a cause to whom (notification.yaml's name of it): so that nobody is told the same twice.
notices = Table(
    "notices",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("receiver", String(64), nullable=False),
    Column("cause", Words, nullable=False),
    Column("cause_hash", String(64), nullable=False),
    Column("told_at", Utc, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("hosts", Integer, nullable=False),
    Column("gone", Boolean, nullable=False),
    UniqueConstraint("receiver", "cause_hash", name="one_notice"),
)
