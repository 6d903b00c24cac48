"""A peer's call for help: what everybody sees of it on the request, and the call with its note."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_STANDS = sa.text("closed_at IS NULL")
_CALLED = sa.text("help IS NOT NULL")


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("support_requests", sa.Column("help", sa.JSON(), nullable=True))
    op.create_index(
        "ix_support_requests_help",
        "support_requests",
        ["network_id"],
        postgresql_where=_CALLED,
        sqlite_where=_CALLED,
    )
    op.create_table(
        "help_calls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by_id", sa.String(length=32), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.String(length=32), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_help_calls_network_id"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["support_requests.id"], name="fk_help_calls_request_id"
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_help_calls_visit_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_help_calls_peer_id"),
        sa.ForeignKeyConstraint(["held_by_id"], ["users.id"], name="fk_help_calls_held_by_id"),
        sa.ForeignKeyConstraint(["closed_by_id"], ["users.id"], name="fk_help_calls_closed_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_help_calls"),
    )
    op.create_index("ix_help_calls_request_id", "help_calls", ["request_id"])
    op.create_index("ix_help_calls_peer_id", "help_calls", ["peer_id"])
    op.create_index(
        "uq_help_calls_standing",
        "help_calls",
        ["visit_id"],
        unique=True,
        postgresql_where=_STANDS,
        sqlite_where=_STANDS,
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("help_calls")
    op.drop_index("ix_support_requests_help", "support_requests")
    op.drop_column("support_requests", "help")
