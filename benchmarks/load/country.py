"""Networks, sites and people, put in by rows; everybody is signed in, and tokens are made here.

Ten thousand sign-ins would take ten thousand times 40 ms of hashing, which is not what is measured.
It knows tables; it refuses to know connections.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, text

from benchmarks.load.plan import Plan
from dispatch.cells import cell_of
from dispatch.geo import Point
from dispatch.models import Badge, Certificate, Duty, Network, Peer, Site, User
from dispatch.states import Modality, Role
from notifications.models import AddressKind, Device, DeviceState, Kind
from server.auth.tokens import ACCESS_LIFE_S, AccessTokens
from server.models import SessionKind, UserSession
from storage.database import Database, Transaction
from storage.ids import new_id

TOWNS = ((39.96, -83.00), (41.50, -81.69), (39.13, -84.51), (41.66, -83.56), (39.76, -84.19))
"""Towns of a state: its distances are a country's in small."""
AROUND = 0.25
"""Degrees around a town within which most of its sites are."""
KM_PER_DEGREE = 111.2
AT_ONCE = 2_000
NEAR_KM = 15.0
"""How far from a site its peers live."""
WAYS = [Modality.IN_PERSON.value, Modality.VIDEO.value]
FRESH_S = ACCESS_LIFE_S - 120
Row = dict[str, Any]


@dataclass
class Person:
    """Somebody who is signed in."""

    id: str
    network_id: str
    role: Role
    site_id: str | None = None
    home: Point | None = None
    session_id: str = field(default_factory=new_id)
    token: str = ""
    good_until: datetime | None = None


@dataclass(frozen=True)
class Country:
    """Everybody, and the maker of their tokens."""

    peers: list[Person]
    nurses: list[Person]
    managers: list[Person]
    tokens: AccessTokens

    def token(self, who: Person, now: datetime) -> str:
        """A token with at least two minutes left."""
        if who.good_until is None or who.good_until <= now:
            who.token, _ = self.tokens.issue(who.id, who.session_id, now)
            who.good_until = now + timedelta(seconds=FRESH_S)
        return who.token


def settle(db: Database, plan: Plan, tokens: AccessTokens) -> Country:
    """Commit them all: each network in one part of the country, its peers around its sites."""
    chance = Random(plan.seed)
    hospitals = sorted(
        (_near(chance.choice(TOWNS), chance) for _ in range(plan.sites)),
        key=lambda place: place.longitude,
    )
    networks = [new_id() for _ in range(plan.networks)]
    sites: list[tuple[str, str, Point]] = []
    """Site, network, place."""
    with db.transaction() as tx:
        _put(
            tx,
            Network,
            [
                {"id": one, "name": f"Network {number}", "policy": {}, "created_at": tx.now}
                for number, one in enumerate(networks)
            ],
        )
        rows = []
        for number, hospital in enumerate(hospitals):
            network_id = networks[number * len(networks) // len(hospitals)]
            sites.append((new_id(), network_id, hospital))
            rows.append(
                {
                    "id": sites[-1][0],
                    "network_id": network_id,
                    "name": f"Hospital {number}",
                    "area": f"Town {number}",
                    "latitude": hospital.latitude,
                    "longitude": hospital.longitude,
                    "time_zone": "America/New_York",
                    "desk_phone": "+16145550100",
                    "created_at": tx.now,
                }
            )
        _put(tx, Site, rows)
    nurses = [Person(new_id(), network, Role.STAFF, site) for site, network, _ in sites]
    managers = [Person(new_id(), network, Role.MANAGER) for network in networks]
    peers = []
    for number in range(plan.phones):
        site_id, network_id, middle = sites[number % len(sites)]
        home = _within(NEAR_KM, middle, chance)
        peers.append(Person(new_id(), network_id, Role.PEER, site_id, home))
    with db.transaction() as tx:
        _users(tx, nurses, "nurse")
        _users(tx, managers, "manager")
        _users(tx, peers, "peer")
        _put(tx, UserSession, [_session(tx, one) for one in (*nurses, *managers, *peers)])
        of_network: dict[str, list[str]] = {}
        for site_id, network_id, _ in sites:
            of_network.setdefault(network_id, []).append(site_id)
        _peers(tx, peers, of_network)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return Country(peers, nurses, managers, tokens)


def _near(town: tuple[float, float], chance: Random) -> Point:
    return Point(chance.gauss(town[0], AROUND), chance.gauss(town[1], AROUND))


def _within(radius_km: float, middle: Point, chance: Random) -> Point:
    """A place in this circle, each square metre as likely as any other."""
    away = radius_km / KM_PER_DEGREE * math.sqrt(chance.random())
    turn = chance.uniform(0.0, 2.0 * math.pi)
    narrow = math.cos(math.radians(middle.latitude))
    return Point(
        middle.latitude + away * math.cos(turn), middle.longitude + away * math.sin(turn) / narrow
    )


def _put(tx: Transaction, table: type[Any], rows: list[Row]) -> None:
    for begin in range(0, len(rows), AT_ONCE):
        tx.session.execute(insert(table), rows[begin : begin + AT_ONCE])


def _users(tx: Transaction, people: list[Person], word: str) -> None:
    _put(
        tx,
        User,
        [
            {
                "id": one.id,
                "network_id": one.network_id,
                "email": f"{word}{number}@load.example",
                "name": f"{word.capitalize()} {number}",
                "role": one.role,
                "site_id": one.site_id if one.role is Role.STAFF else None,
                "is_on_call": one.role is Role.MANAGER,
                "created_at": tx.now,
            }
            for number, one in enumerate(people)
        ],
    )


def _session(tx: Transaction, who: Person) -> Row:
    return {
        "id": who.session_id,
        "user_id": who.id,
        "kind": SessionKind.BEARER,
        "created_at": tx.now,
        "expires_at": tx.now + timedelta(days=30),
    }


def _peers(tx: Transaction, peers: list[Person], of_network: dict[str, list[str]]) -> None:
    """Profiles, papers, a phone each, and their duty as `dispatch.actions.duty` leaves it behind."""
    later = tx.now + timedelta(days=90)
    profiles: list[Row] = []
    papers: list[Row] = []
    badges: list[Row] = []
    phones: list[Row] = []
    duties: list[Row] = []
    for one in peers:
        assert one.home is not None
        cell = cell_of(one.home.latitude, one.home.longitude)
        known: Row = {"network_id": one.network_id, "modalities": WAYS, "languages": ["en"]}
        profiles.append(
            known
            | {
                "id": one.id,
                "home_latitude": one.home.latitude,
                "home_longitude": one.home.longitude,
            }
        )
        papers.append({"id": new_id(), "peer_id": one.id, "name": "CPS", "expires_at": later})
        badges += [
            {"id": new_id(), "peer_id": one.id, "site_id": site_id, "expires_at": later}
            for site_id in of_network[one.network_id]
        ]
        phones.append(_device(tx, one))
        duties.append(
            known
            | {
                "peer_id": one.id,
                "on_duty": True,
                "since": tx.now,
                "until": tx.now + timedelta(hours=12),
                "latitude": one.home.latitude,
                "longitude": one.home.longitude,
                "cell": cell,
                "home_cell": cell,
                "accuracy_m": 20.0,
                "position_at": tx.now,
                # Their first connection is news, as at the beginning of a shift.
                "contact_at": tx.now - timedelta(hours=1),
            }
        )
    for table, rows in (
        (Peer, profiles),
        (Certificate, papers),
        (Badge, badges),
        (Device, phones),
        (Duty, duties),
    ):
        _put(tx, table, rows)


def _device(tx: Transaction, who: Person) -> Row:
    return {
        "id": new_id(),
        "network_id": who.network_id,
        "user_id": who.id,
        "kind": Kind.FCM,
        "address": f"token-{who.id}-{'x' * 100}",
        "address_kind": AddressKind.TOKEN,
        "platform": "android",
        "state": DeviceState.ACTIVE,
        "created_at": tx.now,
        "refreshed_at": tx.now,
    }
