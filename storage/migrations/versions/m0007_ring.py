"""Phones that really ring: receipts, turns, providers and their circuits, callbacks, keys of Web Push."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_BEFORE = "('fcm', 'webpush', 'sms', 'voice', 'email', 'console')"
_KINDS = "('fcm', 'webpush', 'sms', 'voice', 'email', 'console', 'apprise')"
_DUE = sa.text("due_at IS NOT NULL")


def _due_index(*columns: str) -> None:
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        list(columns),
        postgresql_where=_DUE,
        sqlite_where=_DUE,
    )


def _check_kinds(kinds: str) -> None:
    """Let both tables hold these kinds only."""
    for table, column in (("devices", "kind"), ("deliveries", "channel")):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(f"ck_{table}_{column}", type_="check")
            batch.create_check_constraint(f"ck_{table}_{column}", f"{column} IN {kinds}")


def upgrade() -> None:
    """Add the columns and the tables; deliveries of old versions take the first turn."""
    moment = sa.DateTime(timezone=True)
    op.add_column("devices", sa.Column("tested_at", moment, nullable=True))
    op.add_column("devices", sa.Column("heard_at", moment, nullable=True))
    op.add_column("devices", sa.Column("ended_at", moment, nullable=True))
    op.add_column("deliveries", sa.Column("site_id", sa.String(length=32), nullable=True))
    op.add_column("deliveries", sa.Column("delivered_at", moment, nullable=True))
    op.add_column("deliveries", sa.Column("opened_at", moment, nullable=True))
    op.add_column("deliveries", sa.Column("provider_id", sa.String(length=64), nullable=True))
    op.add_column("deliveries", sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sites", sa.Column("security_phone", sa.String(length=20), nullable=True))
    _check_kinds(_KINDS)
    op.create_index("ix_deliveries_provider_id", "deliveries", ["provider_id"])
    op.drop_index("ix_deliveries_due", "deliveries")
    _due_index("channel", "turn", "due_at")
    op.create_index(
        "ix_deliveries_turn",
        "deliveries",
        ["site_id", "channel", "rung", "turn"],
        postgresql_where=_DUE,
        sqlite_where=_DUE,
    )
    op.create_index(
        "ix_deliveries_texts",
        "deliveries",
        ["device_id", "created_at"],
        postgresql_where=sa.text("channel IN ('sms', 'voice')"),
        sqlite_where=sa.text("channel IN ('sms', 'voice')"),
    )
    op.create_index("ix_deliveries_history", "deliveries", ["network_id", "created_at", "id"])
    op.create_table(
        "providers",
        sa.Column("channel", sa.String(length=7), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("open_until", moment, nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("changed_at", moment, nullable=False),
        sa.CheckConstraint(f"channel IN {_KINDS}", name="ck_providers_channel"),
        sa.PrimaryKeyConstraint("channel", "platform", name="pk_providers"),
    )
    op.create_table(
        "vapid_keys",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("private_key", sa.String(length=64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vapid_keys"),
    )
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_callbacks"),
    )
    op.create_index("ix_callbacks_at", "callbacks", ["at"])
    op.create_table(
        "text_choices",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("offer_ids", sa.JSON(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_text_choices_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_text_choices"),
    )


def downgrade() -> None:
    """Take them away. What went by apprise is forgotten: the schema below knows no such kind."""
    for table in ("text_choices", "callbacks", "vapid_keys", "providers"):
        op.drop_table(table)
    op.execute("DELETE FROM deliveries WHERE channel = 'apprise'")
    op.execute("DELETE FROM devices WHERE kind = 'apprise'")
    for index in ("due", "turn", "texts", "history", "provider_id"):
        op.drop_index(f"ix_deliveries_{index}", "deliveries")
    for table, columns in (
        ("deliveries", ("site_id", "delivered_at", "opened_at", "provider_id", "turn")),
        ("devices", ("tested_at", "heard_at", "ended_at")),
        ("sites", ("security_phone",)),
    ):
        for column in columns:
            op.drop_column(table, column)
    _check_kinds(_BEFORE)
    _due_index("channel", "due_at")
