"""Decisions are kept with their reason and what they were made from."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_KEPT = sa.text("inputs IS NOT NULL")


def upgrade() -> None:
    """Add the table; of what was decided before it came, the facts tell."""
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("strategy", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        sa.Column("who", sa.LargeBinary(), nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_decisions_network_id"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["support_requests.id"], name="fk_decisions_request_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_request", "decisions", ["request_id", "at", "id"])
    op.create_index(
        "ix_decisions_inputs", "decisions", ["at"], postgresql_where=_KEPT, sqlite_where=_KEPT
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("decisions")
