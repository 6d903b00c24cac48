"""What peers say of themselves, and whom a person would like to see again."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Nobody has said anything yet."""
    op.add_column(
        "peers", sa.Column("traits", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column("support_requests", sa.Column("met", sa.JSON(), nullable=True))
    op.create_index(
        "ix_support_requests_met",
        "support_requests",
        ["closed_at"],
        postgresql_where=sa.text("met IS NOT NULL"),
        sqlite_where=sa.text("met IS NOT NULL"),
    )


def downgrade() -> None:
    """It is forgotten."""
    op.drop_index("ix_support_requests_met", "support_requests")
    op.drop_column("support_requests", "met")
    op.drop_column("peers", "traits")
