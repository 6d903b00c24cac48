"""Messages within a visit: the thread with what each side has read, and what was said."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_PARTIES = "party IN ('staff', 'person')"
_VOICES = "voice IN ('peer', 'staff', 'guest')"
_ONE = "(word IS NULL) <> (text IS NULL)"


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "talk_threads",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=6), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("read_peer", sa.Integer(), nullable=False),
        sa.Column("read_other", sa.Integer(), nullable=False),
        sa.Column("unread_peer", sa.Integer(), nullable=False),
        sa.Column("unread_other", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_PARTIES, name="ck_talk_threads_party"),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_talk_threads_visit_id"),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_talk_threads_network_id"),
        sa.PrimaryKeyConstraint("visit_id", "party", name="pk_talk_threads"),
    )
    op.create_index("ix_talk_threads_erase_at", "talk_threads", ["erase_at"])
    op.create_table(
        "talk_messages",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=6), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("voice", sa.String(length=5), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=True),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("word", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_PARTIES, name="ck_talk_messages_party"),
        sa.CheckConstraint(_VOICES, name="ck_talk_messages_voice"),
        sa.CheckConstraint(_ONE, name="ck_talk_messages_one_of_both"),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_talk_messages_visit_id"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_talk_messages_author_id"),
        sa.PrimaryKeyConstraint("visit_id", "party", "seq", name="pk_talk_messages"),
        sa.UniqueConstraint(
            "visit_id", "party", "voice", "client_id", name="uq_talk_messages_once"
        ),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("talk_messages")
    op.drop_table("talk_threads")
