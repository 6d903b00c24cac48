"""Duty knows cells, languages and the own limit, and whose turn it is, so that regions can be searched."""

import h3
import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

RESOLUTION = 7
"""As it was when this was written; the product's own stands in `dispatch.cells`."""

_ON = sa.text("on_duty")
_INDEXES = {
    "ix_duty_cell": ["network_id", "cell"],
    "ix_duty_home_cell": ["network_id", "home_cell"],
    "ix_duty_limit": ["network_id", "travel_limit_m"],
    "ix_duty_turn": ["network_id", "turn_at", "peer_id"],
}


def upgrade() -> None:
    """Add the columns, and fill them for those who are on duty: everybody else's come with a duty."""
    op.add_column("duty", sa.Column("cell", sa.String(length=15), nullable=True))
    op.add_column("duty", sa.Column("home_cell", sa.String(length=15), nullable=True))
    op.add_column(
        "duty",
        sa.Column(
            "turn_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default="1970-01-01 00:00:00",
        ),
    )
    op.add_column("duty", sa.Column("languages", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("duty", sa.Column("travel_limit_m", sa.Integer(), nullable=True))
    bind = op.get_bind()
    bind.execute(
        sa.text(
            "UPDATE duty SET languages = (SELECT p.languages FROM peers p WHERE p.id = duty.peer_id),"
            " travel_limit_m = (SELECT p.travel_limit_m FROM peers p WHERE p.id = duty.peer_id)"
            " WHERE on_duty"
        )
    )
    rows = bind.execute(
        sa.text(
            "SELECT d.peer_id, d.latitude, d.longitude, p.home_latitude, p.home_longitude"
            " FROM duty d JOIN peers p ON p.id = d.peer_id WHERE d.on_duty"
        )
    ).all()
    for peer_id, *places in rows:
        cell, home = _cell(*places[:2]), _cell(*places[2:])
        bind.execute(
            sa.text("UPDATE duty SET cell = :cell, home_cell = :home WHERE peer_id = :peer"),
            {"cell": cell, "home": home, "peer": peer_id},
        )
    for name, columns in _INDEXES.items():
        op.create_index(name, "duty", columns, postgresql_where=_ON, sqlite_where=_ON)


def _cell(latitude: float | None, longitude: float | None) -> str | None:
    if latitude is None or longitude is None:
        return None
    found: str = h3.latlng_to_cell(latitude, longitude, RESOLUTION)
    return found


def downgrade() -> None:
    """Take them away."""
    for name in _INDEXES:
        op.drop_index(name, "duty")
    for column in ("travel_limit_m", "languages", "turn_at", "home_cell", "cell"):
        op.drop_column("duty", column)
