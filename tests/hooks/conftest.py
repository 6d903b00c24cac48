"""A town whose phones take texts and calls: the application on a socket, the provider's stand-in.

Every text and call must have been looked at by its test (`phone.texts`, `phone.rings`).
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from dispatch.access import Actor
from dispatch.models import User
from dispatch.states import Role
from notifications import devices
from notifications.models import Delivery, DeliveryState, Device, Kind, Rung
from notifications.relay import Relay
from server.app import create_app
from server.wiring import Wired, make_loops, wire
from storage.clock import ManualClock
from storage.database import Database
from tests.api.conftest import make_settings
from tests.harness.postgres import free_port
from tests.harness.twilio import TwilioServer
from tests.harness.twilio_phone import Phone
from tests.harness.world import World


class Town(World):
    """A world on the whole application, with a dispatcher that the test turns."""

    def __init__(self, wired: Wired, clock: ManualClock, twilio: TwilioServer) -> None:
        super().__init__(wired.db, clock)
        self.wired, self.twilio = wired, twilio
        self.loops = make_loops(wired)
        (turn,) = self.loops.turns["relay"]
        relay = getattr(turn.work, "__self__", None)
        assert isinstance(relay, Relay)
        self.relay = relay
        self.admin = self.network()
        self.scioto = self.site(self.admin)
        self.nurse = self.user(self.admin, "Hannah L.", Role.STAFF, self.scioto)

    def peer_with(
        self, name: str, number: str, *kinds: Kind, locale: str | None = None, km: float = 5.0
    ) -> tuple[Actor, Phone]:
        """A peer on duty who is reached at this number."""
        peer = self.peer(self.admin, name, km_north=km)
        if locale is not None:
            with self.db.transaction() as tx:
                tx.session.get_one(User, peer.id).locale = locale
        for kind in kinds or (Kind.SMS, Kind.VOICE):
            self.device(peer, number, kind)
        return peer, self.twilio.phone(number)

    def device(self, person: Actor, number: str, kind: Kind = Kind.SMS) -> str:
        """One more number; the id of the device."""
        with self.db.transaction() as tx:
            return devices.register(
                tx,
                user_id=person.id,
                network_id=person.network_id,
                kind=kind,
                address=number,
                platform="phone",
            ).id

    def tick(self) -> None:
        """The dispatcher looks until nothing is due and nothing is on its way."""
        super().tick()
        while self.relay.tick() or self.relay.in_flight:
            assert self.relay.settle(20)
            super().tick()

    def forward(self, seconds: float, *, step_s: float = 5.0) -> None:
        """Let time pass."""
        super().forward(seconds, step_s=step_s)

    def rows(self, peer: Actor, **where: object) -> list[Delivery]:
        """The deliveries to a peer, in the order in which they were made."""
        with self.db.read() as tx:
            query = tx.session.query(Delivery).filter_by(user_id=peer.id, **where)
            found = query.order_by(Delivery.created_at, Delivery.due_at, Delivery.id).all()
            tx.session.expunge_all()
            return found

    def rung(self, peer: Actor, rung: Rung) -> Delivery:
        """The one delivery of this rung."""
        (row,) = self.rows(peer, rung=rung)
        return row

    def device_of(self, number: str, kind: Kind = Kind.SMS) -> Device:
        """The newest device with this number."""
        with self.db.read() as tx:
            found = tx.session.query(Device).filter_by(address=number, kind=kind)
            device = found.order_by(Device.created_at.desc(), Device.id.desc()).first()
            assert device is not None
            tx.session.expunge_all()
            return device

    def state(self, request_id: str) -> str:
        """The state of a request."""
        return self.request(request_id).state.value


@pytest.fixture
def twilio(clock: ManualClock) -> Iterator[TwilioServer]:
    """The provider. What nobody expected fails the test."""
    with TwilioServer(now=clock.now) as server:
        yield server
        server.assert_expected()


@pytest.fixture
def wired(
    db: Database, database_url: str, clock: ManualClock, tmp_path: Path, twilio: TwilioServer
) -> Iterator[Wired]:
    """The application's parts, on settings that name the stand-in and a port of our own."""
    settings = make_settings(
        database_url,
        tmp_path,
        push="webpush",
        sms_base_url=twilio.url,
        voice_base_url=twilio.url,
        public_url=f"http://127.0.0.1:{free_port()}",
        database_pool_size=8,
    )
    twilio.hooks = f"{settings.public_url}/hooks"
    plugged = wire(settings, clock)
    yield plugged
    plugged.close()


@pytest.fixture
def town(wired: Wired, clock: ManualClock, twilio: TwilioServer) -> Iterator[Town]:
    """The town, with its application listening."""
    port = int(wired.settings.public_url.rpartition(":")[2])
    server = make_server("127.0.0.1", port, create_app(wired), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made = Town(wired, clock, twilio)
    try:
        yield made
    finally:
        made.loops.close()
        server.shutdown()
        thread.join()
        server.server_close()


SENT, DELIVERED = DeliveryState.SENT, DeliveryState.DELIVERED
