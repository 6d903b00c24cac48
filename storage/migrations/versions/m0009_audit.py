"""The audit holds one thing more: a manager took a PIN away."""

from alembic import op

revision = "0009"
down_revision = "0008"

_BEFORE = (
    "('case_viewed', 'closed_case_viewed', 'cases_listed', 'exported',"
    " 'desk_signed_in', 'invited', 'welcomed')"
)
_SINCE = _BEFORE.replace(")", ", 'pin_reset')")


def _check(kinds: str) -> None:
    with op.batch_alter_table("audit") as batch:
        batch.drop_constraint("ck_audit_what", type_="check")
        batch.create_check_constraint("ck_audit_what", f"what IN {kinds}")


def upgrade() -> None:
    """Let the table hold it."""
    _check(_SINCE)


def downgrade() -> None:
    """The schema below has no word for it: those lines are lost."""
    op.execute("DELETE FROM audit WHERE what = 'pin_reset'")
    _check(_BEFORE)
