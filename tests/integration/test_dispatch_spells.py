"""The past of a duty: one spell after another, in the transaction that changes the duty."""

from datetime import datetime, timedelta

from sqlalchemy import select

from dispatch import spells
from dispatch.actions import people
from dispatch.actions.people import Profile
from dispatch.spells import DutySpell
from dispatch.states import Modality
from storage import migrate
from storage.clock import ManualClock, SystemClock
from storage.database import Database
from tests.harness.databases import START
from tests.harness.world import World

Told = tuple[float, float | None, tuple[str, ...]]


def told(db: Database, peer_id: str) -> list[Told]:
    """From when until when, in seconds from the start, and how."""

    def since(moment: datetime | None) -> float | None:
        return None if moment is None else (moment - START).total_seconds()

    with db.read() as tx:
        rows = tx.session.scalars(
            select(DutySpell).where(DutySpell.peer_id == peer_id).order_by(DutySpell.began_at)
        )
        return [
            (since(row.began_at) or 0.0, since(row.ended_at), tuple(row.modalities)) for row in rows
        ]


def test_a_duty_leaves_one_spell_for_each_way_in_which_it_was_meant(
    db: Database, clock: ManualClock
) -> None:
    world = World(db, clock)
    admin = world.network()
    peer = world.peer(admin, "Marcus T.", on_duty=False)
    assert told(db, peer.id) == []
    world.on_duty(peer, modalities=[Modality.VIDEO])
    clock.advance(60)
    world.on_duty(peer, modalities=[Modality.VIDEO])
    clock.advance(60)
    world.on_duty(peer, modalities=[Modality.IN_PERSON], until=START + timedelta(hours=1))
    clock.advance(60)
    world.off_duty(peer)
    world.off_duty(peer)
    assert told(db, peer.id) == [(0.0, 120.0, ("video",)), (120.0, 180.0, ("in_person",))]


def test_the_end_that_was_announced_ends_the_spell_when_it_is_swept(
    db: Database, clock: ManualClock
) -> None:
    world = World(db, clock)
    admin = world.network()
    peer = world.peer(admin, "Marcus T.", on_duty=False)
    world.on_duty(peer, modalities=[Modality.CHAT], until=START + timedelta(seconds=300))
    clock.advance(301)
    world.tick()
    assert told(db, peer.id) == [(0.0, 301.0, ("chat",))]


def test_muted_and_switched_off_is_not_available(db: Database, clock: ManualClock) -> None:
    world = World(db, clock)
    admin = world.network()
    peer = world.peer(admin, "Marcus T.", on_duty=False)
    world.on_duty(peer, modalities=[Modality.CHAT])
    clock.advance(10)
    world.do(people.update_peer, admin, peer.id, Profile(is_muted=True))
    clock.advance(10)
    world.do(people.update_peer, admin, peer.id, Profile(is_muted=False))
    clock.advance(10)
    world.do(people.update_user, admin, peer.id, {"is_active": False})
    assert told(db, peer.id) == [(0.0, 10.0, ("chat",)), (20.0, 30.0, ("chat",))]


def test_what_lasted_no_time_was_not_and_a_clock_that_was_put_back_harms_nothing(
    db: Database, clock: ManualClock
) -> None:
    world = World(db, clock)
    admin = world.network()
    peer = world.peer(admin, "Marcus T.")
    world.off_duty(peer)
    assert told(db, peer.id) == []
    world.on_duty(peer, modalities=[Modality.CHAT])
    clock.advance(-5)
    world.on_duty(peer, modalities=[Modality.VIDEO])
    assert told(db, peer.id) == [(-5.0, None, ("video",))]


def test_what_ended_ninety_days_ago_is_forgotten(db: Database, clock: ManualClock) -> None:
    world = World(db, clock)
    admin = world.network()
    peer = world.peer(admin, "Marcus T.")
    clock.advance(60)
    world.off_duty(peer)
    clock.advance(3600)
    world.on_duty(peer, modalities=[Modality.CHAT])
    clock.advance(spells.KEPT.total_seconds() - 3600 + 1)
    with db.transaction() as tx:
        assert spells.forget(tx) == 1
        assert spells.forget(tx) == 0
    assert told(db, peer.id) == [(3660.0, None, ("chat",))]


def test_for_who_is_on_duty_when_the_table_is_made_the_past_begins_then(
    db: Database, clock: ManualClock
) -> None:
    world = World(db, clock)
    admin = world.network()
    peer = world.peer(admin, "Marcus T.")
    world.peer(admin, "Sofia L.", on_duty=False)
    migrate.downgrade(db.engine, "0011")
    before = SystemClock().now()
    migrate.upgrade(db.engine)
    with db.read() as tx:
        (spell,) = tx.session.scalars(select(DutySpell))
    assert (spell.peer_id, spell.ended_at) == (peer.id, None)
    assert before <= spell.began_at <= SystemClock().now()
