"""Policies that are tried on the past before they are saved."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_WAITS = sa.text("due_at IS NOT NULL")
_RUNS = sa.text("state = 'running'")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "previews",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("asked_by_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("more_peers", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.String(length=12), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_previews_state")
        ),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_previews_network_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name="fk_previews_asked_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_previews"),
    )
    op.create_index(
        "ix_previews_due", "previews", ["due_at"], postgresql_where=_WAITS, sqlite_where=_WAITS
    )
    op.create_index(
        "uq_previews_running",
        "previews",
        ["network_id"],
        unique=True,
        postgresql_where=_RUNS,
        sqlite_where=_RUNS,
    )
    op.create_index("ix_previews_listed", "previews", ["network_id", "asked_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("previews")
