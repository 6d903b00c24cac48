"""Sites, users, peers with their certificates and badges, and the policy: what managers keep.

A change that takes a right away (a badge, a certificate, an account) is followed by a look at every
search it may concern, in which the engine ends the offers that lost their ground.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select
from sqlalchemy.orm import selectinload

from dispatch import access, journal, queries, shapes, spells
from dispatch.access import Actor
from dispatch.actions.duty import end_stale, profile_changed, wake_searches
from dispatch.errors import Conflict, Forbidden, Invalid
from dispatch.events import ENGINE, FactType
from dispatch.models import (
    Badge,
    Certificate,
    DoNotPair,
    Duty,
    Network,
    Peer,
    Site,
    SupportRequest,
    User,
)
from dispatch.policy import Policy, parse
from dispatch.states import LOOKING, Role
from storage.database import Transaction
from storage.ids import new_id


@dataclass(frozen=True)
class Permission:
    """A certificate (by name) or a badge (by site), and when it ends."""

    subject: str
    expires_at: datetime


@dataclass(frozen=True)
class Profile:
    """What a peer's profile holds. None leaves a part as it is when a profile is changed."""

    modalities: list[str] | None = None
    languages: list[str] | None = None
    focus: list[str] | None = None
    home_latitude: float | None = None
    home_longitude: float | None = None
    travel_limit_m: int | None = None
    open_offer_limit: int | None = None
    is_muted: bool | None = None
    certificates: list[Permission] | None = None
    badges: list[Permission] | None = None
    do_not_pair: list[str] | None = None


@dataclass(frozen=True)
class NewUser:
    """A person to be given a sign-in. The password is already hashed."""

    email: str
    name: str
    role: Role
    password_hash: str | None = None
    site_id: str | None = None
    locale: str = "en"
    is_on_call: bool = False
    profile: Profile = field(default_factory=Profile)


def create_site(tx: Transaction, actor: Actor, values: Mapping[str, Any]) -> Site:
    """A new site of the actor's network. Raises `Invalid` for an unknown time zone or a taken name."""
    _check_site(tx, actor, values, None)
    row = Site(id=new_id(), network_id=actor.network_id, created_at=tx.now, **values)
    tx.session.add(row)
    tx.session.flush()
    return row


def update_site(tx: Transaction, actor: Actor, site_id: str, values: Mapping[str, Any]) -> Site:
    """Change a site. Requests under way keep the policy they were made under."""
    row = access.site(tx, actor, site_id)
    _check_site(tx, actor, values, site_id)
    for name, value in values.items():
        setattr(row, name, value)
    tx.session.flush()
    return row


def _check_site(
    tx: Transaction, actor: Actor, values: Mapping[str, Any], site_id: str | None
) -> None:
    zone = values.get("time_zone")
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Invalid("There is no such time zone.", field="time_zone") from error
    if values.get("policy"):
        network = tx.session.get_one(Network, actor.network_id)
        parse(network.policy, values["policy"])
    name = values.get("name")
    if name is not None:
        same = select(Site.id).where(Site.network_id == actor.network_id, Site.name == name)
        if tx.session.scalars(same).first() not in (None, site_id):
            raise Invalid("A site of this name exists.", field="name")


def create_user(tx: Transaction, actor: Actor, new: NewUser) -> User:
    """A new user of the actor's network; for a peer with the profile that goes with it.

    Raises `Invalid` when the e-mail address is taken (by whomever) or staff have no site,
    `Forbidden` when a manager would make an admin.
    """
    _may_grant(actor, new.role)
    email = new.email.strip().lower()
    if tx.session.scalars(select(User.id).where(User.email == email)).first() is not None:
        raise Invalid("This e-mail address cannot be used.", field="email")
    if new.site_id is not None:
        access.site(tx, actor, new.site_id)
    if new.role is Role.STAFF and new.site_id is None:
        raise Invalid("Staff belong to a site.", field="site_id")
    user = User(
        id=new_id(),
        network_id=actor.network_id,
        email=email,
        name=new.name,
        role=new.role,
        site_id=new.site_id,
        locale=new.locale,
        password_hash=new.password_hash,
        is_active=True,
        is_on_call=new.is_on_call,
        created_at=tx.now,
    )
    tx.session.add(user)
    tx.session.flush()
    if new.role is Role.PEER:
        tx.session.add(
            Peer(
                id=user.id,
                network_id=actor.network_id,
                modalities=[],
                languages=[],
                focus=[],
                open_offer_limit=1,
                is_muted=False,
                is_reachable=True,
            )
        )
        tx.session.flush()
        tx.session.add(
            Duty(peer_id=user.id, network_id=actor.network_id, on_duty=False, modalities=[])
        )
        tx.session.flush()
        update_peer(tx, actor, user.id, new.profile)
    return user


def update_user(tx: Transaction, actor: Actor, user_id: str, values: Mapping[str, Any]) -> User:
    """Change a user's name, site, locale, password, on-call or activity. A role never changes.

    Who is made inactive is off duty at once. Raises `Conflict` (`in_use`) for one's own account.
    """
    row = access.user(tx, actor, user_id)
    _may_grant(actor, row.role)
    if values.get("is_active") is False and row.id == actor.id:
        raise Conflict("You cannot switch off your own account.", code="in_use")
    if values.get("site_id") is not None:
        access.site(tx, actor, values["site_id"])
    for name, value in values.items():
        setattr(row, name, value)
    tx.session.flush()
    if values.get("is_active") is False:
        _hand_over_requests(tx, row)
    if values.get("is_active") is False and row.role is Role.PEER:
        duty = tx.session.get(Duty, row.id, with_for_update=True)
        if duty is not None:
            end_stale(tx, duty)
        wake_searches(tx, actor.network_id)
    return row


def _hand_over_requests(tx: Transaction, leaving: User) -> None:
    """Somebody always holds a request: what the leaving user owned goes to the next manager.

    The requests are held in the order of their ids.
    """
    owned = tx.session.scalars(
        select(SupportRequest.id)
        .where(SupportRequest.owner_id == leaving.id, SupportRequest.state.in_(sorted(LOOKING)))
        .order_by(SupportRequest.id)
    ).all()
    for request_id in owned:
        request = access.locked_request(tx, request_id)
        holder = queries.holder(tx, leaving.network_id)
        request.owner_id = holder.id if holder is not None else None
        shown = shapes.owner(request, holder, None)
        journal.append(tx, request, FactType.OWNER_CHANGED, ENGINE, {"owner": shown})


def _may_grant(actor: Actor, role: Role) -> None:
    if role is Role.ADMIN and actor.role is not Role.ADMIN:
        raise Forbidden("Only an admin keeps admins.")


_ON_DUTY_TOO = ("languages", "home_latitude", "home_longitude", "travel_limit_m")


def update_peer(tx: Transaction, actor: Actor, peer_id: str, profile: Profile) -> Peer:
    """Change the parts of a peer's profile that are given; lists replace the ones before."""
    peer = access.peer(tx, actor, peer_id)
    plain = (
        "modalities",
        "languages",
        "focus",
        "home_latitude",
        "home_longitude",
        "travel_limit_m",
        "open_offer_limit",
        "is_muted",
    )
    for name in plain:
        value = getattr(profile, name)
        if value is not None:
            setattr(peer, name, value)
    tx.session.flush()
    if any(getattr(profile, name) is not None for name in _ON_DUTY_TOO):
        profile_changed(tx, peer)
    if profile.is_muted is not None:
        duty = tx.session.get(Duty, peer.id, with_for_update=True)
        if duty is not None:
            spells.keep(tx, duty, is_muted=peer.is_muted)
    if profile.certificates is not None:
        tx.session.execute(delete(Certificate).where(Certificate.peer_id == peer.id))
        tx.session.add_all(
            Certificate(
                id=new_id(),
                peer_id=peer.id,
                name=one.subject,
                issued_at=tx.now,
                expires_at=one.expires_at,
            )
            for one in profile.certificates
        )
    if profile.badges is not None:
        _replace_badges(tx, actor, peer, profile.badges)
    if profile.do_not_pair is not None:
        tx.session.execute(delete(DoNotPair).where(DoNotPair.peer_id == peer.id))
        sites = [access.site(tx, actor, site_id) for site_id in set(profile.do_not_pair)]
        tx.session.add_all(
            DoNotPair(peer_id=peer.id, site_id=site.id, created_at=tx.now) for site in sites
        )
    tx.session.flush()
    wake_searches(tx, actor.network_id)
    return peer


def _replace_badges(
    tx: Transaction, actor: Actor, peer: Peer, badges: Iterable[Permission]
) -> None:
    by_site = {one.subject: one for one in badges}
    sites = [access.site(tx, actor, site_id) for site_id in by_site]
    tx.session.execute(delete(Badge).where(Badge.peer_id == peer.id))
    tx.session.add_all(
        Badge(
            id=new_id(),
            peer_id=peer.id,
            site_id=site.id,
            expires_at=by_site[site.id].expires_at,
        )
        for site in sites
    )


def load_peer(tx: Transaction, actor: Actor, peer_id: str) -> Peer:
    """A peer with user, certificates and badges loaded, for the shape of a profile."""
    access.peer(tx, actor, peer_id)
    return tx.session.scalars(
        select(Peer)
        .where(Peer.id == peer_id)
        .options(
            selectinload(Peer.user), selectinload(Peer.certificates), selectinload(Peer.badges)
        ),
        execution_options={"populate_existing": True},
    ).one()


def check_policy(tx: Transaction, actor: Actor, values: Mapping[str, Any]) -> Policy:
    """The policy that these settings of the network would make.

    Raises `Invalid` naming the setting that cannot be used, by itself or beside a site's own.
    """
    policy = parse(values)
    sites = tx.session.scalars(select(Site).where(Site.network_id == actor.network_id))
    for site in sites:
        parse(values, site.policy)
    return policy


def set_policy(tx: Transaction, actor: Actor, values: Mapping[str, Any]) -> Policy:
    """Replace the network's own settings; what is not named falls back to the default.

    Raises `Invalid` naming the setting that cannot be used, by itself or beside a site's own.
    """
    policy = check_policy(tx, actor, values)
    network = tx.session.get_one(Network, actor.network_id)
    network.policy = dict(values)
    tx.session.flush()
    return policy
