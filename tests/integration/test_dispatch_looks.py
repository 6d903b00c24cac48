"""A search in a large network looks as far as it must: who is free and further away is asked in the same look."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from dispatch import region
from dispatch.actions import people
from dispatch.actions.people import Profile
from dispatch.models import (
    Badge,
    Certificate,
    DoNotPair,
    Duty,
    Offer,
    Peer,
    SupportRequest,
    User,
)
from dispatch.recorded import decisions, recording
from dispatch.states import Modality, Role
from storage.clock import ManualClock
from storage.database import Database, Transaction
from tests.harness.world import World, actor_of

CROWD = 24
NAMES = [f"P{number:02} Q." for number in range(CROWD)]


@pytest.fixture
def by_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than five on duty are looked at by region here: two of each way, then six, then everybody."""
    monkeypatch.setattr(region, "FEW", 5)
    monkeypatch.setattr(region, "FIRST", 2)
    monkeypatch.setattr(region, "NEAREST", 6)
    monkeypatch.setattr(region, "BY_CALL", 6)


@pytest.fixture
def world(db: Database, clock: ManualClock) -> World:
    """A nurse, and two dozen peers, each a kilometre further than the one before, in every way."""
    world = World(db, clock)
    admin = world.network(waves=[{"after_s": 0, "size": 2}, {"after_s": 90, "size": 2},
                                 {"after_s": 180}])  # fmt: skip
    world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    world.user(admin, "Renee A.", Role.MANAGER)
    for km, name in enumerate(NAMES):
        world.peer(admin, name, km_north=km)
    return world


def looked_at(db: Database, request_id: str) -> tuple[list[int], int]:
    """How many the first decision that is kept knew, and how many more there were."""
    with db.read() as tx:
        kept = decisions.of_request(tx, request_id)
        who = [recording.who(row.who) for row in kept]
    return [len(one.order) + len(one.excluded) for one in who], who[-1].outside


def _values(model: Any, column: str, **values: Any) -> Callable[[Transaction, list[str]], None]:
    def act(tx: Transaction, ids: list[str]) -> None:
        tx.session.execute(update(model).where(getattr(model, column).in_(ids)).values(**values))

    return act


def _shift_ends(tx: Transaction, ids: list[str]) -> None:
    soon = tx.now + timedelta(seconds=150)
    tx.session.execute(update(Duty).where(Duty.peer_id.in_(ids)).values(until=soon))


def _elsewhere(tx: Transaction, ids: list[str]) -> None:
    other = tx.session.scalars(select(SupportRequest)).one()
    tx.session.add_all(
        Offer(
            network_id=other.network_id,
            request_id=other.id,
            peer_id=one,
            wave=9,
            modality=Modality.CHAT,
            asked_at=tx.now,
        )
        for one in ids
    )


def _not_paired(tx: Transaction, ids: list[str]) -> None:
    site = tx.session.scalars(select(User.site_id).where(User.site_id.is_not(None))).one()
    tx.session.add_all(DoNotPair(peer_id=one, site_id=site, created_at=tx.now) for one in ids)


PAST = timedelta(days=-1)


def _muted(tx: Transaction, ids: list[str]) -> None:
    admin = tx.session.scalars(select(User).where(User.role == Role.ADMIN)).one()
    for one in ids:
        people.update_peer(tx, actor_of(admin), one, Profile(is_muted=True))


def _expired(model: Any) -> Callable[[Transaction, list[str]], None]:
    def act(tx: Transaction, ids: list[str]) -> None:
        _values(model, "peer_id", expires_at=tx.now + PAST)(tx, ids)

    return act


TAKEN: dict[str, Callable[[Transaction, list[str]], None]] = {
    "muted": _muted,
    "unreachable": _values(Peer, "id", is_reachable=False),
    "nothing at a time": _values(Peer, "id", open_offer_limit=0),
    "certificate": _expired(Certificate),
    "not for this way": _values(Duty, "peer_id", modalities=["chat"]),
    "not paired": _not_paired,
    "shift ends": _shift_ends,
    "asked elsewhere": _elsewhere,
}
FREE = ["P21 Q.", "P22 Q."]


@pytest.mark.parametrize("how", sorted(TAKEN))
@pytest.mark.parametrize("way", [Modality.IN_PERSON, Modality.VIDEO, None])
def test_who_is_free_is_asked_where_all_before_are_taken(
    by_region: None, world: World, db: Database, how: str, way: Modality | None
) -> None:
    """The nearest and the first in line cannot be asked, for one reason or another; two can."""
    nurse = world.actors["Hannah L."]
    if how == "asked elsewhere":
        world.ask(nurse, modality=Modality.PHONE, language="so")
    ids = [world.actors[name].id for name in NAMES if name not in FREE]
    with db.transaction() as tx:
        TAKEN[how](tx, ids)
    more = {"video_fallback": True} if way is None else {"modality": way}
    request_id = world.ask(nurse, **more)
    assert world.asked(request_id) == FREE
    [known], outside = looked_at(db, request_id)
    assert known + outside == CROWD


def test_the_usual_look_goes_no_further(by_region: None, world: World, db: Database) -> None:
    first = world.ask(world.actors["Hannah L."])
    assert world.asked(first) == ["P00 Q.", "P01 Q."], "two of six, when two were not sure"
    assert looked_at(db, first) == ([6], CROWD - 6)
    second = world.ask(world.actors["Hannah L."], modality=Modality.VIDEO)
    assert len(world.asked(second)) == 2
    assert not {"P00 Q.", "P01 Q."} & set(world.asked(second)), "they are asked elsewhere"


def test_who_is_with_somebody_takes_nobodys_place(
    by_region: None, world: World, db: Database
) -> None:
    nurse = world.actors["Hannah L."]
    for first, second in zip(NAMES[0:12:2], NAMES[1:12:2], strict=True):
        request_id = world.ask(nurse)
        assert world.asked(request_id) == [first, second]
        world.accept(world.actors[second], request_id)
        other = world.ask(nurse)
        assert world.asked(other)[0] == first, "who was not taken is free again"
        world.accept(world.actors[first], other)
    last = world.ask(nurse)
    assert world.asked(last) == NAMES[12:14]
    assert looked_at(db, last)[0][0] < CROWD, "and not everybody was looked at for it"


def test_a_wave_of_everybody_asks_everybody(
    by_region: None, world: World, db: Database, clock: ManualClock
) -> None:
    request_id = world.ask(world.actors["Hannah L."])
    world.forward(185)
    assert len(world.asked(request_id)) == CROWD
    assert looked_at(db, request_id)[1] == 0


def test_a_badge_ends_and_the_next_is_found(by_region: None, world: World, db: Database) -> None:
    ids = [world.actors[name].id for name in NAMES[:20]]
    with db.transaction() as tx:
        _expired(Badge)(tx, ids)
    request_id = world.ask(world.actors["Hannah L."])
    assert world.asked(request_id) == ["P20 Q.", "P21 Q."]


def test_who_is_as_wished_is_found_among_the_others(
    by_region: None, world: World, db: Database
) -> None:
    """A kilometre further than the nearest two there is a veteran: minutes that count for them bring them before the nearest."""
    with db.transaction() as tx:
        one = world.actors["P02 Q."].id
        tx.session.execute(update(Peer).where(Peer.id == one).values(traits=["veteran"]))
        other = world.actors["P20 Q."].id
        tx.session.execute(update(Peer).where(Peer.id == other).values(traits=["veteran"]))
    by_way = world.ask(world.actors["Hannah L."], preferences=["veteran"])
    assert world.asked(by_way) == ["P00 Q.", "P02 Q."]
    by_call = world.ask(world.actors["Hannah L."], modality=Modality.VIDEO, preferences=["veteran"])
    assert "P20 Q." in world.asked(by_call)


def test_a_search_that_nobody_can_answer_knows_when_somebody_is_free_again(
    by_region: None, world: World, db: Database, clock: ManualClock
) -> None:
    """All are asked elsewhere: that is no reason to hand the request to a manager at once."""
    nurse = world.actors["Hannah L."]
    world.ask(nurse, modality=Modality.PHONE, language="so")
    with db.transaction() as tx:
        _elsewhere(tx, [world.actors[name].id for name in NAMES])
    request_id = world.ask(nurse)
    assert world.asked(request_id) == []
    world.forward(60)
    with db.read() as tx:
        assert tx.session.get_one(SupportRequest, request_id).state.value == "searching"
    world.forward(125)
    assert len(world.asked(request_id)) == CROWD
