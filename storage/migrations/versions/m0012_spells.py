"""When each peer was available.

Who is on duty now begins now: their earlier hours are known, those of everybody else are not, and a
past that some are missing from would be taken for one in which they were not there.
"""

import sqlalchemy as sa
from alembic import op

from storage.clock import SystemClock
from storage.ids import new_id

revision = "0012"
down_revision = "0011"

_STANDS = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Create the table, and begin it with the duties that stand."""
    spells = op.create_table(
        "duty_spells",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("modalities", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_duty_spells_network_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_duty_spells_peer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty_spells"),
    )
    op.create_index(
        "uq_duty_spells_standing",
        "duty_spells",
        ["peer_id"],
        unique=True,
        postgresql_where=_STANDS,
        sqlite_where=_STANDS,
    )
    op.create_index("ix_duty_spells_ended", "duty_spells", ["network_id", "ended_at"])
    moment = sa.DateTime(timezone=True)
    duties = sa.table(
        "duty",
        sa.column("peer_id", sa.String),
        sa.column("network_id", sa.String),
        sa.column("on_duty", sa.Boolean),
        sa.column("until", moment),
        sa.column("modalities", sa.JSON),
    )
    peers = sa.table("peers", sa.column("id", sa.String), sa.column("is_muted", sa.Boolean))
    standing = op.get_bind().execute(
        sa.select(
            duties.c.network_id,
            duties.c.peer_id,
            duties.c.until,
            duties.c.modalities,
        )
        .join(peers, peers.c.id == duties.c.peer_id)
        .where(duties.c.on_duty, peers.c.is_muted.is_(False))
    )
    began_at = SystemClock().now()
    rows = [{"id": new_id(), "began_at": began_at, **row} for row in standing.mappings()]
    if rows:
        op.bulk_insert(spells, rows)


def downgrade() -> None:
    """Drop it; the past of duties is lost."""
    op.drop_table("duty_spells")
