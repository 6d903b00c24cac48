"""PINs: five tries, then five minutes' rest for that name; a session that ends when it is quiet.

A try is counted before the PIN is looked at, in a transaction of its own, so that many guesses at
once are still five. The hash is checked between transactions, never inside one.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from dispatch import access
from dispatch.access import Actor
from dispatch.models import User
from dispatch.states import Role
from server import audit
from server.audit import Look
from server.auth import desks, passwords, sessions
from server.errors import Problem
from server.models import AuditWhat, DeskSession, Pin, SessionKind, UserSession
from storage.database import Database, Transaction

TRIES = 5
LOCK = timedelta(minutes=5)
QUIET_S = 120
"""After so many quiet seconds a desk's page signs out."""
_GRACE = timedelta(seconds=30)
"""A page that is gone cannot sign out; its session ends this much later by itself."""


def set_pin(tx: Transaction, user_id: str, pin_hash: str) -> None:
    """The user's PIN from now on; wrong tries before are forgotten."""
    tx.session.execute(delete(Pin).where(Pin.user_id == user_id))
    tx.session.add(Pin(user_id=user_id, pin_hash=pin_hash, failures=0, changed_at=tx.now))
    tx.session.flush()


def has_pin(tx: Transaction, user_ids: Iterable[str]) -> set[str]:
    """Those of these users who have a PIN."""
    return set(tx.session.scalars(select(Pin.user_id).where(Pin.user_id.in_(list(user_ids)))))


def reset(tx: Transaction, actor: Actor, user_id: str) -> None:
    """Take the PIN of a user of the actor's network away; their sessions at desks end at once.

    Nobody else ever knows a PIN: the person sets a new one with their password. Doing it again
    changes nothing and is no second line of the audit.
    """
    user = access.user(tx, actor, user_id)
    pin = tx.session.get(Pin, user.id)
    if pin is None:
        return
    tx.session.delete(pin)
    at_desks = select(DeskSession.session_id)
    tx.session.execute(
        update(UserSession)
        .where(
            UserSession.user_id == user.id,
            UserSession.id.in_(at_desks),
            UserSession.revoked_at.is_(None),
        )
        .values(revoked_at=tx.now, revoked_because="the PIN was reset")
        .execution_options(synchronize_session=False)
    )
    audit.note(tx, actor, Look(AuditWhat.PIN_RESET, user.name))


def sign_in(db: Database, *, desk_secret: str | None, user_id: str, pin: str) -> sessions.Opened:
    """A session at a desk. Raises `no_desk`, `bad_pin` with `tries_left`, or `pin_locked`.

    Who has no PIN, or is no staff of this site, is answered as a wrong PIN is.
    """
    with db.transaction() as tx:
        desk = desks.recognise(tx, desk_secret)
        known = _count_try(tx, user_id, desk.site_id)
    with passwords.lane():
        is_right = passwords.verify(known[0] if known else None, pin)
    if known is None or not is_right:
        raise Problem("bad_pin", tries_left=known[1] if known else TRIES - 1)
    with db.transaction() as tx:
        desk = desks.recognise(tx, desk_secret)
        is_still = select(Pin.user_id).where(Pin.user_id == user_id, Pin.pin_hash == known[0])
        if tx.session.scalar(is_still) is None or not _is_staff(tx, user_id, desk.site_id):
            raise Problem("bad_pin", tries_left=0)
        tx.session.execute(
            update(Pin).where(Pin.user_id == user_id).values(failures=0, locked_until=None)
        )
        opened = sessions.open_session(tx, user_id, SessionKind.COOKIE)
        tx.session.add(DeskSession(session_id=opened.session_id, desk_id=desk.id))
        tx.session.flush()
        stay(tx, opened.session_id)
        actor = Actor(user_id, desk.network_id, Role.STAFF, "", desk.site_id)
        audit.note(tx, actor, Look(AuditWhat.DESK_SIGNED_IN, desk.name))
    return opened


def _count_try(tx: Transaction, user_id: str, site_id: str) -> tuple[str, int] | None:
    """The hash to check and the tries left after this one; None when there is nothing to check.

    The row is held to the end of the transaction: tries at the same time queue here.
    """
    if not _is_staff(tx, user_id, site_id):
        return None
    row = tx.session.scalar(select(Pin).where(Pin.user_id == user_id).with_for_update())
    if row is None:
        return None
    if row.locked_until is not None:
        if row.locked_until > tx.now:
            wait = (row.locked_until - tx.now).total_seconds()
            raise Problem("pin_locked", retry_after_s=round(wait))
        row.locked_until, row.failures = None, 0
    row.failures += 1
    if row.failures >= TRIES:
        row.locked_until = tx.now + LOCK
    tx.session.flush()
    return row.pin_hash, TRIES - row.failures


def _is_staff(tx: Transaction, user_id: str, site_id: str) -> bool:
    found = tx.session.scalar(
        select(User.id).where(
            User.id == user_id, User.site_id == site_id, User.role == Role.STAFF, User.is_active
        )
    )
    return found is not None


def desk_of(tx: Transaction, session_id: str) -> str | None:
    """The desk a session was opened at; None for one that was opened with a password."""
    return tx.session.scalar(
        select(DeskSession.desk_id).where(DeskSession.session_id == session_id)
    )


def stay(tx: Transaction, session_id: str) -> datetime:
    """Somebody is there: a desk's session goes on for the quiet time. Returns when it ends."""
    until = tx.now + timedelta(seconds=QUIET_S) + _GRACE
    tx.session.execute(
        update(UserSession)
        .where(UserSession.id == session_id)
        .values(expires_at=until)
        .execution_options(synchronize_session=False)
    )
    return until
