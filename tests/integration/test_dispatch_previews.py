"""A preview from the question to the answer: what is read, who plays it, what is kept. Both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from dispatch.access import Actor
from dispatch.actions import previews as acts
from dispatch.actions.previews import LEASE_S, MOST_ATTEMPTS, Taken
from dispatch.errors import Conflict, Invalid, NotFound
from dispatch.models import Offer
from dispatch.previewing import past, previews, trying
from dispatch.previewing.previews import Preview, PreviewError, PreviewState
from dispatch.states import Role
from dispatch.whatif.past import Said
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.weeks import NO_S, REACH_S, SESSION_S, YES_S, weeks
from tests.harness.world import World
from tests.races.start import StartLine

ONES = {"waves": [{"after_s": 90 * n, "size": 1} for n in range(10)], "escalate_after_s": 900}


class Town:
    """A network with a past of ten days."""

    def __init__(self, db: Database, clock: ManualClock, requests: int = 60) -> None:
        self.db = db
        self.world = World(db, clock)
        self.admin = self.world.network()
        self.site = self.world.site(self.admin)
        self.nurse = self.world.user(self.admin, "Hannah L.", Role.STAFF, self.site)
        self.peers = [
            self.world.peer(self.admin, f"Peer{n} T.", on_duty=False, km_north=3.0 + n)
            for n in range(8)
        ]
        self.requests = weeks(
            db, self.nurse.id, [peer.id for peer in self.peers], requests=requests, days=10
        )

    def ask(self, by: Actor | None = None, **values: Any) -> str:
        """Ask for a preview; its id."""
        asked: dict[str, Any] = {"settings": {}, "more_peers": [], "days": 30}
        with self.db.transaction() as tx:
            return acts.ask(tx, by or self.admin, **(asked | values)).id

    def row(self, preview_id: str) -> Preview:
        """As it stands."""
        with self.db.read() as tx:
            return tx.session.get_one(Preview, preview_id)

    def play(self) -> None:
        """Take the next and play it, in this process."""
        taken = acts.begin(self.db)
        assert taken is not None
        trying.play(self.db, taken, lambda: 0.0)


def more(town: Town, **values: Any) -> dict[str, Any]:
    """Six more peers at the site, all day."""
    return {
        "count": 6,
        "from_time": "00:00",
        "until_time": "00:00",
        "site_id": town.site,
        "modalities": ["in_person"],
        "languages": ["en"],
    } | values


def test_the_past_is_read_as_it_was(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock)
    with db.transaction() as tx:
        tx.session.execute(
            update(Offer).where(Offer.request_id == town.requests[1]).values(uncounted_at=tx.now)
        )
    with db.read() as tx:
        found = past.read(tx, town.admin.network_id, 30)
    world = found.world
    assert found.days_asked == 30.0
    assert world.days == pytest.approx(10.0)
    assert len(world.requests) == 60
    assert [peer.key for peer in world.peers] == sorted(peer.id for peer in town.peers)
    assert {len(peer.shifts) for peer in world.peers} == {1}
    first = {key[1]: said for key, said in found.said.items() if key[0] == 0}
    numbers = {peer.key: peer.number for peer in world.peers}
    assert first == {
        numbers[town.peers[0].id]: Said(False, NO_S),
        numbers[town.peers[1].id]: Said(True, YES_S),
        numbers[town.peers[2].id]: Said(None, YES_S),
    }
    assert not [key for key in found.said if key[0] == 1], "what was taken out is not read"
    assert found.reached_s[0, numbers[town.peers[1].id]] == REACH_S
    assert found.session_s[0] == SESSION_S
    assert (found.yes_s[0], found.yes_s[9]) == (YES_S, None)
    assert world.requests[9].patience_s == 600
    assert world.requests[0].wishes == frozenset()


def test_a_preview_is_played_and_kept(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock)
    asked = town.ask(settings=ONES, more_peers=[more(town)])
    assert town.row(asked).state is PreviewState.QUEUED
    town.play()
    row = town.row(asked)
    assert (row.state, row.progress, row.error, row.due_at) == (PreviewState.DONE, 1.0, None, None)
    assert row.result is not None
    assert (row.result["verdict"], row.result["requests"]) == ("compared", 60)
    assert (row.result["days_asked"], row.result["days"]) == (30, 10.0)
    rows = {one["name"]: one for one in row.result["rows"]}
    assert rows["asks_per_filled"]["change"] < 0
    assert rows["gini_asks"]["after_count"] - rows["gini_asks"]["before_count"] == 6
    truth = row.result["truth"]
    assert truth["recorded_min"] == pytest.approx(YES_S / 60, abs=0.01)
    assert (truth["over"], truth["recorded_unfilled"]) == (60, 6)
    assert acts.begin(db) is None


def test_too_few_requests_and_no_past_of_duties_are_said(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock, requests=19)
    few = town.ask()
    other = town.world.network("Another Network")
    empty = town.ask(by=other)
    town.play()
    town.play()
    results = [town.row(one).result or {} for one in (few, empty)]
    assert [one["verdict"] for one in results] == ["too_few", "no_history"]
    assert [one["rows"] for one in results] == [[], []]
    assert [one["requests"] for one in results] == [19, 0]


def test_who_loses_the_lease_changes_nothing_any_more(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock, requests=20)
    asked = town.ask()
    first = acts.begin(db)
    assert first is not None
    assert acts.begin(db) is None
    assert acts.go_on(db, first, 0.5)
    clock.advance(LEASE_S + 1)
    second = acts.begin(db)
    assert second == Taken(asked, second.lease if second else "")
    assert not acts.go_on(db, first, 0.9)
    assert not acts.finish(db, first, {})
    assert not acts.fail(db, first, PreviewError.TOO_SLOW)
    with pytest.raises(trying.NotOurs):
        trying.play(db, first, lambda: 0.0)
    assert (town.row(asked).progress, town.row(asked).attempts) == (0.0, 2)
    assert second is not None
    trying.play(db, second, lambda: 0.0)
    assert town.row(asked).state is PreviewState.DONE


def test_what_is_given_up_three_times_fails_with_its_reason(
    db: Database, clock: ManualClock
) -> None:
    town = Town(db, clock, requests=1)
    asked = town.ask()
    for _ in range(MOST_ATTEMPTS):
        taken = acts.begin(db)
        assert taken is not None
        assert acts.give_back(db, taken)
    assert acts.begin(db) is None
    row = town.row(asked)
    assert (row.state, row.error) == (PreviewState.FAILED, PreviewError.KEPT_FAILING)
    assert acts.begin(db) is None


def test_a_dispatcher_that_stops_costs_no_attempt(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock, requests=1)
    asked = town.ask()
    for _ in range(MOST_ATTEMPTS + 1):
        taken = acts.begin(db)
        assert taken is not None
        acts.give_back(db, taken, counts=False)
    assert town.row(asked).attempts == 0


def test_a_network_plays_one_at_a_time_and_another_does_not_wait_for_it(
    db: Database, clock: ManualClock
) -> None:
    town = Town(db, clock, requests=1)
    other = town.world.network("Another Network")
    first = town.ask()
    clock.advance(1)
    second = town.ask()
    clock.advance(1)
    third = town.ask(by=other)
    begun = [acts.begin(db), acts.begin(db), acts.begin(db)]
    assert [one.id if one else None for one in begun] == [first, third, None]
    assert begun[0] is not None
    acts.fail(db, begun[0], PreviewError.TOO_SLOW)
    again = acts.begin(db)
    assert again is not None
    assert again.id == second


def test_five_may_wait_and_what_is_taken_back_makes_room(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock, requests=1)
    asked = [town.ask() for _ in range(previews.MOST_WAITING)]
    with pytest.raises(Conflict) as full:
        town.ask()
    assert full.value.refusal == "previews_full"
    playing = acts.begin(db)
    assert playing is not None
    with db.transaction() as tx:
        acts.take_back(tx, town.admin, playing.id)
    assert not acts.hold(db, playing)
    assert town.ask() not in asked


def test_what_could_not_be_saved_cannot_be_tried(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock, requests=1)
    with pytest.raises(Invalid) as late:
        town.ask(settings={"escalate_after_s": 1})
    assert late.value.field == "policy"
    other = town.world.network("Another Network")
    foreign = town.world.site(other, "Elsewhere")
    with pytest.raises(Invalid) as unknown:
        town.ask(more_peers=[more(town), more(town, site_id=foreign)])
    assert unknown.value.field == "more_peers.1.site_id"
    asked = town.ask()
    with db.transaction() as tx, pytest.raises(NotFound):
        acts.take_back(tx, other, asked)


def test_a_result_is_forgotten_after_thirty_days(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock, requests=1)
    asked = town.ask()
    waiting = town.ask()
    town.play()
    clock.advance(timedelta(days=30).total_seconds() + 1)
    with db.transaction() as tx:
        assert previews.forget(tx) == 1
    assert town.row(waiting).state is PreviewState.QUEUED
    with db.read() as tx:
        assert tx.session.get(Preview, asked) is None


def test_asking_by_price_can_be_tried_with_more_on_video(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock)
    asked = town.ask(settings={"strategy": "priced"}, more_peers=[more(town, modalities=["video"])])
    town.play()
    result = town.row(asked).result
    assert result is not None
    assert len(result["rows"]) == 11


def test_of_many_who_begin_at_once_one_does(db: Database, clock: ManualClock) -> None:
    town = Town(db, clock, requests=1)
    for _ in range(previews.MOST_WAITING):
        town.ask()
    begun: list[Taken | None] = []
    for _ in range(3):
        with StartLine(4) as line:
            line.shoot(*[lambda: begun.append(acts.begin(db))] * 4)
        (taken,) = [one for one in begun if one is not None]
        assert acts.finish(db, taken, {})
        begun.clear()
