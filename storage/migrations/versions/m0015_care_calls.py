"""A supervisor called a peer whose work was worth a word."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Nobody has said so yet."""
    op.create_table(
        "care_calls",
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=11), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.CheckConstraint("why IN ('overdoses', 'first_alone')", name="ck_care_calls_why"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_care_calls_peer_id"),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_care_calls_network_id"),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_care_calls_by_id"),
        sa.PrimaryKeyConstraint("peer_id", "why", name="pk_care_calls"),
    )
    op.create_index("ix_care_calls_network", "care_calls", ["network_id", "at"])


def downgrade() -> None:
    """It is forgotten."""
    op.drop_table("care_calls")
