"""From a credential to the acting person, in one SELECT.

A signature says only that a token was issued once. Whether its session still counts, whether its
user is active and which role they have is read here on every request, so that a revocation or a
change of role counts at once.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from dispatch.access import Actor
from dispatch.models import Network, User
from dispatch.states import Role
from server.auth.tokens import fingerprint
from server.errors import Problem
from server.models import SessionKind, UserSession
from storage.database import Transaction

_session = UserSession.__table__.c
_user = User.__table__.c
# Built once, over tables: this statement runs for every request, and building it costs more than
# the database takes to answer it.
_ADMIT = (
    select(
        _session.id,
        _user.id,
        _user.name,
        _user.role,
        _user.network_id,
        Network.__table__.c.name,
        _user.site_id,
    )
    .select_from(
        UserSession.__table__.join(User.__table__, _user.id == _session.user_id).join(
            Network.__table__, Network.__table__.c.id == _user.network_id
        )
    )
    .where(
        _session.revoked_at.is_(None),
        _session.expires_at > bindparam("now"),
        _user.is_active,
    )
)
_BY_ID = _ADMIT.where(_session.id == bindparam("proof"))
_BY_COOKIE = _ADMIT.where(
    _session.cookie_hash == bindparam("proof"), _session.kind == SessionKind.COOKIE
)


@dataclass(frozen=True)
class Credential:
    """What a request proves itself with: the session of a valid access token, or a cookie."""

    session_id: str | None = None
    cookie: str | None = None


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
    if credential.cookie is not None:
        statement, proof = _BY_COOKIE, fingerprint(credential.cookie)
    else:
        statement, proof = _BY_ID, credential.session_id or ""
    row = tx.session.execute(statement, {"now": tx.now, "proof": proof}).one_or_none()
    if row is None:
        raise Problem("not_signed_in")
    return Caller(*row)
