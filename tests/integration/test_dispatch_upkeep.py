"""What is put right when somebody leaves: requests that were theirs, a position nobody needs."""

from dispatch.actions import duty, people, visits
from dispatch.actions.duty import Position
from dispatch.models import Duty
from dispatch.states import Role
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.world import COLUMBUS, World


def test_what_a_leaving_manager_owned_is_owned_by_the_next(
    db: Database, clock: ManualClock
) -> None:
    world = World(db, clock)
    admin = world.network()
    nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    first = world.user(admin, "Renee A.", Role.MANAGER)
    second = world.user(admin, "Omar B.", Role.MANAGER)
    request = world.ask(nurse)
    before = world.snapshot(request)
    world.forward(400)
    assert world.snapshot(request)["owner"]["id"] == first.id

    world.do(people.update_user, admin, first.id, {"is_active": False})

    assert world.snapshot(request)["owner"] == {
        "kind": "manager",
        "id": second.id,
        "name": "Omar B.",
    }
    assert world.facts(request)[-1] == "owner_changed"
    assert world.replayed(before) == world.snapshot(request)


def test_a_position_is_forgotten_after_the_visit_of_who_went_off_duty(
    db: Database, clock: ManualClock
) -> None:
    world = World(db, clock)
    admin = world.network()
    nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    peer = world.peer(admin, "Marcus T.")
    visit = world.accept(peer, world.ask(nurse))
    world.off_duty(peer)
    world.do(visits.depart, peer, visit)
    here = Position(COLUMBUS[0] + 0.01, COLUMBUS[1], 10.0, clock.now())
    world.do(duty.record_position, peer, here)

    world.tick()
    assert _latitude(db, peer.id) is not None, "on the road the site sees where they are"

    world.do(visits.arrive, peer, visit)
    world.do(visits.start, peer, visit)
    world.do(visits.complete, peer, visit)
    world.tick()
    assert _latitude(db, peer.id) is None


def _latitude(db: Database, peer_id: str) -> float | None:
    with db.read() as tx:
        return tx.session.get_one(Duty, peer_id).latitude
