"""What is learned of answers and ways, in versions; what each ask was expected to bring."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Nothing is learned yet, and every answer counts."""
    op.create_table(
        "learned",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('answers', 'travel')", name=op.f("ck_learned_kind")),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_learned_network_id"),
        sa.PrimaryKeyConstraint("id", name="pk_learned"),
        sa.UniqueConstraint(
            "network_id", "kind", "version", name="uq_learned_network_id_kind_version"
        ),
    )
    op.add_column("offers", sa.Column("chance", sa.Double(), nullable=True))
    op.add_column("offers", sa.Column("learned_version", sa.Integer(), nullable=True))
    op.add_column("offers", sa.Column("uncounted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_offers_asked", "offers", ["network_id", "asked_at"])
    op.create_index("ix_offers_peer", "offers", ["peer_id", "asked_at"])
    op.add_column("peers", sa.Column("counted_from", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """It is forgotten."""
    op.drop_column("peers", "counted_from")
    op.drop_index("ix_offers_peer", "offers")
    op.drop_index("ix_offers_asked", "offers")
    op.drop_column("offers", "uncounted_at")
    op.drop_column("offers", "learned_version")
    op.drop_column("offers", "chance")
    op.drop_table("learned")
