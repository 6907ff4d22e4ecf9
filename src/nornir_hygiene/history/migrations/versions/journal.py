"""The journal of runs. Databases from before there were migrations have it already."""

import sqlalchemy as sa
from alembic import op

revision = "journal"
down_revision = None


def upgrade() -> None:
    """Make it where it is not."""
    if sa.inspect(op.get_bind()).has_table("journal"):
        return
    op.create_table(
        "journal",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False, index=True),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("who", sa.String(256), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("token", sa.String(128), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("before", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
