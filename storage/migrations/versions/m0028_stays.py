"""Who handed over can stay until the next one is there."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_BEFORE = ("accepted", "en_route", "arrived", "in_session", "completed", "withdrawn")
_AFTER = ("handed_over", "cancelled")
_LIVE = "state IN ('accepted', 'arrived', 'en_route', 'in_session')"
_BUSY = "state IN ('accepted', 'arrived', 'en_route', 'in_session', 'staying')"
_STAYS = sa.text("state = 'staying'")
_TIMES = ("stay_since", "stay_asked_at", "stay_ends_at")


def _states(*more: str) -> None:
    values = ", ".join(f"'{one}'" for one in (*_BEFORE, *more, *_AFTER))
    with op.batch_alter_table("visits") as batch:
        batch.drop_constraint("ck_visits_state", type_="check")
        batch.create_check_constraint("ck_visits_state", f"state IN ({values})")


def _one_a_peer(where: str) -> None:
    op.drop_index("uq_visits_live_peer", "visits")
    op.create_index(
        "uq_visits_live_peer",
        "visits",
        ["peer_id"],
        unique=True,
        postgresql_where=sa.text(where),
        sqlite_where=sa.text(where),
    )


def upgrade() -> None:
    """Nobody stays yet."""
    for name in _TIMES:
        op.add_column("visits", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "support_requests",
        sa.Column("is_stayed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    _states("staying")
    _one_a_peer(_BUSY)
    op.create_index(
        "uq_visits_staying",
        "visits",
        ["request_id"],
        unique=True,
        postgresql_where=_STAYS,
        sqlite_where=_STAYS,
    )


def downgrade() -> None:
    """Who stays has handed over."""
    op.execute(
        "UPDATE visits SET state = 'handed_over', end_reason = 'downgrade', ended_at = stay_since"
        " WHERE state = 'staying'"
    )
    op.drop_index("uq_visits_staying", "visits")
    _one_a_peer(_LIVE)
    _states()
    op.drop_column("support_requests", "is_stayed")
    for name in _TIMES:
        op.drop_column("visits", name)
