"""Sessions as rows: sign-in, refresh with reuse detection, revocation.

Every function works inside the caller's transaction. A session is the family of its refresh tokens:
a token that is used twice was stolen by one of the two users, so the whole session ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, delete, select, update

from dispatch.models import User
from server.auth.tokens import fingerprint, new_secret
from server.models import RefreshToken, SessionKind, UserSession
from storage.database import Transaction
from storage.ids import new_id

BEARER_LIFE = timedelta(days=30)
"""How long a phone stays signed in at most, counted from its last refresh."""
COOKIE_LIFE = timedelta(hours=12)
KEPT_AFTER_END = timedelta(days=1)
"""Ended sessions stay this long, so that a late reuse of a token is still recognised."""


@dataclass(frozen=True)
class Opened:
    """A session and the secret that was handed out for it (refresh token or cookie)."""

    session_id: str
    user_id: str
    secret: str


class RefreshRefused(Exception):
    """The refresh token opens nothing. `was_reused`: its session has been revoked now."""

    def __init__(self, *, was_reused: bool) -> None:
        super().__init__("reused" if was_reused else "unknown, expired or revoked")
        self.was_reused = was_reused


def open_session(tx: Transaction, user_id: str, kind: SessionKind) -> Opened:
    """A new session of `user_id`; the caller has checked the password."""
    secret = new_secret()
    life = BEARER_LIFE if kind is SessionKind.BEARER else COOKIE_LIFE
    session = UserSession(
        id=new_id(),
        user_id=user_id,
        kind=kind,
        cookie_hash=fingerprint(secret) if kind is SessionKind.COOKIE else None,
        created_at=tx.now,
        expires_at=tx.now + life,
    )
    tx.session.add(session)
    tx.session.flush()
    if kind is SessionKind.BEARER:
        _issue_refresh(tx, session.id, secret)
    return Opened(session.id, user_id, secret)


def _issue_refresh(tx: Transaction, session_id: str, secret: str) -> None:
    tx.session.add(
        RefreshToken(
            id=new_id(),
            session_id=session_id,
            token_hash=fingerprint(secret),
            issued_at=tx.now,
        )
    )
    tx.session.flush()


def refresh(tx: Transaction, secret: str) -> Opened | RefreshRefused:
    """Use a refresh token up and issue the next one.

    The refusal is returned, not raised: the revocation that a reuse causes must be committed.
    """
    used = tx.session.execute(
        update(RefreshToken)
        .where(RefreshToken.token_hash == fingerprint(secret), RefreshToken.used_at.is_(None))
        .values(used_at=tx.now)
        .returning(RefreshToken.session_id)
    ).scalar()
    if used is None:
        return _refuse(tx, secret)
    user_id = tx.session.execute(
        update(UserSession)
        .where(
            UserSession.id == used,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > tx.now,
            UserSession.user_id.in_(select(User.id).where(User.is_active)),
        )
        .values(expires_at=tx.now + BEARER_LIFE)
        .returning(UserSession.user_id)
    ).scalar()
    if user_id is None:
        return RefreshRefused(was_reused=False)
    following = new_secret()
    _issue_refresh(tx, used, following)
    return Opened(used, user_id, following)


def _refuse(tx: Transaction, secret: str) -> RefreshRefused:
    """Tell an unknown token from one that was used before, and end the latter's session."""
    session_id = tx.session.scalar(
        select(RefreshToken.session_id).where(RefreshToken.token_hash == fingerprint(secret))
    )
    if session_id is None:
        return RefreshRefused(was_reused=False)
    revoke(tx, session_id, "refresh token reused")
    return RefreshRefused(was_reused=True)


def revoke(tx: Transaction, session_id: str, because: str) -> bool:
    """End one session now; False when it had ended before."""
    return _revoke(tx, UserSession.id == session_id, because) > 0


def revoke_user(tx: Transaction, user_id: str, because: str) -> int:
    """End every session of a user now (left, role changed, password changed); how many ended."""
    return _revoke(tx, UserSession.user_id == user_id, because)


def _revoke(tx: Transaction, which: Any, because: str) -> int:
    result = tx.session.execute(
        update(UserSession)
        .where(which, UserSession.revoked_at.is_(None))
        .values(revoked_at=tx.now, revoked_because=because)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def live_sessions(tx: Transaction, session_ids: Iterable[str]) -> set[str]:
    """Those of `session_ids` that still count: not revoked, not expired, their user active."""
    wanted = list(session_ids)
    if not wanted:
        return set()
    rows = tx.session.scalars(
        select(UserSession.id)
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.id.in_(wanted),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > tx.now,
            User.is_active,
        )
    )
    return set(rows)


def purge(tx: Transaction) -> int:
    """Delete sessions that ended more than `KEPT_AFTER_END` ago; how many. A chore."""
    past = tx.now - KEPT_AFTER_END
    result = tx.session.execute(
        delete(UserSession)
        .where((UserSession.expires_at < past) | (UserSession.revoked_at < past))
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
