"""What was last told of a cause, to whom."""

import sqlalchemy as sa
from alembic import op

revision = "notices"
down_revision = "worse"


def upgrade() -> None:
    """Nobody was told anything before."""
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("receiver", sa.String(64), nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("cause_hash", sa.String(64), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("hosts", sa.Integer, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.UniqueConstraint("receiver", "cause_hash", name="one_notice"),
    )
