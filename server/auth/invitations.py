"""Invitations as rows: a link with which a person sets their own password, once.

Only the hash of the link is kept. A new invitation of the same person replaces the one before, and
using it ends every session that the old password had opened. Functions work inside the caller's
transaction; hashing the password happens before it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from dispatch import access
from dispatch.access import Actor
from dispatch.errors import Forbidden, Invalid, not_found
from dispatch.models import User
from dispatch.states import Role
from server import audit
from server.audit import Look
from server.auth import sessions
from server.auth.tokens import fingerprint, new_secret
from server.models import AuditWhat, Invitation, SessionKind
from storage.database import Transaction

LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Made:
    """The secret part of a link, told once, and when it ends."""

    secret: str
    expires_at: datetime


def invite(tx: Transaction, actor: Actor, user_id: str) -> Made:
    """A link for a user of the actor's network.

    Raises `Forbidden` when a manager would invite an admin, `Invalid` for who may not sign in.
    """
    user = access.user(tx, actor, user_id)
    if user.role is Role.ADMIN and actor.role is not Role.ADMIN:
        raise Forbidden("Only an admin keeps admins.")
    if not user.is_active:
        raise Invalid("This person is switched off.", field="user_id")
    tx.session.execute(delete(Invitation).where(Invitation.user_id == user.id))
    made = Made(new_secret(), tx.now + LIFE)
    tx.session.add(
        Invitation(
            user_id=user.id,
            link_hash=fingerprint(made.secret),
            created_by_id=actor.id,
            created_at=tx.now,
            expires_at=made.expires_at,
        )
    )
    audit.note(tx, actor, Look(AuditWhat.INVITED, user.name))
    return made


def invited(tx: Transaction, secret: str) -> User:
    """Whom this link is for, else `NotFound`: unknown, used, replaced, old, or switched off."""
    user = tx.session.scalar(
        select(User)
        .join(Invitation, Invitation.user_id == User.id)
        .where(
            Invitation.link_hash == fingerprint(secret),
            Invitation.expires_at > tx.now,
            User.is_active,
        )
    )
    if user is None:
        raise not_found("invitation")
    return user


def welcome(tx: Transaction, secret: str, password_hash: str) -> sessions.Opened:
    """Use the link up: the password is set, old sessions end, and the person is signed in."""
    user = invited(tx, secret)
    used = tx.session.scalar(
        delete(Invitation)
        .where(Invitation.link_hash == fingerprint(secret))
        .returning(Invitation.user_id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        # Somebody else was quicker with the same link.
        raise not_found("invitation")
    user.password_hash = password_hash
    sessions.revoke_user(tx, user.id, "password set by invitation")
    actor = Actor(user.id, user.network_id, user.role, user.name, user.site_id)
    audit.note(tx, actor, Look(AuditWhat.WELCOMED, user.name))
    return sessions.open_session(tx, user.id, SessionKind.COOKIE)


def waiting(tx: Transaction, user_ids: list[str]) -> dict[str, datetime]:
    """Until when the links of these people work, for those who have one that still does."""
    rows = tx.session.execute(
        select(Invitation.user_id, Invitation.expires_at).where(
            Invitation.user_id.in_(user_ids), Invitation.expires_at > tx.now
        )
    )
    return {row.user_id: row.expires_at for row in rows}


def role_of(tx: Transaction, user_id: str) -> Role:
    """The role of somebody who was just welcomed: it says where they live."""
    return tx.session.get_one(User, user_id).role
