"""Desks as rows: a device that belongs to a site, and how it comes to be one.

A desk is made with a link that works once; the device that opens it keeps a secret in a cookie.
Every function works inside the caller's transaction. It knows no PIN.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from dispatch import access
from dispatch.access import Actor
from dispatch.errors import not_found
from dispatch.models import Site, User
from dispatch.states import Role
from server.auth.tokens import fingerprint, new_secret
from server.errors import Problem
from server.models import Desk, DeskSession, UserSession
from storage.database import Transaction
from storage.ids import new_id

DESK_LIFE = timedelta(days=400)
"""As long as browsers keep a cookie."""
LINK_LIFE = timedelta(minutes=30)


@dataclass(frozen=True)
class Made:
    """A desk and the secret that was handed out for it: of its link, or of its cookie."""

    desk: Desk
    secret: str


def make(tx: Transaction, actor: Actor, site_id: str, name: str) -> Made:
    """A desk of a site the actor sees, with a link that makes one device this desk."""
    site = access.site(tx, actor, site_id)
    secret = new_secret()
    desk = Desk(
        id=new_id(),
        network_id=site.network_id,
        site_id=site.id,
        name=name,
        link_hash=fingerprint(secret),
        link_expires_at=tx.now + LINK_LIFE,
        created_by_id=actor.id,
        created_at=tx.now,
    )
    tx.session.add(desk)
    tx.session.flush()
    return Made(desk, secret)


def by_link(tx: Transaction, token: str) -> Desk:
    """The desk whose unused link has this token, else `NotFound`."""
    desk = tx.session.scalar(
        select(Desk).where(
            Desk.link_hash == fingerprint(token),
            Desk.link_expires_at > tx.now,
            Desk.revoked_at.is_(None),
        )
    )
    if desk is None:
        raise not_found("desk")
    return desk


def claim(tx: Transaction, token: str) -> Made:
    """Use a link up: who called is this desk from now on. `NotFound` when it is used or old."""
    secret = new_secret()
    desk_id = tx.session.scalar(
        update(Desk)
        .where(
            Desk.link_hash == fingerprint(token),
            Desk.link_expires_at > tx.now,
            Desk.revoked_at.is_(None),
        )
        .values(
            link_hash=None,
            link_expires_at=None,
            cookie_hash=fingerprint(secret),
            claimed_at=tx.now,
        )
        .returning(Desk.id)
        .execution_options(synchronize_session=False)
    )
    if desk_id is None:
        raise not_found("desk")
    return Made(tx.session.get_one(Desk, desk_id, populate_existing=True), secret)


def recognise(tx: Transaction, secret: str | None) -> Desk:
    """The desk whose cookie this is, else a 401 `Problem`."""
    desk = None
    if secret:
        desk = tx.session.scalar(
            select(Desk)
            .join(Site, Site.id == Desk.site_id)
            .where(
                Desk.cookie_hash == fingerprint(secret), Desk.revoked_at.is_(None), Site.is_active
            )
        )
    if desk is None:
        raise Problem("no_desk")
    return desk


def staff_of(tx: Transaction, desk: Desk) -> list[User]:
    """The active staff of the desk's site, by name."""
    return list(
        tx.session.scalars(
            select(User)
            .where(User.site_id == desk.site_id, User.role == Role.STAFF, User.is_active)
            .order_by(User.name, User.id)
        )
    )


def listed(tx: Transaction, actor: Actor) -> list[Desk]:
    """The desks an actor keeps: staff those of their site, others those of their network."""
    rows = select(Desk).where(Desk.network_id == actor.network_id, Desk.revoked_at.is_(None))
    if actor.role is Role.STAFF:
        rows = rows.where(Desk.site_id == actor.site_id)
    return list(tx.session.scalars(rows.order_by(Desk.created_at.desc(), Desk.id)))


def revoke(tx: Transaction, actor: Actor, desk_id: str) -> None:
    """This device is no desk any more, and who is signed in there is out. `NotFound` for others'."""
    desk = next((one for one in listed(tx, actor) if one.id == desk_id), None)
    if desk is None:
        raise not_found("desk")
    desk.revoked_at = tx.now
    desk.cookie_hash = desk.link_hash = None
    at_desk = select(DeskSession.session_id).where(DeskSession.desk_id == desk.id)
    tx.session.execute(
        update(UserSession)
        .where(UserSession.id.in_(at_desk), UserSession.revoked_at.is_(None))
        .values(revoked_at=tx.now, revoked_because="the desk was revoked")
        .execution_options(synchronize_session=False)
    )
    tx.session.flush()
