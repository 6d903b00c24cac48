"""What a peer writes after a visit: the note, and how they are."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ASKED = sa.text("feeling = 'talk' AND talked_at IS NULL")


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "wrap_ups",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("happened", sa.JSON(), nullable=False),
        sa.Column("offered", sa.JSON(), nullable=False),
        sa.Column("follow_up", sa.Boolean(), nullable=True),
        sa.Column("follow_up_days", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_wrap_ups_visit_id"),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_wrap_ups_network_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_wrap_ups_peer_id"),
        sa.PrimaryKeyConstraint("visit_id", name="pk_wrap_ups"),
    )
    op.create_index("ix_wrap_ups_network_id", "wrap_ups", ["network_id"])
    op.create_table(
        "check_ins",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=True),
        sa.Column("feeling", sa.String(length=6), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("talked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("talked_by_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint("feeling IN ('steady', 'heavy', 'talk')", name="ck_check_ins_feeling"),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_check_ins_network_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_check_ins_peer_id"),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_check_ins_visit_id"),
        sa.ForeignKeyConstraint(["talked_by_id"], ["users.id"], name="fk_check_ins_talked_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_check_ins"),
    )
    op.create_index("ix_check_ins_peer", "check_ins", ["peer_id", "at"])
    op.create_index(
        "ix_check_ins_asked",
        "check_ins",
        ["network_id"],
        postgresql_where=_ASKED,
        sqlite_where=_ASKED,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("check_ins")
    op.drop_table("wrap_ups")
