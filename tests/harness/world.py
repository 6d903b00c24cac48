"""A small network to tell stories in: two networks, their sites, staff, managers and peers.

Rows that a story starts from are written directly; everything that happens in it goes through the
product's own actions.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from dispatch import engine, queries, shapes, sweeper
from dispatch.access import Actor
from dispatch.actions import duty, peers, people, staff
from dispatch.actions.people import NewUser, Permission, Profile
from dispatch.events import apply
from dispatch.models import Network, Offer, SupportRequest, User
from dispatch.states import Modality, OfferState, Role
from storage.clock import ManualClock
from storage.database import Database
from storage.ids import new_id

COLUMBUS = (39.9612, -82.9988)
KM_NORTH = 1 / 111.2
"""Degrees of latitude in one kilometre."""


def actor_of(user: User) -> Actor:
    """The signed-in actor that a user row stands for."""
    return Actor(user.id, user.network_id, user.role, user.name, user.site_id)


@dataclass
class World:
    """One database with people in it, and short verbs for what they do."""

    db: Database
    clock: ManualClock
    actors: dict[str, Actor] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)
    """The ids of the sites, by name."""
    _sites_of: dict[str, list[str]] = field(default_factory=dict)

    def network(self, name: str = "Central Ohio Peer Network", **policy: Any) -> Actor:
        """A network with one admin, who is returned and is also `actors["admin:<name>"]`."""
        with self.db.transaction() as tx:
            network = Network(id=new_id(), name=name, policy=policy, created_at=tx.now)
            tx.session.add(network)
            tx.session.flush()
            admin = User(
                id=new_id(),
                network_id=network.id,
                email=f"admin@{network.id}.example",
                name="Ada A.",
                role=Role.ADMIN,
                is_active=True,
                created_at=tx.now,
            )
            tx.session.add(admin)
            tx.session.flush()
            self.actors[f"admin:{name}"] = actor = actor_of(admin)
            return actor

    def site(self, admin: Actor, name: str = "Scioto Ridge", *, km_north: float = 0.0) -> str:
        """A site `km_north` of the middle of Columbus."""
        with self.db.transaction() as tx:
            row = people.create_site(
                tx,
                admin,
                {
                    "name": name,
                    "area": "Columbus",
                    "latitude": COLUMBUS[0] + km_north * KM_NORTH,
                    "longitude": COLUMBUS[1],
                    "time_zone": "America/New_York",
                    "desk_phone": "+16145550142",
                    "rooms": ["7", "12"],
                },
            )
            self.sites[name] = row.id
            self._sites_of.setdefault(admin.network_id, []).append(row.id)
            return row.id

    def user(self, admin: Actor, name: str, role: Role, site_id: str | None = None) -> Actor:
        """A user of a role; `actors[name]` from now on."""
        with self.db.transaction() as tx:
            new = NewUser(
                email=f"{name.split(maxsplit=1)[0].lower()}-{new_id()[-6:]}@example.org",
                name=name,
                role=role,
                site_id=site_id,
            )
            self.actors[name] = actor = actor_of(people.create_user(tx, admin, new))
            return actor

    def peer(
        self,
        admin: Actor,
        name: str,
        *,
        badges: list[str] | None = None,
        km_north: float = 5.0,
        on_duty: bool = True,
        **profile: Any,
    ) -> Actor:
        """A certified peer living `km_north` of the middle, on duty unless said.

        Without `badges` they have one for every site that their network has by now.
        """
        if badges is None:
            badges = self._sites_of.get(admin.network_id, [])
        far = self.clock.now() + timedelta(days=365)
        values: dict[str, Any] = {
            "modalities": [modality.value for modality in Modality],
            "languages": ["en"],
            "focus": [],
            "home_latitude": COLUMBUS[0] + km_north * KM_NORTH,
            "home_longitude": COLUMBUS[1],
            "certificates": [Permission("Certified Peer Supporter", far)],
            "badges": [Permission(site_id, far) for site_id in badges],
        }
        with self.db.transaction() as tx:
            new = NewUser(
                email=f"{name.split(maxsplit=1)[0].lower()}-{new_id()[-6:]}@example.org",
                name=name,
                role=Role.PEER,
                profile=Profile(**(values | profile)),
            )
            actor = actor_of(people.create_user(tx, admin, new))
        self.actors[name] = actor
        if on_duty:
            self.on_duty(actor)
        return actor

    def on_duty(self, peer: Actor, **values: Any) -> None:
        """The peer becomes available in every way, unless `modalities` says otherwise."""
        with self.db.transaction() as tx:
            duty.set_duty(tx, peer, on_duty=True, **({"modalities": list(Modality)} | values))

    def off_duty(self, peer: Actor) -> None:
        """The peer stops being available."""
        with self.db.transaction() as tx:
            duty.set_duty(tx, peer, on_duty=False, modalities=[])

    def ask(self, nurse: Actor, **values: Any) -> str:
        """The nurse asks for a peer; the id of the request."""
        ask: dict[str, Any] = {
            "modality": Modality.IN_PERSON,
            "place": "Room 12",
            "language": "en",
            "consent": True,
        }
        with self.db.transaction() as tx:
            return staff.create_request(tx, nurse, staff.Ask(**(ask | values))).id

    def do(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        """Run one action in a transaction of its own."""
        with self.db.transaction() as tx:
            return action(tx, *args, **kwargs)

    def offer_of(self, peer: Actor, request_id: str) -> Offer | None:
        """The peer's newest offer for a request."""
        with self.db.read() as tx:
            return tx.session.scalars(
                select(Offer)
                .where(Offer.peer_id == peer.id, Offer.request_id == request_id)
                .order_by(Offer.id.desc())
            ).first()

    def asked(self, request_id: str) -> list[str]:
        """The names of the peers with an open offer, in no order but the alphabet's."""
        with self.db.read() as tx:
            rows = tx.session.scalars(
                select(User.name)
                .join(Offer, Offer.peer_id == User.id)
                .where(Offer.request_id == request_id, Offer.state == OfferState.OPEN)
                .order_by(User.name)
            )
            return list(rows)

    def accept(self, peer: Actor, request_id: str) -> str:
        """The peer says yes; the id of the visit."""
        offer = self.offer_of(peer, request_id)
        assert offer is not None, f"{peer.name} was not asked"
        _, visit = self.do(peers.accept, peer, offer.id)
        return str(visit.id)

    def decline(self, peer: Actor, request_id: str) -> None:
        """The peer says not this time."""
        offer = self.offer_of(peer, request_id)
        assert offer is not None, f"{peer.name} was not asked"
        self.do(peers.decline, peer, offer.id)

    def forward(self, seconds: float, *, step_s: float = 5.0) -> None:
        """Let time pass in small steps, the engine and the sweeper looking after each."""
        left = seconds
        while left > 0:
            step = min(step_s, left)
            self.clock.advance(step)
            left -= step
            self.tick()

    def tick(self) -> None:
        """The dispatcher looks until nothing is due."""
        sweeper.sweep(self.db)
        while engine.tick(self.db):
            pass

    def request(self, request_id: str) -> SupportRequest:
        """The row of a request as it is now."""
        with self.db.read() as tx:
            return tx.session.get_one(SupportRequest, request_id)

    def snapshot(self, request_id: str) -> dict[str, Any]:
        """The request as a manager would fetch it now."""
        with self.db.read() as tx:
            row = tx.session.get_one(SupportRequest, request_id)
            return shapes.request(queries.one_request(tx, row))

    def facts(self, request_id: str) -> list[str]:
        """The types of a request's facts, in order: the story."""
        with self.db.read() as tx:
            rows = queries.facts_after(tx, request_id, 0, 1000)
            return [row.type.value for row in rows]

    def replayed(self, snapshot: dict[str, Any]) -> dict[str, Any]:
        """An old snapshot brought up to date by its facts alone."""
        with self.db.read() as tx:
            for row in queries.facts_after(tx, snapshot["id"], snapshot["seq"], 1000):
                snapshot = apply(snapshot, row.seq, row.data)
        return snapshot
