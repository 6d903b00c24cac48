"""The tables of notifications: the devices that can ring, and the deliveries to them (the outbox)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create both tables. A delivery knows its offer and request by id only, from the facts."""
    op.create_table(
        "devices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=7), nullable=False),
        sa.Column("address", sa.String(length=1024), nullable=False),
        sa.Column("address_kind", sa.String(length=5), nullable=True),
        sa.Column("subscription", sa.JSON(), nullable=True),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("dead_reason", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('fcm', 'webpush', 'sms', 'voice', 'email', 'console')",
            name="ck_devices_kind",
        ),
        sa.CheckConstraint("address_kind IN ('token', 'fid')", name="ck_devices_address_kind"),
        sa.CheckConstraint("state IN ('active', 'dead', 'disabled')", name="ck_devices_state"),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_devices_network_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_devices_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
    )
    op.create_index("ix_devices_user_id", "devices", ["user_id"], unique=False)
    op.create_index(
        "uq_devices_active_address",
        "devices",
        ["kind", "address"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
        sqlite_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=7), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=True),
        sa.Column("offer_id", sa.String(length=32), nullable=True),
        sa.Column("fact_seq", sa.Integer(), nullable=True),
        sa.Column("once", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("rung", sa.String(length=10), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("collapse_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=13), nullable=True),
        sa.Column("outcome_detail", sa.String(length=120), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "channel IN ('fcm', 'webpush', 'sms', 'voice', 'email', 'console')",
            name="ck_deliveries_channel",
        ),
        sa.CheckConstraint(
            "rung IN ('push', 'push_again', 'sms', 'voice', 'notice')", name="ck_deliveries_rung"
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'delivered', 'failed', 'unknown', 'cancelled', 'expired')",
            name="ck_deliveries_state",
        ),
        sa.CheckConstraint(
            "state = 'unknown' OR (state = 'pending') = (due_at IS NOT NULL)",
            name="ck_deliveries_due",
        ),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_deliveries_network_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_deliveries_user_id"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_deliveries_device_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("once", name="uq_deliveries_once"),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["channel", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_deliveries_offer_id", "deliveries", ["offer_id"], unique=False)
    op.create_index("ix_deliveries_request_id", "deliveries", ["request_id"], unique=False)
    op.create_index(
        "ix_deliveries_device_open",
        "deliveries",
        ["device_id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop them, the outbox first; their indexes go with them."""
    for table in ("deliveries", "devices"):
        op.drop_table(table)
