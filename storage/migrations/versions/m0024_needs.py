"""A visit calls for more than help: the nurse of the ED, a supervisor."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_STANDS = sa.text("closed_at IS NULL")
_NEEDED = sa.text("needs IS NOT NULL")


def _standing(columns: list[str]) -> None:
    op.drop_index("uq_help_calls_standing", "help_calls")
    op.create_index(
        "uq_help_calls_standing",
        "help_calls",
        columns,
        unique=True,
        postgresql_where=_STANDS,
        sqlite_where=_STANDS,
    )


def upgrade() -> None:
    """Every call so far is of a peer who was not safe."""
    op.add_column("support_requests", sa.Column("needs", sa.JSON(), nullable=True))
    op.create_index(
        "ix_support_requests_needs",
        "support_requests",
        ["network_id"],
        postgresql_where=_NEEDED,
        sqlite_where=_NEEDED,
    )
    for column in (
        sa.Column("kind", sa.String(length=10), nullable=False, server_default="unsafe"),
        sa.Column("is_by_guest", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("end_reason", sa.String(length=20), nullable=True),
    ):
        op.add_column("help_calls", column)
    _standing(["visit_id", "kind"])


def downgrade() -> None:
    """Only the calls of peers who were not safe are known below."""
    op.execute("DELETE FROM help_calls WHERE kind <> 'unsafe'")
    _standing(["visit_id"])
    for column in ("kind", "is_by_guest", "end_reason"):
        op.drop_column("help_calls", column)
    op.drop_index("ix_support_requests_needs", "support_requests")
    op.drop_column("support_requests", "needs")
