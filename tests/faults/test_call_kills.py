"""The ringing process is killed at the worst moments: one press is one call, and none is lost.

A real process, a real SIGKILL, both databases; the real client talks to the provider's stand-in.
"""

import signal
from pathlib import Path

import pytest
from sqlalchemy import select

from dispatch.actions import calls
from dispatch.calls import CallTo, VisitCall
from dispatch.states import Modality, Role
from notifications import devices
from notifications.calls import planner
from notifications.calls.models import CallJob, JobState
from notifications.models import Kind
from server.wiring import wire
from storage.clock import ManualClock, SystemClock
from tests.api.conftest import make_settings
from tests.harness import mortal_calls
from tests.harness.databases import open_database
from tests.harness.twilio import TwilioServer
from tests.harness.world import World

pytestmark = pytest.mark.process
NUMBER = "+16145550177"


@pytest.mark.parametrize("point", ["claimed", "begun", "sent"])
def test_one_press_is_one_call(database_url: str, tmp_path: Path, point: str) -> None:
    with open_database(database_url, SystemClock()) as db, TwilioServer() as twilio:
        db.before_commit.append(planner.plan)
        world = World(db, ManualClock(SystemClock().now()))
        admin = world.network()
        nurse = world.user(admin, "Maria L.", Role.STAFF, world.site(admin))
        peer = world.peer(admin, "Marcus T.")
        with db.transaction() as tx:
            devices.register(
                tx,
                user_id=peer.id,
                network_id=peer.network_id,
                kind=Kind.VOICE,
                address=NUMBER,
                platform="phone",
            )
        request = world.ask(nurse, modality=Modality.PHONE)
        world.tick()
        visit = world.accept(peer, request)
        world.do(calls.place, peer, visit, CallTo.DESK)
        settings = {
            "DATABASE_URL": database_url,
            "VOICE_BASE_URL": twilio.url,
            "VOICE_FROM": twilio.number,
            "SMS_ACCOUNT": twilio.account,
            "SMS_TOKEN": twilio.token,
        }
        assert mortal_calls.start(point, tmp_path, **settings) == -signal.SIGKILL
        # Another process of the same kind, in this one: what was held goes on when its lease is over.
        again = {name.lower(): value for name, value in settings.items() if name != "DATABASE_URL"}
        wired = wire(make_settings(database_url, tmp_path, **again), SystemClock())
        assert mortal_calls.run(wired, "never") == 0
        wired.close()
        assert len(twilio.sent) == len(twilio.tried) == 1
        with db.read() as tx:
            job = tx.session.scalars(select(CallJob)).one()
            assert (job.state, job.sid) == (JobState.LIVE, twilio.sent[0].sid)
            assert tx.session.scalars(select(VisitCall)).one().end is None
        assert twilio.refused == []
