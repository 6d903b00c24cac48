"""The telephone calls of a visit, each at the provider, and the telephone at a bedside."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_LIVE = sa.text("state <> 'ended'")
_TO_LOOK_AT = sa.text("look_at IS NOT NULL")
_DUE = sa.text("due_at IS NOT NULL")
_ENDS = (
    "hung_up",
    "no_answer",
    "busy",
    "machine",
    "left",
    "other_no_answer",
    "other_busy",
    "other_machine",
    "other_failed",
    "no_number",
    "away",
    "failed",
    "stopped",
    "over",
)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Add the three tables."""
    ends = ", ".join(f"'{end}'" for end in _ENDS)
    op.create_table(
        "visit_calls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("callee", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("placed_by_id", sa.String(length=32), nullable=False),
        _moment("placed_at", nullable=False),
        _moment("ready_at"),
        _moment("connected_at"),
        _moment("ended_at"),
        sa.Column("end_reason", sa.String(length=15), nullable=True),
        _moment("look_at"),
        sa.CheckConstraint("callee IN ('desk', 'bedside')", name="ck_visit_calls_callee"),
        sa.CheckConstraint(
            "state IN ('placed', 'ready', 'connected', 'ended')", name="ck_visit_calls_state"
        ),
        sa.CheckConstraint(f"end_reason IN ({ends})", name="ck_visit_calls_end_reason"),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_visit_calls_network_id"),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_visit_calls_visit_id"),
        sa.ForeignKeyConstraint(["placed_by_id"], ["users.id"], name="fk_visit_calls_placed_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visit_calls"),
    )
    op.create_index("ix_visit_calls_visit_id", "visit_calls", ["visit_id"])
    op.create_index(
        "uq_visit_calls_live",
        "visit_calls",
        ["visit_id"],
        unique=True,
        postgresql_where=_LIVE,
        sqlite_where=_LIVE,
    )
    op.create_index(
        "ix_visit_calls_look_at",
        "visit_calls",
        ["look_at"],
        postgresql_where=_TO_LOOK_AT,
        sqlite_where=_TO_LOOK_AT,
    )
    op.create_table(
        "call_jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        _moment("created_at", nullable=False),
        _moment("due_at"),
        _moment("expires_at", nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("unknown_since"),
        sa.Column("sid", sa.String(length=64), nullable=True),
        sa.Column("other_sid", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.String(length=60), nullable=True),
        _moment("leased_until"),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'unknown', 'live', 'closing', 'done')", name="ck_call_jobs_state"
        ),
        sa.CheckConstraint("(state = 'done') = (due_at IS NULL)", name="ck_call_jobs_due"),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_call_jobs_network_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call_jobs"),
        sa.UniqueConstraint("sid", name="uq_call_jobs_sid"),
    )
    op.create_index(
        "ix_call_jobs_due", "call_jobs", ["due_at"], postgresql_where=_DUE, sqlite_where=_DUE
    )
    op.create_table(
        "bedside_phones",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("entered_by_id", sa.String(length=32), nullable=False),
        _moment("entered_at", nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name="fk_bedside_phones_network_id"
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["users.id"], name="fk_bedside_phones_entered_by_id"
        ),
        sa.PrimaryKeyConstraint("visit_id", name="pk_bedside_phones"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("bedside_phones")
    op.drop_table("call_jobs")
    op.drop_table("visit_calls")
