"""Two small networks as rows, and the people in them. Everybody has the same password.

It knows tables; it refuses to know HTTP.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from argon2 import PasswordHasher

from dispatch.models import Badge, Certificate, Network, Peer, Site, User
from dispatch.states import Modality, Role
from storage.database import Database, Transaction
from storage.ids import new_id

PASSWORD = "correct horse battery"


@lru_cache(maxsize=1)
def password_hash() -> str:
    """The hash of `PASSWORD`, as cheap to check as one may be: a thousand tests sign in."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class Person:
    """A user as tests speak of them."""

    id: str
    email: str
    role: Role
    name: str


@dataclass(frozen=True)
class Tenant:
    """One network: its two sites and its people."""

    id: str
    site_id: str
    other_site_id: str
    staff: Person
    other_staff: Person
    manager: Person
    supervisor: Person
    admin: Person
    peers: tuple[Person, ...]

    def one_of(self, role: Role) -> Person:
        """The first person with this role; the staff and the badges belong to the first site."""
        if role is Role.PEER:
            return self.peers[0]
        person: Person = getattr(self, role.value)
        return person


@dataclass(frozen=True)
class World:
    """Two networks that see nothing of each other."""

    here: Tenant
    there: Tenant


def build(db: Database, peers: int = 2) -> World:
    """Commit the two networks with `peers` peers each."""
    with db.transaction() as tx:
        return World(_tenant(tx, "here", peers), _tenant(tx, "there", peers))


def _tenant(tx: Transaction, word: str, peers: int) -> Tenant:
    network = Network(id=new_id(), name=f"Network {word}", created_at=tx.now)
    tx.session.add(network)
    tx.session.flush()
    sites = [_site(tx, network, f"Hospital {word} {number}", number) for number in (1, 2)]

    def person(role: Role, label: str, site: Site | None = None) -> Person:
        email = f"{label}@{word}.example"
        user = User(
            id=new_id(),
            network_id=network.id,
            email=email,
            name=f"{label.capitalize()} {word}",
            role=role,
            site_id=site.id if site else None,
            password_hash=password_hash(),
            created_at=tx.now,
        )
        tx.session.add(user)
        tx.session.flush()
        return Person(user.id, email, role, user.name)

    tenant = Tenant(
        id=network.id,
        site_id=sites[0].id,
        other_site_id=sites[1].id,
        staff=person(Role.STAFF, "nurse", sites[0]),
        other_staff=person(Role.STAFF, "doctor", sites[1]),
        manager=person(Role.MANAGER, "manager"),
        supervisor=person(Role.SUPERVISOR, "supervisor"),
        admin=person(Role.ADMIN, "admin"),
        peers=tuple(person(Role.PEER, f"peer{number}") for number in range(peers)),
    )
    for peer in tenant.peers:
        _profile(tx, network, peer, sites[0])
    return tenant


def _site(tx: Transaction, network: Network, name: str, number: int) -> Site:
    site = Site(
        id=new_id(),
        network_id=network.id,
        name=name,
        area="Near town",
        latitude=39.96 + number / 100,
        longitude=-82.99,
        time_zone="America/New_York",
        desk_phone="+16145550100",
        rooms=["1", "2"],
        created_at=tx.now,
    )
    tx.session.add(site)
    tx.session.flush()
    return site


def _profile(tx: Transaction, network: Network, peer: Person, site: Site) -> None:
    next_year = tx.now + timedelta(days=365)
    tx.session.add(
        Peer(
            id=peer.id,
            network_id=network.id,
            modalities=[modality.value for modality in Modality],
            languages=["en"],
            focus=[],
            home_latitude=site.latitude + 0.02,
            home_longitude=site.longitude,
            travel_limit_m=50_000,
        )
    )
    tx.session.flush()
    tx.session.add(Certificate(peer_id=peer.id, name="CPS", expires_at=next_year))
    tx.session.add(Badge(peer_id=peer.id, site_id=site.id, expires_at=next_year))
    tx.session.flush()
