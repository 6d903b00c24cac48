"""An expected arrival has a range, a phone can be seen at the entrance, a way has a length."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_VISITS = (
    ("eta_from_at", sa.DateTime(timezone=True)),
    ("eta_until_at", sa.DateTime(timezone=True)),
    ("promised_from_at", sa.DateTime(timezone=True)),
    ("promised_until_at", sa.DateTime(timezone=True)),
    ("near_at", sa.DateTime(timezone=True)),
    ("way_m", sa.Integer()),
    ("way_routed_s", sa.Integer()),
)
_OFFERS = ("travel_from_s", "travel_until_s")


def upgrade() -> None:
    """Nothing of it is known of what has been."""
    for name, kind in _VISITS:
        op.add_column("visits", sa.Column(name, kind, nullable=True))
    for name in _OFFERS:
        op.add_column("offers", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    """It is forgotten."""
    for name in reversed(_OFFERS):
        op.drop_column("offers", name)
    for name, _ in reversed(_VISITS):
        op.drop_column("visits", name)
