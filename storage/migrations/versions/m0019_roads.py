"""What a router said of the ways to each site, by cells of about a kilometre."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Nobody was asked yet."""
    op.create_table(
        "road_times",
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("cell", sa.String(length=16), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("metres", sa.Float(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_road_times_site_id"),
        sa.PrimaryKeyConstraint("site_id", "cell", name="pk_road_times"),
    )


def downgrade() -> None:
    """The model answers again."""
    op.drop_table("road_times")
