"""Decisions about a bridge are recorded beside those of the search."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """What was recorded so far was of the search."""
    op.add_column(
        "decisions",
        sa.Column("is_bridge", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Without the column they would be taken for decisions of the search."""
    op.execute("DELETE FROM decisions WHERE is_bridge")
    op.drop_column("decisions", "is_bridge")
