"""The demonstration: two networks in Ohio, real hospitals, invented people.

Positions and names of hospitals come from public data (HIFLD, a 2023 snapshot, not for clinical
use); everybody in it is invented, telephone numbers are of the range kept for fiction. All share
one random password, staff one random PIN; both live in `demo.json` beside the data and nowhere else.
"""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from dispatch.access import Actor
from dispatch.actions import people
from dispatch.actions.people import NewUser, Permission, Profile
from dispatch.models import Network, Site, User
from dispatch.states import Modality, Role
from server.auth import passwords, pins
from server.settings import Settings
from server.wiring import Wired
from storage.database import Transaction
from storage.ids import new_id

VALID_FOR = timedelta(days=365)
TRAVEL_LIMIT_M = 120_000


@dataclass(frozen=True)
class DemoSite:
    """A real emergency department."""

    name: str
    area: str
    latitude: float
    longitude: float
    desk_phone: str


@dataclass(frozen=True)
class DemoUser:
    """An invented person. `site` is the number of their site; peers live `north`/`east` of it."""

    name: str
    role: Role
    site: int | None = None
    languages: tuple[str, ...] = ("en",)
    north: float = 0.0
    east: float = 0.0


@dataclass(frozen=True)
class DemoNetwork:
    """A network with its sites and people."""

    name: str
    domain: str
    phone: str
    sites: tuple[DemoSite, ...]
    users: tuple[DemoUser, ...]


COLUMBUS = DemoNetwork(
    "Buckeye Peer Network",
    "buckeye.example",
    "+16145550100",
    (
        DemoSite("Grant Medical Center", "Downtown Columbus", 39.96097, -82.99100, "+16145550111"),
        DemoSite(
            "Riverside Methodist Hospital", "North Columbus", 40.03057, -83.03402, "+16145550122"
        ),
        DemoSite("Mount Carmel East", "East Columbus", 39.97692, -82.84331, "+16145550133"),
    ),
    (
        DemoUser("Maria Lopez", Role.MANAGER),
        DemoUser("Sam Weber", Role.SUPERVISOR),
        DemoUser("Ada King", Role.ADMIN),
        DemoUser("Priya Nair", Role.STAFF, site=0),
        DemoUser("Tom Becker", Role.STAFF, site=1),
        DemoUser("Marcus Hill", Role.PEER, 0, ("en",), 0.030, 0.010),
        DemoUser("Dana Ortiz", Role.PEER, 0, ("en", "es"), -0.020, 0.025),
        DemoUser("Joe Novak", Role.PEER, 0, ("en",), 0.010, -0.040),
        DemoUser("Lena Brooks", Role.PEER, 0, ("en",), -0.045, -0.010),
        DemoUser("Andre Price", Role.PEER, 0, ("en",), 0.055, 0.045),
        DemoUser("Ruth Adler", Role.PEER, 0, ("en", "es"), 0.015, 0.070),
    ),
)
CLEVELAND = DemoNetwork(
    "Lake Erie Peer Alliance",
    "lakeerie.example",
    "+12165550100",
    (
        DemoSite("MetroHealth Medical Center", "Cleveland", 41.46091, -81.69760, "+12165550111"),
        DemoSite("Lutheran Hospital", "Cleveland", 41.48763, -81.70726, "+12165550122"),
    ),
    (
        DemoUser("Grace Kim", Role.MANAGER),
        DemoUser("Nick Rossi", Role.STAFF, site=0),
        DemoUser("Tasha Green", Role.PEER, 0, ("en",), 0.020, 0.015),
        DemoUser("Paul Meyer", Role.PEER, 0, ("en",), -0.030, 0.020),
    ),
)
NETWORKS = (COLUMBUS, CLEVELAND)


def demo_file(settings: Settings) -> Path:
    """Where the demonstration's sign-ins are kept."""
    return settings.alongside_data / "demo.json"


def demo_users(settings: Settings) -> list[dict[str, Any]]:
    """The demonstration's sign-ins; none when this is no demonstration or it has none."""
    path = demo_file(settings)
    if settings.alongside_env != "demo" or not path.exists():
        return []
    users: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["users"]
    return users


def email_of(network: DemoNetwork, user: DemoUser) -> str:
    """The invented address of an invented person."""
    return f"{user.name.lower().replace(' ', '.')}@{network.domain}"


def demonstrate(wired: Wired) -> None:
    """Make sure that the demonstration is there and that its file tells how to get in.

    In a database that holds other networks nothing is added. Running it again changes nothing.
    """
    users = demo_users(wired.settings)
    password = str(users[0]["password"]) if users else secrets.token_urlsafe(9)
    pin = next(
        (str(user["pin"]) for user in users if "pin" in user), f"{secrets.randbelow(10**6):06}"
    )
    with wired.db.read() as tx:
        names = set(tx.session.scalars(select(Network.name)))
        stored = tx.session.scalar(
            select(User.password_hash).where(User.email == email_of(COLUMBUS, COLUMBUS.users[0]))
        )
    ours = {network.name for network in NETWORKS}
    if names and not ours <= names:
        return
    is_known = stored is not None and passwords.verify(stored, password)
    encoded = stored if is_known else passwords.hash_password(password)
    encoded_pin = passwords.hash_password(pin)
    with wired.db.transaction() as tx:
        if not names:
            for network in NETWORKS:
                _add(tx, network, encoded)
        elif not is_known:
            emails = [email_of(network, user) for network in NETWORKS for user in network.users]
            tx.session.execute(
                update(User).where(User.email.in_(emails)).values(password_hash=encoded)
            )
        _give_pins(tx, encoded_pin)
        listed = _listed(tx, password, pin)
    _write(wired.settings, listed)


def _add(tx: Transaction, demo: DemoNetwork, password_hash: str | None) -> None:
    """The network by hand; everything in it as a manager would add it."""
    network = Network(id=new_id(), name=demo.name, phone=demo.phone, created_at=tx.now)
    tx.session.add(network)
    tx.session.flush()
    founder = Actor(new_id(), network.id, Role.ADMIN, "Alongside")
    sites = [people.create_site(tx, founder, _site(site)) for site in demo.sites]
    for person in demo.users:
        at_site = person.role is Role.STAFF and person.site is not None
        people.create_user(
            tx,
            founder,
            NewUser(
                email=email_of(demo, person),
                name=person.name,
                role=person.role,
                password_hash=password_hash,
                site_id=sites[person.site or 0].id if at_site else None,
                is_on_call=person.role is Role.MANAGER,
                profile=_profile(person, sites, tx.now + VALID_FOR),
            ),
        )


def _site(site: DemoSite) -> dict[str, Any]:
    return {
        "name": site.name,
        "area": site.area,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "time_zone": "America/New_York",
        "desk_phone": site.desk_phone,
        "rooms": [f"Room {number}" for number in range(1, 13)],
    }


def _profile(person: DemoUser, sites: list[Site], until: datetime) -> Profile:
    """Certified, with a badge for every site, living near the one that is named."""
    home = sites[person.site or 0]
    return Profile(
        modalities=[modality.value for modality in Modality],
        languages=list(person.languages),
        home_latitude=round(home.latitude + person.north, 5),
        home_longitude=round(home.longitude + person.east, 5),
        travel_limit_m=TRAVEL_LIMIT_M,
        certificates=[Permission("Certified Peer Recovery Supporter", until)],
        badges=[Permission(site.id, until) for site in sites],
    )


def _give_pins(tx: Transaction, pin_hash: str) -> None:
    """The demonstration's staff sign in at a desk with one PIN."""
    emails = [email_of(network, user) for network in NETWORKS for user in network.users]
    staff = select(User.id).where(User.email.in_(emails), User.role == Role.STAFF)
    for user_id in tx.session.scalars(staff):
        pins.set_pin(tx, user_id, pin_hash)


def _listed(tx: Transaction, password: str, pin: str) -> list[dict[str, Any]]:
    """The sign-ins in the order above, as `demo.json` holds them."""
    emails = [email_of(network, user) for network in NETWORKS for user in network.users]
    rows = tx.session.execute(
        select(User, Network.name)
        .join(Network, Network.id == User.network_id)
        .where(User.email.in_(emails))
    )
    known = {user.email: (user, network) for user, network in rows}
    listed = []
    for user, network in (known[email] for email in emails if email in known):
        shape = {
            "email": user.email,
            "password": password,
            "role": user.role.value,
            "name": user.name,
            "network": network,
        }
        if user.site_id is not None:
            shape["site_id"] = user.site_id
        if user.role is Role.STAFF:
            shape["pin"] = pin
        listed.append(shape)
    return listed


def _write(settings: Settings, users: list[dict[str, Any]]) -> None:
    """Replace `demo.json` at once; nobody but its owner may read it."""
    path = demo_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": settings.public_url, "users": users}, file, indent=2)
    draft.replace(path)
