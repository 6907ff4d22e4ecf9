"""When a finding became worse than it had been."""

import sqlalchemy as sa
from alembic import op

revision = "worse"
down_revision = "audits"


def upgrade() -> None:
    """Of what was kept before nobody knows."""
    op.add_column("episodes", sa.Column("worse_at", sa.DateTime(timezone=True)))
