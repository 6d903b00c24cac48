"""The link with which a bedside screen comes into the room of one visit, without any sign-in.

It opens once: the browser that opens it keeps a secret in a cookie, and whoever comes later is
refused. Unknown, old, used, revoked, over: one answer for all of them, found by the same statements.
Every function works inside the caller's transaction; secrets are stored as fingerprints only.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Select, String, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dispatch import access
from dispatch.access import Actor
from dispatch.actions import rooms
from dispatch.models import SupportRequest, Visit
from dispatch.policy import parse
from dispatch.rooms import ROOMED
from dispatch.states import BUSY_VISIT, FINAL
from server.auth.tokens import fingerprint, new_secret
from storage.base import Base, Id
from storage.database import Transaction
from storage.ids import new_id

COOKIE = "alongside_guest"
KEPT = timedelta(days=30)
"""How long it is known who made a link, and when it was opened."""
COOKIE_LIFE_S = 24 * 3600
"""The cookie is worth nothing once its visit is over, which is sooner."""


class GuestLink(Base):
    """One link for one visit; a new one ends those before it."""

    __tablename__ = "guest_links"

    id: Mapped[Id] = mapped_column(primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"), index=True)
    link_hash: Mapped[str] = mapped_column(String(64), unique=True)
    cookie_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the browser that opened it."""
    created_by_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """Until when it can be opened; who has opened it stays."""
    opened_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Guest:
    """Who stands behind a guest's cookie: nobody's name, one request from visit to visit."""

    link_id: str
    request_id: str
    network_id: str


@dataclass(frozen=True)
class Made:
    """A link and the secret in it, which is shown this once."""

    link: GuestLink
    secret: str


def make(tx: Transaction, actor: Actor, visit_id: str) -> Made:
    """A link for a live visit with a room that the actor sees; those before it are worth nothing now."""
    visit = access.visit(tx, actor, visit_id)
    request = access.locked_request(tx, visit.request_id)
    tx.session.refresh(visit)
    rooms.check(visit)
    _revoke(tx, visit.request_id)
    secret = new_secret()
    link = GuestLink(
        id=new_id(),
        network_id=visit.network_id,
        visit_id=visit.id,
        link_hash=fingerprint(secret),
        created_by_id=actor.id,
        created_at=tx.now,
        expires_at=tx.now + timedelta(seconds=parse(request.policy).guest_link_s),
    )
    tx.session.add(link)
    tx.session.flush()
    return Made(link, secret)


def revoke(tx: Transaction, actor: Actor, visit_id: str) -> None:
    """The bedside screen of this visit is out within seconds, and its link opens nothing."""
    visit = access.visit(tx, actor, visit_id)
    access.locked_request(tx, visit.request_id)
    _revoke(tx, visit.request_id)


def can_be_opened(tx: Transaction, token: str) -> bool:
    """Whether a first opening of this link would succeed now."""
    found = select(GuestLink.id).where(*_unopened(tx, token))
    return tx.session.scalar(found) is not None


def claim(tx: Transaction, token: str) -> Made | None:
    """Open a link for the first time; its new cookie. None for every link that opens nothing."""
    secret = new_secret()
    link_id = tx.session.scalar(
        update(GuestLink)
        .where(*_unopened(tx, token))
        .values(cookie_hash=fingerprint(secret), opened_at=tx.now)
        .returning(GuestLink.id)
        .execution_options(synchronize_session=False)
    )
    if link_id is None:
        return None
    return Made(tx.session.get_one(GuestLink, link_id, populate_existing=True), secret)


def recognise(tx: Transaction, cookie: str | None, token: str | None = None) -> Guest | None:
    """Whose cookie this is, while its request is open; with `token`, only by the link it came from.

    The screen follows the request's visits, one after the other, and no other request's.
    """
    wanted = [
        GuestLink.cookie_hash == fingerprint(cookie or ""),
        GuestLink.revoked_at.is_(None),
        GuestLink.visit_id.in_(_visits_of_open_requests()),
    ]
    if token is not None:
        wanted.append(GuestLink.link_hash == fingerprint(token))
    link = tx.session.scalar(select(GuestLink).where(*wanted))
    return None if link is None else guest_of(tx, link)


def guest_of(tx: Transaction, link: GuestLink) -> Guest:
    """Who opened this link."""
    visit = tx.session.get_one(Visit, link.visit_id)
    return Guest(link.id, visit.request_id, link.network_id)


def purge(tx: Transaction) -> None:
    """Delete links that were made `KEPT` ago. A chore."""
    tx.session.execute(
        delete(GuestLink)
        .where(GuestLink.created_at < tx.now - KEPT)
        .execution_options(synchronize_session=False)
    )


def standing(tx: Transaction, link_ids: list[str]) -> set[str]:
    """Those of these links whose browser may stay."""
    return set(
        tx.session.scalars(
            select(GuestLink.id).where(
                GuestLink.id.in_(link_ids),
                GuestLink.revoked_at.is_(None),
                GuestLink.visit_id.in_(_visits_of_open_requests()),
            )
        )
    )


def with_screen(tx: Transaction, request_ids: Collection[str]) -> list[str]:
    """Those of these requests that a bedside screen may follow, in the order of their ids."""
    return list(
        tx.session.scalars(
            select(Visit.request_id)
            .join(GuestLink, GuestLink.visit_id == Visit.id)
            .where(
                Visit.request_id.in_(request_ids),
                GuestLink.opened_at.is_not(None),
                GuestLink.revoked_at.is_(None),
            )
            .distinct()
            .order_by(Visit.request_id)
        )
    )


def newest(tx: Transaction, visit_id: str) -> GuestLink | None:
    """The link that counts now for a visit: its own, or the one that a screen followed here."""
    same = select(Visit.request_id).where(Visit.id == visit_id).scalar_subquery()
    return tx.session.scalar(
        select(GuestLink)
        .join(Visit, Visit.id == GuestLink.visit_id)
        .where(
            Visit.request_id == same,
            or_(GuestLink.visit_id == visit_id, GuestLink.opened_at.is_not(None)),
            GuestLink.revoked_at.is_(None),
        )
        .order_by(GuestLink.created_at.desc())
        .limit(1)
    )


def _unopened(tx: Transaction, token: str) -> tuple[ColumnElement[bool], ...]:
    return (
        GuestLink.link_hash == fingerprint(token),
        GuestLink.cookie_hash.is_(None),
        GuestLink.revoked_at.is_(None),
        GuestLink.expires_at > tx.now,
        GuestLink.visit_id.in_(_open_visits()),
    )


def _open_visits() -> Select[str]:
    return select(Visit.id).where(
        Visit.state.in_(sorted(BUSY_VISIT)), Visit.modality.in_(sorted(ROOMED))
    )


def _visits_of_open_requests() -> Select[str]:
    return (
        select(Visit.id)
        .join(SupportRequest, SupportRequest.id == Visit.request_id)
        .where(SupportRequest.state.not_in(sorted(FINAL)))
    )


def _revoke(tx: Transaction, request_id: str) -> None:
    """One bedside screen a request."""
    visits = select(Visit.id).where(Visit.request_id == request_id)
    tx.session.execute(
        update(GuestLink)
        .where(GuestLink.visit_id.in_(visits), GuestLink.revoked_at.is_(None))
        .values(revoked_at=tx.now)
        .execution_options(synchronize_session=False)
    )
