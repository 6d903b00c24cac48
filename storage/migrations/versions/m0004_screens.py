"""What the ED's screens need: desks, PINs, whose session is a desk's, ratings of finished visits."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables, parents first."""
    op.create_table(
        "desks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("cookie_hash", sa.String(length=64), nullable=True),
        sa.Column("link_hash", sa.String(length=64), nullable=True),
        sa.Column("link_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_desks_network_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_desks_site_id"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name="fk_desks_created_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desks"),
        sa.UniqueConstraint("cookie_hash", name="uq_desks_cookie_hash"),
        sa.UniqueConstraint("link_hash", name="uq_desks_link_hash"),
    )
    op.create_index("ix_desks_site_id", "desks", ["site_id"])
    op.create_table(
        "pins",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_pins_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_pins"),
    )
    op.create_table(
        "desk_sessions",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["user_sessions.id"],
            name="fk_desk_sessions_session_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name="fk_desk_sessions_desk_id"),
        sa.PrimaryKeyConstraint("session_id", name="pk_desk_sessions"),
    )
    op.create_index("ix_desk_sessions_desk_id", "desk_sessions", ["desk_id"])
    op.create_table(
        "ratings",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("rating", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "rating IN ('helped', 'somewhat', 'not_really')", name="ck_ratings_rating"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["support_requests.id"], name="fk_ratings_request_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_ratings_user_id"),
        sa.PrimaryKeyConstraint("request_id", name="pk_ratings"),
    )


def downgrade() -> None:
    """Drop them, children first."""
    for table in ("ratings", "desk_sessions", "pins", "desks"):
        op.drop_table(table)
