"""The room of a video visit with its two seats, and the link that opens it at a bedside."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_TO_LOOK_AT = sa.text("look_at IS NOT NULL")
_SIDES = "side IN ('peer', 'guest')"
_STATES = "state IN ('here', 'ready', 'connected', 'broken', 'not_now', 'gone')"


def upgrade() -> None:
    """Add the three tables."""
    op.create_table(
        "rooms",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("empty_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_phone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_rooms_visit_id"),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_rooms_network_id"),
        sa.PrimaryKeyConstraint("visit_id", name="pk_rooms"),
    )
    op.create_index(
        "ix_rooms_look_at",
        "rooms",
        ["look_at"],
        postgresql_where=_TO_LOOK_AT,
        sqlite_where=_TO_LOOK_AT,
    )
    op.create_table(
        "room_seats",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=5), nullable=False),
        sa.Column("tab", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("has_camera", sa.Boolean(), nullable=False),
        sa.Column("is_muted", sa.Boolean(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_SIDES, name="ck_room_seats_side"),
        sa.CheckConstraint(_STATES, name="ck_room_seats_state"),
        sa.ForeignKeyConstraint(["visit_id"], ["rooms.visit_id"], name="fk_room_seats_visit_id"),
        sa.PrimaryKeyConstraint("visit_id", "side", name="pk_room_seats"),
    )
    op.create_table(
        "guest_links",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=False),
        sa.Column("cookie_hash", sa.String(length=64), nullable=True),
        sa.Column("created_by_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_guest_links_network_id"),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_guest_links_visit_id"),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name="fk_guest_links_created_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_guest_links"),
        sa.UniqueConstraint("link_hash", name="uq_guest_links_link_hash"),
        sa.UniqueConstraint("cookie_hash", name="uq_guest_links_cookie_hash"),
    )
    op.create_index("ix_guest_links_visit_id", "guest_links", ["visit_id"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("guest_links")
    op.drop_table("room_seats")
    op.drop_table("rooms")
