"""Decisions whose inputs hold somebody's wishes are known by it: those inputs go earlier."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_TELLS = sa.text("tells_wishes AND inputs IS NOT NULL")


def upgrade() -> None:
    """Add the mark. What was recorded before it cannot be told apart, so those inputs go now."""
    op.add_column(
        "decisions",
        sa.Column("tells_wishes", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute("UPDATE decisions SET inputs = NULL")
    op.create_index(
        "ix_decisions_wishes",
        "decisions",
        ["request_id"],
        postgresql_where=_TELLS,
        sqlite_where=_TELLS,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_decisions_wishes", "decisions")
    op.drop_column("decisions", "tells_wishes")
