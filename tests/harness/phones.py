"""People with phones, and facts about offers to them: what tests of notifications start from.

The facts are made by hand, without dispatch behind them, so that a test can say exactly what the
planner reads. They carry private details on purpose: none may ever reach a phone.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from dispatch.events import ENGINE, Fact, FactType
from dispatch.models import Network, User
from dispatch.states import Role
from notifications import devices
from notifications.directory import FakeDirectory, Recipient
from notifications.models import Delivery, Device, DeviceState, Kind
from notifications.planner import Planner
from storage.database import Database, Transaction
from storage.ids import new_id

SECRETS = ("Scioto Ridge", "Room 12", "Marcus", "overdose", "quiet voice please", "cancelled_mind")
"""Planted in every fact: hospital, room, name, reason, note."""

LADDER = {"push_again_s": 20, "sms_s": 30, "voice_s": 45}


class Phones:
    """One network on one database, with the planner before every commit."""

    def __init__(
        self, db: Database, kinds: Collection[Kind] = (Kind.FCM, Kind.WEBPUSH, Kind.CONSOLE)
    ) -> None:
        self.db = db
        self.directory = FakeDirectory()
        self.network_id = new_id()
        self.request_id = new_id()
        self.site_id = new_id()
        self._seq = 0
        with db.transaction() as tx:
            name = f"network {self.network_id}"
            tx.session.add(
                Network(id=self.network_id, name=name, policy={}, created_at=db.clock.now())
            )
        db.before_commit.append(Planner(self.directory, kinds).plan)

    def person(
        self, *addresses: str, locale: str = "en", is_private: bool = False, platform: str = ""
    ) -> str:
        """A peer (and user) with an FCM device at each address; their id."""
        user_id = new_id()
        with self.db.transaction() as tx:
            tx.session.add(
                User(
                    id=user_id,
                    network_id=self.network_id,
                    email=f"{user_id}@example.org",
                    name="Marcus T.",
                    role=Role.PEER,
                    locale=locale,
                    is_active=True,
                    created_at=tx.now,
                )
            )
        self.directory.peers[user_id] = Recipient(user_id, locale, is_private)
        for address in addresses:
            self.device(user_id, address, platform=platform or "android")
        return user_id

    def manager(self, *addresses: str, locale: str = "en", is_on_call: bool = False) -> str:
        """A manager of the network, in the order in which they are made."""
        user_id = self.person(*addresses, locale=locale)
        person = replace(self.directory.peers.pop(user_id), is_on_call=is_on_call)
        self.directory.managers_of.setdefault(self.network_id, []).append(person)
        return user_id

    def device(
        self, user_id: str, address: str, *, kind: Kind = Kind.FCM, platform: str = "android"
    ) -> str:
        """Register one more device; its id."""
        with self.db.transaction() as tx:
            return devices.register(
                tx,
                user_id=user_id,
                network_id=self.network_id,
                kind=kind,
                address=address,
                platform=platform,
            ).id

    def fact(self, tx: Transaction, type_: FactType, data: dict[str, Any]) -> Fact:
        """Journal a fact, with secrets in it, into `tx`."""
        self._seq += 1
        secrets = {"site": SECRETS[0], "place": SECRETS[1], "focus": SECRETS[3], "note": SECRETS[4]}
        fact = Fact(
            network_id=self.network_id,
            site_id=self.site_id,
            request_id=self.request_id,
            seq=self._seq,
            type=type_,
            at=tx.now,
            actor=ENGINE,
            data=data | secrets,
        )
        tx.add_fact(fact)
        return fact

    def tell(self, type_: FactType, **data: Any) -> None:
        """One fact in a transaction of its own."""
        with self.db.transaction() as tx:
            self.fact(tx, type_, data)

    def offer(
        self,
        *user_ids: str,
        modality: str = "in_person",
        travel_s: int | None = 840,
        **more: Any,
    ) -> list[str]:
        """Ask these peers in one transaction; the ids of the offers."""
        offer_ids = []
        with self.db.transaction() as tx:
            for user_id in user_ids:
                offer = offer_shape(user_id) | {"modality": modality, "travel_s": travel_s} | more
                self.fact(tx, FactType.OFFER_MADE, {"offer": offer, "ladder": LADDER})
                offer_ids.append(offer["id"])
        return offer_ids

    def answer(self, type_: FactType, offer_id: str) -> None:
        """The peer saw, declined or accepted."""
        self.tell(type_, offer={"id": offer_id, "reason": SECRETS[5]})

    def close(self, *offer_ids: str, state: str = "superseded", reason: str = SECRETS[5]) -> None:
        """These offers end without a yes of their peers."""
        self.directory.closed |= set(offer_ids)
        ends = [
            {
                "id": offer_id,
                "peer": {"id": "p", "name": SECRETS[2]},
                "state": state,
                "reason": reason,
            }
            for offer_id in offer_ids
        ]
        self.tell(FactType.OFFERS_CLOSED, offers=ends)

    def rows(self, **where: Any) -> Sequence[Delivery]:
        """The deliveries with these values, in the order they are due and were made."""
        with self.db.read() as tx:
            query = select(Delivery).filter_by(**where)
            rows = tx.session.scalars(query.order_by(Delivery.created_at, Delivery.rung)).all()
            tx.session.expunge_all()
            return rows

    def row(self, **where: Any) -> Delivery:
        """The one delivery with these values."""
        (row,) = self.rows(**where)
        return row

    def device_state(self, address: str) -> DeviceState:
        """The state of the newest device at this address."""
        with self.db.read() as tx:
            query = select(Device.state).where(Device.address == address)
            return tx.session.scalars(query.order_by(Device.created_at.desc())).all()[0]


def offer_shape(user_id: str) -> dict[str, Any]:
    """An offer as a fact carries it."""
    return {
        "id": new_id(),
        "peer": {"id": user_id, "name": SECRETS[2]},
        "wave": 1,
        "modality": "in_person",
        "travel_s": 840,
        "distance_m": 9000,
        "arrive_by": None,
    }
