"""From a credential to the acting person, in one SELECT.

A signature says only that a token was issued once. Whether its session still counts, whether its
user is active and which role they have is read here on every request, so that a revocation or a
change of role counts at once.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from dispatch.access import Actor
from dispatch.models import Network, User
from dispatch.states import Role
from server.auth.tokens import fingerprint
from server.errors import Problem
from server.models import SessionKind, UserSession
from storage.database import Transaction


@dataclass(frozen=True)
class Credential:
    """What a request proves itself with: the session of a valid access token, or a cookie."""

    session_id: str | None = None
    cookie: str | None = None

    def matches(self) -> ColumnElement[bool]:
        """The condition that picks the session."""
        if self.cookie is not None:
            return (UserSession.cookie_hash == fingerprint(self.cookie)) & (
                UserSession.kind == SessionKind.COOKIE
            )
        return UserSession.id == self.session_id


@dataclass(frozen=True)
class Caller:
    """Who is asking, as the rows say at this moment."""

    session_id: str
    user_id: str
    name: str
    role: Role
    network_id: str
    network_name: str
    site_id: str | None

    def as_actor(self) -> Actor:
        """The caller as dispatch knows them."""
        return Actor(self.user_id, self.network_id, self.role, self.name, self.site_id)

    @property
    def peer_id(self) -> str | None:
        """The peer's id, which is their user's; None for everybody else."""
        return self.user_id if self.role is Role.PEER else None


def authenticate(tx: Transaction, credential: Credential) -> Caller:
    """The caller behind `credential`, else a 401 `Problem`."""
    row = tx.session.execute(
        select(
            UserSession.id,
            User.id,
            User.name,
            User.role,
            User.network_id,
            Network.name,
            User.site_id,
        )
        .join(User, User.id == UserSession.user_id)
        .join(Network, Network.id == User.network_id)
        .where(
            credential.matches(),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > tx.now,
            User.is_active,
        )
    ).one_or_none()
    if row is None:
        raise Problem("not_signed_in")
    return Caller(*row)
