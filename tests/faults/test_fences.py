"""A process that is stopped past its lease and goes on finds that others took over, and stands back."""

from sqlalchemy import select, update

from dispatch import engine
from dispatch.models import SupportRequest
from dispatch.states import Role
from notifications.channels.memory import MemoryChannel
from notifications.models import Delivery, Rung
from notifications.relay import PUSH_LEASE_S
from storage.claims import Claim
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import Phones
from tests.harness.world import World
from tests.integration.test_notifications_relay import relay


def test_an_engine_past_its_lease_does_not_look(db: Database, clock: ManualClock) -> None:
    world = World(db, clock)
    admin = world.network()
    nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    request_id = world.ask(nurse)
    world.peer(admin, "Marcus T.")
    with db.transaction() as tx:
        tx.session.execute(
            update(SupportRequest).values(next_action_at=tx.now, lease="f" * 32, leased_until=None)
        )
    before = world.facts(request_id)
    with db.transaction() as tx:
        # What a process does that was stopped between its claim and its turn.
        engine._turn(tx, Claim(request_id, "0" * 32))
    assert world.facts(request_id) == before
    assert world.request(request_id).lease == "f" * 32, "it is still the other's"
    with db.transaction() as tx:
        engine._turn(tx, Claim(request_id, "f" * 32))
    assert world.asked(request_id) == ["Marcus T."]


def test_a_relay_past_its_lease_does_not_begin(db: Database, clock: ManualClock) -> None:
    phones, first, second = Phones(db), MemoryChannel(), MemoryChannel()
    phones.offer(phones.person("token-a"), phones.person("token-b"))
    asleep, awake = relay(phones, first), relay(phones, second)
    claims = asleep.claim()
    assert len(claims) == 2
    clock.advance(PUSH_LEASE_S)
    (taken, *_) = awake.claim(limit=1)
    assert asleep.send(claims)[0] == 1, "only what nobody took over"
    with db.read() as tx:
        lease = tx.session.scalars(select(Delivery.lease).where(Delivery.id == taken.id)).one()
    assert lease == taken.lease
    assert awake.send([taken])[0] == 1
    sent = [envelope.delivery_id for envelope in (*first.sent, *second.sent)]
    assert sorted(sent) == sorted(row.id for row in phones.rows() if row.rung is Rung.PUSH)
