"""The races would notice: with a guard taken away, each of them sees what it is there to see."""

from collections import Counter
from typing import cast

import pytest
from sqlalchemy import Table, bindparam, text, update
from sqlalchemy.exc import OperationalError

from dispatch import invariants, race
from dispatch.models import Offer, SupportRequest
from dispatch.states import OfferState, RequestState
from storage.base import UTCDateTime
from storage.database import Database
from storage.engine import READ_ONLY
from tests.harness.world import World
from tests.races.start import WON, Course, StartLine

pytestmark = [
    pytest.mark.race,
    pytest.mark.unchecked("a guard is taken away on purpose; the test looks for what breaks"),
]

ONLY_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ONLY_POSTGRES = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

REQUESTS = cast(Table, SupportRequest.__table__)
OFFERS = cast(Table, Offer.__table__)
NOW = bindparam("now", type_=UTCDateTime())
TRIES = 20
"""How often a race without its guard is run before it counts as unnoticed."""


def without_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The statement that decides no longer asks for the request's state."""
    blind = (
        update(REQUESTS)
        .where(REQUESTS.c.id == OFFERS.c.request_id, OFFERS.c.id == bindparam("this_offer"))
        .values(state=RequestState.ACCEPTED, next_action_at=NOW, seq=REQUESTS.c.seq + 1)
        .returning(REQUESTS.c.id, REQUESTS.c.site_id, REQUESTS.c.policy, REQUESTS.c.seq)
    )
    monkeypatch.setattr(race, "_GUARD", blind)


def without_offer_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The statement behind it no longer asks for the offer's state, either."""
    blind = (
        update(OFFERS)
        .where(OFFERS.c.id == bindparam("this_offer"))
        .values(state=OfferState.ACCEPTED, answered_at=NOW)
        .returning(OFFERS, OFFERS.c.peer_id.label("peer_name"))
    )
    monkeypatch.setattr(race, "_CLOSE", blind)


def without_index(course: Course, name: str) -> None:
    """The schema no longer agrees."""
    with course.world.db.transaction() as tx:
        tx.session.execute(text(f"DROP INDEX {name}"))


def broken(course: Course) -> str:
    """What the invariants say now."""
    with course.world.db.read() as tx:
        return "; ".join(invariants.check(tx))


@ONLY_POSTGRES
def test_without_the_guard_the_losers_hear_something_else(
    course: Course, line: StartLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = course.peers(8)
    without_guard(monkeypatch)
    for _ in range(TRIES):
        request = course.world.ask(course.nurse)
        heard = Counter(line.shoot(*(course.yes(peer, request) for peer in everybody)))
        assert course.live_visits(request) == 1, "the offers and the index still hold"
        if heard != {WON: 1, "already_taken": 7}:
            break
        course.clear()
    else:
        pytest.fail("nobody noticed that the guard was gone")


@ONLY_POSTGRES
def test_without_any_guard_two_peers_go(
    course: Course, line: StartLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = course.peers(8)
    without_guard(monkeypatch)
    without_offer_guard(monkeypatch)
    without_index(course, "uq_visits_live_request")
    for _ in range(TRIES):
        request = course.world.ask(course.nurse)
        line.shoot(*(course.yes(peer, request) for peer in everybody))
        if course.live_visits(request) > 1:
            break
        with course.world.db.transaction() as tx:
            for table in ("facts", "visits", "offers", "support_requests"):
                tx.session.execute(text(f"DELETE FROM {table}"))
    assert "a request has two live visits" in broken(course)


def test_without_the_index_of_peers_one_peer_goes_to_two_places(
    course: Course, line: StartLine
) -> None:
    (marcus,) = course.peers(1, open_offer_limit=2)
    without_index(course, "uq_visits_live_peer")
    requests = [course.world.ask(course.nurse) for _ in range(2)]
    heard = line.shoot(*(course.yes(marcus, request) for request in requests))
    assert heard == [WON, WON]
    assert "a peer has two live visits" in broken(course)


@ONLY_SQLITE
def test_without_immediate_a_writer_finds_the_database_locked(
    course: Course, line: StartLine
) -> None:
    world = course.world
    everybody = course.peers(16)
    deferred = Database(world.db.engine.execution_options(**{READ_ONLY: True}), world.clock)
    hasty = Course(World(deferred, world.clock), course.admin, course.nurse, course.manager)

    def race_on() -> None:
        for _ in range(TRIES):
            request = world.ask(course.nurse)
            line.shoot(*(hasty.no(peer, request) for peer in everybody))
            course.clear()

    with pytest.raises(OperationalError, match="database is locked"):
        race_on()
