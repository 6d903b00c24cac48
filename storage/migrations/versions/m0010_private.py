"""A peer may keep their alerts extra private."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nobody has chosen it yet."""
    op.add_column(
        "peers",
        sa.Column("is_private", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """The choice is forgotten."""
    op.drop_column("peers", "is_private")
