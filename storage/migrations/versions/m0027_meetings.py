"""A call in another service's room: as whom each side is inside, and whether somebody records."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Calls so far were from browser to browser."""
    op.add_column("room_seats", sa.Column("inside_sid", sa.String(length=64), nullable=True))
    op.add_column("rooms", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("rooms", "recorded_at")
    op.drop_column("room_seats", "inside_sid")
