"""A short pass of the long races, and that their verdict would notice.

`bin/races` runs very many more; a number means the same races for ever.
"""

import threading
from collections import Counter
from pathlib import Path

import pytest

from dispatch.states import OfferState, RequestState
from tests.races.runner import field, ground, plan, report, verdict
from tests.races.runner.__main__ import players
from tests.races.runner.door import Door
from tests.races.runner.field import peer
from tests.races.runner.ground import RACES, Ground
from tests.races.runner.line import Heard
from tests.races.runner.plan import SEATS, Act, Asked, Kind, Race, What
from tests.races.runner.reconnects import Reconnects, difference
from tests.races.runner.report import Record
from tests.races.runner.sitting import Sitting
from tests.races.runner.verdict import Rows
from tests.races.start import WON

DATABASES = ("sqlite", "postgresql")

long = pytest.mark.timeout(400)


@long
@pytest.mark.race
@pytest.mark.parametrize("database", DATABASES)
def test_nobody_goes_twice(database: str, tmp_path: Path) -> None:
    with Ground(database, tmp_path, rounds=8) as track:
        record = track.play(1)
    assert record.broken == []
    assert (record.counts["doubled"], record.counts["unexplained"]) == (0, 0)
    assert record.races == sum(record.kinds.values()) > 20
    assert record.counts["met"] > record.races / 2, "they did not meet"
    if database == "postgresql":
        assert record.counts["guard"], "nobody got as far as the statement that decides"


@long
@pytest.mark.race
@pytest.mark.parametrize("database", DATABASES)
def test_a_naive_yes_sends_two(database: str, tmp_path: Path) -> None:
    with Ground(database, tmp_path, naive=True, rounds=8) as track:
        record = track.play(1)
    assert record.what == f"naive on {database}"
    assert record.counts["doubled"] > record.races / 4, "this would not notice"


@long
@pytest.mark.race
@pytest.mark.process
def test_nobody_goes_twice_over_http_at_two_processes(tmp_path: Path) -> None:
    with Door(tmp_path, rounds=3, most=12) as door:
        record = door.play(1)
    assert record.broken == []
    assert (record.counts["doubled"], record.counts["unexplained"]) == (0, 0)
    assert record.races > 8
    assert record.counts["both"] == record.races, "one process decided everything alone"
    assert record.counts["met"], "no round was a race"


@long
@pytest.mark.process
def test_who_is_cut_off_misses_nothing(tmp_path: Path) -> None:
    with Reconnects(tmp_path, pages=6, cuts=5) as stage:
        record = stage.play(1)
    assert record.broken == []
    assert record.races == 30
    assert (record.counts["lost"], record.counts["disordered"]) == (0, 0)
    assert record.counts["heard"]
    assert record.counts["followed"] + record.counts["fetched"], "nobody missed anything"


def test_a_number_means_the_same_races_for_ever() -> None:
    batches = [plan.batch(number, rounds=25) for number in range(20)]
    assert batches[3] == plan.batch(3, rounds=25)
    assert len({one.races for one in batches}) == len(batches)
    kinds = Counter(race.kind for one in batches for race in one.races)
    assert set(kinds) == set(Kind)
    crowds = {len(race.acts) for one in batches for race in one.races if race.kind is Kind.CROWD}
    assert {2, 32} <= crowds
    for one in batches:
        seats = list(one.seats())
        assert len({(round_, seat) for round_, seat, _ in seats}) == len(seats)
        assert all(seat < SEATS and round_ < 25 for round_, seat, _ in seats)
        peers = [{a.peer for a in race.asked} for race in one.races]
        assert len(set().union(*peers)) == sum(map(len, peers)), "a peer is in two races"


TWO_SAY_YES = Race(
    Kind.CROWD,
    0,
    (0,),
    (Asked(0, 0), Asked(0, 1)),
    (Act(What.YES, 0, 0), Act(What.YES, 0, 1)),
)


def left(*live: str, seqs: tuple[int, ...] = (1, 2)) -> Rows:
    """What one yes leaves behind when these peers go."""
    return Rows(
        RequestState.ACCEPTED,
        2,
        list(seqs),
        1,
        len(live),
        list(live),
        Counter({OfferState.ACCEPTED: 1, OfferState.SUPERSEDED: 1}),
    )


def said(race: Race, rows: Rows, *heard: str) -> list[str]:
    """The verdict on a race in which this was heard."""
    return list(verdict.of_race(race, {0: rows}, list(zip(race.acts, heard, strict=True))))


@pytest.mark.parametrize(
    "rows, heard, sentence",
    [
        (left(peer(0).id), (WON, "already_taken"), None),
        (left(peer(0).id, peer(1).id), (WON, WON), "2 peers were told that they go"),
        (left(peer(0).id, peer(1).id), (WON, "already_taken"), "there are 2 visits of it"),
        (left(peer(1).id), (WON, "already_taken"), "won and"),
        (left(peer(0).id), (WON, "busy"), "yes of 1 heard busy"),
        (left(peer(0).id), (WON, "OperationalError: locked"), "heard OperationalError"),
        (left(), ("already_taken", "already_taken"), "nobody goes although somebody could"),
        (left(peer(0).id, seqs=(1, 3)), (WON, "already_taken"), "the journal has a gap"),
    ],
)
def test_the_verdict_says_what_is_wrong(
    rows: Rows, heard: tuple[str, ...], sentence: str | None
) -> None:
    found = said(TWO_SAY_YES, rows, *heard)
    if sentence is None:
        assert found == []
    else:
        assert any(sentence in one for one in found), found


def test_a_peer_of_two_requests_goes_to_one() -> None:
    race = next(
        race
        for number in range(20)
        for race in plan.batch(number, rounds=25).races
        if race.kind is Kind.TWO and len(race.acts) == 2
    )
    here, there = race.requests
    taken = left(peer(race.asked[0].peer).id)
    taken.offers = Counter({OfferState.ACCEPTED: 1})
    waiting = Rows(RequestState.SEARCHING, 0, offers=Counter({OfferState.OPEN: 1}))
    of = {act.request: act for act in race.acts}
    rows = {here: taken, there: waiting}
    assert list(verdict.of_race(race, rows, [(of[here], WON), (of[there], "busy")])) == []
    both = list(verdict.of_race(race, rows, [(of[here], WON), (of[there], WON)]))
    assert "one peer goes to two places" in both


def test_calls_that_touch_are_told_from_calls_that_follow() -> None:
    def call(seat: int, began: float, ended: float) -> Heard:
        return Heard(0, seat, WON, True, began, ended)

    assert ground.most_at_once([call(0, 0.0, 1.0), call(1, 1.5, 2.0)]) == 1
    assert ground.most_at_once([call(0, 0.0, 1.0), call(1, 0.5, 2.0), call(2, 0.9, 1.1)]) == 3


def test_a_stream_is_held_against_the_journal() -> None:
    assert difference([4, 5, 6], [4, 5, 6]) == (0, 0)
    assert difference([4, 6], [4, 5, 6]) == (1, 1)
    assert difference([4, 6, 5], [4, 5, 6]) == (0, 2)


def test_a_run_that_was_ended_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "var" / "races.jsonl"
    counts = {"calls": 40, "met": 9, "abreast": 30, "doubled": 0, "unexplained": 0}
    for number in (1, 2):
        report.keep(path, Record("sqlite", number, 10, 0.5, counts, {"double taps": 10}))
    path.open("a").write('{"what": "sqlite", "num')
    known = report.done(path)
    assert [one.number for one in known] == [1, 2]
    assert "| sqlite | 20 | 80 |" in report.table(known)
    known[1].broken.append("nobody goes")
    assert "BROKEN: bin/races sqlite --batch 2: nobody goes" in report.table(known)


TOOK_S = 99.0


class Recorder:
    """Plays nothing, and says it took long. No batch ends before `abreast` are under way."""

    def __init__(self, what: str, abreast: int = 1) -> None:
        self.what = what
        self.played: list[int] = []
        self._together = threading.Barrier(abreast)

    def beside(self, other: "Recorder") -> "Recorder":
        """The same races, at a database of its own."""
        self._together = other._together
        return self

    def play(self, number: int) -> Record:
        """The batch of this number."""
        self._together.wait(timeout=30)
        self.played.append(number)
        return Record(self.what, number, RACES, TOOK_S)


def test_batches_side_by_side_are_all_different_and_share_the_time(tmp_path: Path) -> None:
    path = tmp_path / "races.jsonl"
    report.keep(path, Record("sqlite", 7, RACES, 0.5))
    first = Recorder("sqlite", abreast=2)
    lanes = [first, Recorder("sqlite").beside(first)]
    said: list[str] = []
    Sitting(path, 5, said.append).go_on(lanes, {"sqlite": 7 * RACES}, lanes=2)
    assert said == []
    known = report.done(path)
    assert sorted(one.number for one in known) == list(range(7, 14))
    assert [len(one.played) for one in lanes] == [3, 3]
    assert sum(one.took_s for one in known[1:]) < TOOK_S, "more than has passed"


@long
@pytest.mark.race
def test_nobody_goes_twice_on_databases_side_by_side() -> None:
    said: list[str] = []
    sitting = Sitting(None, 5, said.append)
    with players("sqlite", lanes=2) as ready:
        sitting.go_on(ready, {"sqlite": 2 * RACES, "naive on sqlite": 0}, lanes=2)
    assert said == []
    assert {1, 2} <= {one.number for one in sitting.records}
    counts = sum((Counter(one.counts) for one in sitting.records), Counter[str]())
    assert (counts["doubled"], counts["unexplained"]) == (0, 0)
    assert counts["met"] > RACES, "they did not meet"


def test_the_naive_yes_keeps_step() -> None:
    real, naive = Recorder("sqlite"), Recorder("naive on sqlite")
    said: list[str] = []
    sitting = Sitting(None, 5, said.append)
    sitting.go_on([real, naive], {real.what: 10 * RACES, naive.what: 2 * RACES})
    assert said == []
    order = [one.what for one in sitting.records]
    assert (order.count(real.what), order.count(naive.what)) == (10, 2)
    second = len(order) - 1 - order[::-1].index(naive.what)
    assert order[:second].count(real.what) >= 5, "ahead of the others"


def test_what_a_batch_is_about_has_ids_that_fit_a_column() -> None:
    longest = field.target(10**9, Act(What.YES, 10**5, 10**5))
    assert len(longest) <= 32
    assert len(field.target(10**9, Act(What.WITHDRAW, 10**5, 0))) <= 32
