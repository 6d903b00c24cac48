"""The sending process is killed at the worst moments: the phone shows exactly one alert.

A real process, a real SIGKILL, both databases; the real Firebase SDK and the real client for texts
talk to their stand-ins on loopback.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, update

from dispatch.access import Actor
from dispatch.states import Role
from notifications import devices
from notifications.models import Delivery, DeliveryState, Kind, Rung
from notifications.planner import Planner
from server.directory import DispatchDirectory
from storage.clock import ManualClock, SystemClock
from storage.database import Database
from tests.harness import mortal
from tests.harness.databases import open_database
from tests.harness.fcm import FcmServer
from tests.harness.twilio import TwilioServer
from tests.harness.world import World

pytestmark = pytest.mark.process
NUMBER = "+16145550177"
KILLED = -signal.SIGKILL


@contextmanager
def asked(url: str, kind: Kind, *addresses: str) -> Iterator[tuple[Database, str]]:
    """A peer with these devices is asked; the database, and the peer's id."""
    with open_database(url, SystemClock()) as db:
        db.before_commit.append(Planner(DispatchDirectory(), [kind]).plan)
        world = World(db, ManualClock(SystemClock().now()))
        # Only the first push: a process takes its time to start on a busy machine.
        admin = world.network(push_again_s=900, sms_s=900, voice_s=900)
        site = world.site(admin)
        nurse = world.user(admin, "Maria L.", Role.STAFF, site)
        peer: Actor = world.peer(admin, "Marcus T.")
        with db.transaction() as tx:
            for address in addresses:
                devices.register(
                    tx,
                    user_id=peer.id,
                    network_id=peer.network_id,
                    kind=kind,
                    address=address,
                    platform="android",
                )
        world.ask(nurse)
        world.tick()
        assert world.asked(_request(db)) == ["Marcus T."]
        yield db, peer.id


def _request(db: Database) -> str:
    with db.read() as tx:
        found = tx.session.scalars(select(Delivery.request_id).distinct()).one()
        assert found is not None
        return found


def state(db: Database, rung: Rung) -> set[DeliveryState]:
    with db.read() as tx:
        return set(tx.session.scalars(select(Delivery.state).where(Delivery.rung == rung)))


@pytest.mark.parametrize(
    "point,left_as,sends",
    [
        ("claimed", DeliveryState.PENDING, 1),
        ("begun", DeliveryState.UNKNOWN, 1),
        ("sent", DeliveryState.UNKNOWN, 2),
    ],
)
def test_a_push_is_shown_exactly_once(
    database_url: str, tmp_path: Path, point: str, left_as: DeliveryState, sends: int
) -> None:
    token = "token-of-marcus-" + "x" * 100
    with asked(database_url, Kind.FCM, token) as (db, _), FcmServer() as fcm:
        settings = {
            "DATABASE_URL": database_url,
            "PUSH": "fcm",
            "FCM_BASE_URL": fcm.url,
            "FIREBASE_CREDENTIALS": str(fcm.write_service_account(tmp_path / "firebase.json")),
        }
        assert mortal.start(Kind.FCM, point, tmp_path, **settings) == KILLED
        assert state(db, Rung.PUSH) == {left_as}, "never called sent while nobody knows"
        assert mortal.start(Kind.FCM, "never", tmp_path, **settings) == 0
        first = [m for m in fcm.sent_to(token) if "Still" not in m["notification"]["title"]]
        assert len(first) == sends
        assert len(fcm.visible(token)) == 1, "however often it was sent, the phone shows one"
        assert fcm.refused == []
        assert state(db, Rung.PUSH) <= {DeliveryState.SENT, DeliveryState.UNKNOWN}
        assert _nothing_due(db)


@pytest.mark.parametrize("point", ["claimed", "begun", "sent"])
def test_a_text_is_on_the_phone_exactly_once(database_url: str, tmp_path: Path, point: str) -> None:
    """Texts do not replace each other: the provider is asked whether it has this one already."""
    with asked(database_url, Kind.SMS, NUMBER) as (db, _), TwilioServer() as twilio:
        with db.transaction() as tx:
            tx.session.execute(
                update(Delivery).where(Delivery.rung == Rung.SMS).values(due_at=tx.now)
            )
        settings = {
            "DATABASE_URL": database_url,
            "PUSH": "console",
            "SMS_BASE_URL": twilio.url,
            "SMS_ACCOUNT": twilio.account,
            "SMS_TOKEN": twilio.token,
            "SMS_FROM": twilio.number,
        }
        assert mortal.start(Kind.SMS, point, tmp_path, **settings) == KILLED
        assert mortal.start(Kind.SMS, "never", tmp_path, **settings) == 0
        assert len(twilio.phone(NUMBER).texts) == 1
        assert state(db, Rung.SMS) == {DeliveryState.SENT}
        assert _nothing_due(db)


def _nothing_due(db: Database) -> bool:
    with db.read() as tx:
        due = select(Delivery.id).where(Delivery.due_at <= tx.now)
        return tx.session.execute(due).first() is None
