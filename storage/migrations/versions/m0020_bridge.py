"""A second visit beside the first: by video, until who is on the way arrives."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_VISIT_LIVES = sa.text("state IN ('accepted', 'arrived', 'en_route', 'in_session')")
_OFFER_LIVED = sa.text("state IN ('open', 'accepted', 'declined')")
_OFFER_LIVES = sa.text(
    "state IN ('open', 'declined') OR (state = 'accepted' AND is_bridge IS FALSE)"
)
_OFF = sa.false()


def _unique(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.drop_index(name, table)
    op.create_index(name, table, columns, unique=True, postgresql_where=where, sqlite_where=where)


def upgrade() -> None:
    """Nobody bridges yet."""
    op.add_column(
        "visits", sa.Column("is_bridge", sa.Boolean(), nullable=False, server_default=_OFF)
    )
    op.add_column(
        "offers", sa.Column("is_bridge", sa.Boolean(), nullable=False, server_default=_OFF)
    )
    op.add_column("offers", sa.Column("until_about", sa.DateTime(timezone=True), nullable=True))
    for column in (
        sa.Column("bridge_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bridge_asked", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("bridge_wave", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("bridge_is_over", sa.Boolean(), nullable=False, server_default=_OFF),
    ):
        op.add_column("support_requests", column)
    _unique("uq_visits_live_request", "visits", ["request_id", "is_bridge"], _VISIT_LIVES)
    _unique("uq_offers_live", "offers", ["request_id", "peer_id"], _OFFER_LIVES)


def downgrade() -> None:
    """Bridges under way end: the schema below has one visit a request."""
    op.execute(
        "UPDATE visits SET state = 'cancelled', end_reason = 'downgrade', ended_at = accepted_at"
        " WHERE is_bridge AND state IN ('accepted', 'in_session')"
    )
    op.execute("UPDATE offers SET state = 'withdrawn', closed_at = asked_at WHERE is_bridge")
    _unique("uq_visits_live_request", "visits", ["request_id"], _VISIT_LIVES)
    _unique("uq_offers_live", "offers", ["request_id", "peer_id"], _OFFER_LIVED)
    for column in ("bridge_since", "bridge_asked", "bridge_wave", "bridge_is_over"):
        op.drop_column("support_requests", column)
    op.drop_column("offers", "until_about")
    op.drop_column("offers", "is_bridge")
    op.drop_column("visits", "is_bridge")
