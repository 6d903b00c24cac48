"""What was decided is kept in the same commit, told at a terminal, and forgotten in two steps."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from dispatch.actions import staff
from dispatch.policy import Wave
from dispatch.recorded import decisions, recording
from dispatch.recorded.decisions import RecordedDecision
from dispatch.states import Role
from server import replay, turns
from server.settings import Settings
from server.wiring import Wired, wire
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.world import World


def kept(db: Database, request_id: str) -> list[RecordedDecision]:
    with db.read() as tx:
        return list(decisions.of_request(tx, request_id))


def town(world: World, **policy: Any) -> str:
    """A search that has asked two of four, one of whom is off duty; its id."""
    admin = world.network(waves=[{"after_s": 0, "size": 2}, {"after_s": 90}], **policy)
    nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    world.user(admin, "Renee A.", Role.MANAGER)
    for km, name in enumerate(("Ana B.", "Ben C.", "Cy D."), start=2):
        world.peer(admin, name, km_north=km)
    world.peer(admin, "Di E.", on_duty=False)
    return world.ask(nurse)


def wired(db: Database, clock: ManualClock) -> Wired:
    url = db.engine.url.render_as_string(hide_password=False)
    return wire(Settings.model_validate({"alongside_env": "test", "database_url": url}), clock)


def test_every_wave_and_the_handing_over_are_kept(db: Database, clock: ManualClock) -> None:
    world = World(db, clock)
    request_id = town(world)
    world.forward(400, step_s=30)
    rows = kept(db, request_id)
    assert [row.wave for row in rows] == [1, 2, None]
    assert [row.because[0]["code"] for row in rows] == ["asked", "asked", "escalated"]
    assert {row.strategy for row in rows} == {"waves"}
    names = {actor.id: name for name, actor in world.actors.items()}
    first = recording.who(rows[0].who)
    assert [names[one] for one in first.asked] == ["Ana B.", "Ben C."]
    assert [(names[one], place) for one, place in first.later] == [("Cy D.", 3)]
    assert {names[one]: why.value for one, why in first.excluded.items()} == {"Di E.": "off_duty"}
    last = recording.who(rows[2].who)
    assert {why.value for why in last.excluded.values()} == {"already_asked", "off_duty"}


def test_a_search_by_price_is_kept_too(db: Database, clock: ManualClock) -> None:
    world = World(db, clock)
    request_id = town(world, strategy="priced")
    world.forward(60, step_s=15)
    rows = kept(db, request_id)
    assert [row.wave for row in rows][:1] == [1]
    assert {row.strategy for row in rows} == {"priced"}
    assert rows[0].because[0]["people"][0]["place"] == 1


def test_a_look_that_changes_nothing_is_not_kept(db: Database, clock: ManualClock) -> None:
    world = World(db, clock)
    request_id = town(world)
    world.forward(80, step_s=5)
    assert len(kept(db, request_id)) == 1


def test_what_it_was_made_from_goes_after_a_month_and_the_reasons_stay(
    db: Database, clock: ManualClock
) -> None:
    world = World(db, clock)
    request_id = town(world)
    clock.advance(timedelta(days=29).total_seconds())
    turns.forget_inputs(db)
    assert all(row.inputs for row in kept(db, request_id))
    clock.advance(timedelta(days=1, seconds=1).total_seconds())
    turns.forget_inputs(db)
    rows = kept(db, request_id)
    assert [row.inputs for row in rows if row.wave == 1] == [None]
    assert rows[0].why
    assert recording.who(rows[0].who).asked


def test_what_tells_whom_a_person_met_goes_a_day_after_the_end(
    db: Database, clock: ManualClock
) -> None:
    world = World(db, clock)
    request_id = town(world)
    with db.transaction() as tx:
        tx.session.execute(update(RecordedDecision).values(tells_wishes=True))
    clock.advance(3 * 3600)
    turns.forget_inputs(db)
    assert kept(db, request_id)[0].inputs, "the request is still open"
    world.do(staff.cancel, world.actors["Hannah L."], request_id, "no longer wanted")
    clock.advance(timedelta(hours=24, seconds=1).total_seconds())
    turns.forget_inputs(db)
    assert not kept(db, request_id)[0].inputs


def test_it_is_told_at_a_terminal(db: Database, clock: ManualClock) -> None:
    world = World(db, clock)
    request_id = town(world)
    instance = wired(db, clock)
    try:
        told, is_same = replay.lines(instance, request_id)
        text = "\n".join(told)
        assert is_same
        assert "Wave 1, 2026-03-03T02:40:00.000000Z, by waves" in text
        assert "2 of 3 eligible asked, the soonest about" in text
        assert "Asked: Ana B., Ben C." in text
        assert "Later in the list: no. 3 Cy D." in text
        assert "1 not, off_duty: is not on duty." in text
        assert "This code decides the same." in text
        with db.transaction() as tx:
            tx.session.execute(update(RecordedDecision).values(inputs=None))
        told, is_same = replay.lines(instance, request_id)
        assert is_same
        assert "have had their time" in told[-1]
        assert replay.lines(instance, "0" * 32) == (
            [f"Nothing was decided about a request {'0' * 32}."],
            False,
        )
    finally:
        instance.close()


def test_code_that_decides_otherwise_is_found_out(db: Database, clock: ManualClock) -> None:
    world = World(db, clock)
    request_id = town(world)
    row = kept(db, request_id)[0]
    packed = decisions.packed(row)
    assert packed is not None
    inputs, decided = recording.unpack(packed)
    other = inputs.policy.model_copy(update={"waves": (Wave(after_s=0, size=1),)})
    forged = recording.pack(replace(inputs, policy=other), decided)
    instance = wired(db, clock)
    try:
        with db.transaction() as tx:
            tx.session.execute(update(RecordedDecision).values(inputs=forged.inputs))
        told, is_same = replay.lines(instance, request_id)
        assert not is_same
        assert told[-1].startswith("  This code decides otherwise: ask, ")
        with db.transaction() as tx:
            tx.session.execute(update(RecordedDecision).values(inputs=b"older"))
        told, is_same = replay.lines(instance, request_id)
        assert not is_same
        assert "Cannot be decided again" in told[-1]
    finally:
        instance.close()
        with db.transaction() as tx:
            tx.session.execute(update(RecordedDecision).values(inputs=packed.inputs))


def test_a_record_that_cannot_be_written_holds_nobody_up(
    db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(recording, "pack", broken)
    world = World(db, clock)
    request_id = town(world)
    assert world.request(request_id).asked == 2
    assert kept(db, request_id) == []
