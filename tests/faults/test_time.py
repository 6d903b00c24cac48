"""Clocks that step backwards, nights that have an hour twice or not at all, zones that are edited."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from dispatch import invariants
from dispatch.actions import visits
from dispatch.learning import history
from dispatch.models import Site
from dispatch.states import Role
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.world import World

MINUTE_S = 60.0
GAP = datetime(2026, 3, 8, 6, 58, tzinfo=UTC)
"""Two minutes before New York's clocks go from 2:00 to 3:00."""
OVERLAP = datetime(2026, 11, 1, 5, 58, tzinfo=UTC)
"""Two minutes before they go from 2:00 back to 1:00."""


def started(db: Database, clock: ManualClock) -> tuple[World, str]:
    """Two peers of whom the first wave asks one, and a request."""
    world = World(db, clock)
    admin = world.network(waves=[{"after_s": 0, "size": 1}, {"after_s": 60, "size": 1}])
    nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    world.peer(admin, "Marcus T.", km_north=1)
    world.peer(admin, "Dana W.", km_north=9)
    return world, world.ask(nurse)


def test_a_clock_that_steps_back_makes_a_wave_late_and_never_double(
    db: Database, clock: ManualClock
) -> None:
    world, request_id = started(db, clock)
    world.forward(30)
    clock.advance(-MINUTE_S)
    world.tick()
    assert world.asked(request_id) == ["Marcus T."]
    world.forward(30 + MINUTE_S)
    assert world.asked(request_id) == ["Dana W.", "Marcus T."], "late by what it stepped back"
    assert world.facts(request_id).count("wave_sent") == 2


def test_a_visit_goes_on_over_a_clock_that_steps_back(db: Database, clock: ManualClock) -> None:
    world, request_id = started(db, clock)
    clock.advance(-MINUTE_S)
    visit_id = world.accept(world.actors["Marcus T."], request_id)
    for step in (visits.depart, visits.arrive, visits.start, visits.complete):
        clock.advance(-MINUTE_S)
        world.do(step, world.actors["Marcus T."], visit_id)
    assert world.snapshot(request_id)["state"] == "completed"
    with db.read() as tx:
        assert invariants.check(tx) == []


@pytest.mark.parametrize("before", [GAP, OVERLAP])
def test_the_night_the_clocks_change_moves_no_wave(
    db: Database, clock: ManualClock, before: datetime
) -> None:
    clock.set(before)
    world, request_id = started(db, clock)
    world.forward(59)
    assert world.asked(request_id) == ["Marcus T."]
    world.forward(1)
    assert world.asked(request_id) == ["Dana W.", "Marcus T."]
    world.forward(180)
    assert world.request(request_id).created_at == before


def test_an_hour_that_is_missing_or_there_twice_is_an_hour_of_the_day_all_the_same() -> None:
    new_york = history.zone("America/New_York")
    moments = [start + timedelta(minutes=10 * n) for start in (GAP, OVERLAP) for n in range(18)]
    hours = [history.hour_at(moment, new_york) for moment in moments]
    assert all(0 <= hour < 24 for hour in hours)
    assert not [hour for hour in hours[:18] if 2 <= hour < 3], "nobody lives in the missing hour"
    assert len([hour for hour in hours[18:] if 1 <= hour < 2]) > 6, "the doubled one counts twice"


def test_editing_the_zone_of_a_site_moves_nothing_under_way(
    db: Database, clock: ManualClock
) -> None:
    world, request_id = started(db, clock)
    before = world.request(request_id).next_action_at
    with db.transaction() as tx:
        tx.session.execute(update(Site).values(time_zone="Pacific/Kiritimati"))
    assert world.request(request_id).next_action_at == before
    world.forward(60)
    assert world.asked(request_id) == ["Dana W.", "Marcus T."]
