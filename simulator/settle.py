"""The people and sites of a study, as rows of a fresh database.

Ids are drawn from the seed, so that whatever is ordered by an id is in the same order every time.
Everybody has the same password, hashed as cheaply as the algorithm allows: nothing is kept in it.
"""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from argon2 import PasswordHasher

from dispatch.geo import Point
from dispatch.models import Badge, Certificate, Network, Peer, Site, User
from dispatch.states import Modality, Role
from simulator import names, nature, places
from simulator.phone import SignIn
from simulator.places import Hospital
from storage.database import Database, Transaction

DOMAIN = "city.example"
PASSWORD = "everybody in the city has the same"
MEAN_BEDS = 180.0
VALID = timedelta(days=365)


@dataclass(frozen=True)
class Resident:
    """A peer who lives here."""

    sign_in: SignIn
    home: Point


@dataclass(frozen=True)
class Ward:
    """A site and the nurse who asks for it."""

    sign_in: SignIn
    hospital: Hospital
    per_month: float
    """How often it asks, by its size."""


@dataclass(frozen=True)
class City:
    """Who lives in a settled database."""

    wards: tuple[Ward, ...]
    residents: tuple[Resident, ...]
    manager: SignIn


class _Ids:
    """Identifiers that look like any other, and are the same for the same seed."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def new(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"


def settle(db: Database, *, state: str, sites: int, peers: int, seed: int) -> City:
    """Put a network with its sites, nurses, peers and a manager into an empty database."""
    chance = Random(f"{seed}:settle")
    hospitals = places.choose_sites(state, sites, chance)
    homes = places.draw_homes(state, [one.at for one in hospitals], peers, chance)
    ids = _Ids(chance)
    people = names.invent(sites + peers + 1, chance)
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with db.transaction() as tx:
        network = Network(id=ids.new(), name=f"{state} Peer Network", created_at=tx.now)
        tx.session.add(network)
        tx.session.flush()

        def user(name: str, role: Role, site_id: str | None = None) -> User:
            row = User(
                id=ids.new(),
                network_id=network.id,
                email=names.email_of(name, DOMAIN),
                name=name,
                role=role,
                site_id=site_id,
                password_hash=cheap,
                is_on_call=role is Role.MANAGER,
                created_at=tx.now,
            )
            tx.session.add(row)
            tx.session.flush()
            return row

        manager = user(people.pop(), Role.MANAGER)
        site_ids: list[str] = []
        wards = []
        for hospital in hospitals:
            site_ids.append(_add_site(tx, ids.new(), network.id, hospital, len(site_ids)))
            nurse = user(people.pop(), Role.STAFF, site_ids[-1])
            wards.append(Ward(_sign_in(nurse), hospital, _per_month(hospital)))
        residents = []
        for home in homes:
            peer = user(people.pop(), Role.PEER)
            _add_peer(tx, ids, peer, home, site_ids, chance)
            residents.append(Resident(_sign_in(peer), home))
    return City(tuple(wards), tuple(residents), _sign_in(manager))


def _sign_in(user: User) -> SignIn:
    return SignIn(user.email, PASSWORD)


def _per_month(hospital: Hospital) -> float:
    """A department asks about as often as its hospital is large; unknown size: as the mean."""
    share = (hospital.beds or MEAN_BEDS) / MEAN_BEDS
    return nature.ASKS_A_MONTH * min(max(share, 0.3), 2.0)


def _add_site(
    tx: Transaction, site_id: str, network_id: str, hospital: Hospital, number: int
) -> str:
    tx.session.add(
        Site(
            id=site_id,
            network_id=network_id,
            name=hospital.name,
            area=hospital.city,
            latitude=hospital.at.latitude,
            longitude=hospital.at.longitude,
            time_zone=hospital.time_zone,
            desk_phone=f"+1614555{100 + number:04d}",
            rooms=[f"Room {room}" for room in range(1, 25)],
            created_at=tx.now,
        )
    )
    tx.session.flush()
    return site_id


def _add_peer(
    tx: Transaction, ids: _Ids, user: User, home: Point, site_ids: list[str], chance: Random
) -> None:
    tx.session.add(
        Peer(
            id=user.id,
            network_id=user.network_id,
            modalities=[modality.value for modality in Modality],
            languages=nature.languages(chance),
            focus=nature.experience(chance),
            home_latitude=home.latitude,
            home_longitude=home.longitude,
            travel_limit_m=chance.choice((15_000, 25_000, 40_000, 40_000, 60_000)),
        )
    )
    tx.session.flush()
    until = tx.now + VALID
    tx.session.add(
        Certificate(
            id=ids.new(),
            peer_id=user.id,
            name="Certified Peer Recovery Supporter",
            issued_at=tx.now - VALID,
            expires_at=until,
        )
    )
    tx.session.add_all(
        Badge(id=ids.new(), peer_id=user.id, site_id=site_id, expires_at=until)
        for site_id in site_ids
    )
    tx.session.flush()
