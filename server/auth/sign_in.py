"""E-mail and password in, session out.

The password is checked before any transaction is opened, and an unknown e-mail takes as long as a
wrong password. Who asks learns nothing else: both are `bad_credentials`.
"""

from sqlalchemy import select

from dispatch.models import User
from server.auth import passwords
from server.auth.limits import LoginLimits
from server.auth.sessions import Opened, open_session
from server.errors import Problem
from server.models import SessionKind
from storage.database import Database, Transaction


def normalise_email(email: str) -> str:
    """The form in which e-mail addresses are stored and compared."""
    return email.strip().lower()


def check_password(
    db: Database, limits: LoginLimits, *, email: str, password: str, address: str
) -> str:
    """The id of the active user with this e-mail and password.

    Raises `bad_credentials`, or `too_many_attempts` before anything is looked up or hashed.
    """
    email = normalise_email(email)
    limits.check(address, email)
    with db.read() as tx:
        known = tx.session.execute(
            select(User.id, User.password_hash).where(User.email == email, User.is_active)
        ).one_or_none()
    with passwords.lane():
        limits.check(address, email)
        if passwords.verify(known.password_hash if known else None, password) and known:
            return str(known.id)
        limits.count_failure(address, email)
    raise Problem("bad_credentials")


def open_for(tx: Transaction, user_id: str, kind: SessionKind) -> Opened:
    """A session for a user whose password was just checked, if they are active still."""
    if tx.session.scalar(select(User.id).where(User.id == user_id, User.is_active)) is None:
        raise Problem("bad_credentials")
    return open_session(tx, user_id, kind)
