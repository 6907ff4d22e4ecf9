"""What audits saw: outcomes per host, findings with their episodes, and gauges with their levels."""

import sqlalchemy as sa
from alembic import op

revision = "audits"
down_revision = "journal"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nothing of the journal is touched."""
    _audits()
    _findings()
    _gauges()


def _audits() -> None:
    op.create_table(
        "audits",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String(64), nullable=False, unique=True),
        sa.Column("started_at", _TIME, nullable=False, index=True),
        sa.Column("finished_at", _TIME, nullable=False),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("interrupted", sa.Boolean, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("selected", "clean", "with_findings", "not_observed", "incomplete")
        ),
    )
    op.create_table(
        "hosts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("seen_at", _TIME),
    )
    op.create_table(
        "outcomes",
        sa.Column("audit_id", sa.Integer, sa.ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("host_id", sa.Integer, sa.ForeignKey("hosts.id"), primary_key=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("processes", "zombies", "orphans", "blocked")),
        sqlite_with_rowid=False,
    )
    op.create_index("outcomes_of_host", "outcomes", ["host_id", "audit_id"])


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.String(16), nullable=False, unique=True),
        sa.Column("host_id", sa.Integer, sa.ForeignKey("hosts.id"), nullable=False, index=True),
        sa.Column("kind", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("subject", "container", "summary")),
        sa.Column("severity", sa.String(16), nullable=False),
    )
    op.create_table(
        "episodes",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("finding_id", sa.Integer, sa.ForeignKey("findings.id", ondelete="CASCADE"), nullable=False),
        sa.Column("begun_at", _TIME, nullable=False),
        sa.Column("last_seen_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("times_seen", sa.Integer, nullable=False),
        sa.Column("worst", sa.String(16), nullable=False),
        sa.Column("gaps", sa.Text, nullable=False),
    )
    op.create_index("episodes_of_finding", "episodes", ["finding_id", "begun_at"])


def _gauges() -> None:
    op.create_table(
        "gauges",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("host_id", sa.Integer, sa.ForeignKey("hosts.id"), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_hash", sa.String(64), nullable=False),
        sa.Column("from_at", _TIME, nullable=False),
        sa.Column("to_at", _TIME, nullable=False),
        sa.Column("value", sa.Integer),
        sa.Column("limit", sa.Integer),
        sa.UniqueConstraint("host_id", "what", "name_hash", name="one_gauge"),
    )
    op.create_table(
        "levels",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("gauge_id", sa.Integer, sa.ForeignKey("gauges.id", ondelete="CASCADE"), nullable=False),
        sa.Column("from_at", _TIME, nullable=False),
        sa.Column("to_at", _TIME, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("limit", sa.Integer),
    )
    op.create_index("levels_of_gauge", "levels", ["gauge_id", "from_at"])
