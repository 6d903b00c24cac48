"""A database on which batches are run, one after another, by threads of several processes.

It knows what is started and in which order a batch goes; who may win, `verdict` knows.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text

from storage.clock import SystemClock
from tests.harness.databases import apply_migrations, open_database
from tests.harness.postgres import PostgresServer
from tests.harness.stacked import Stacked
from tests.races.runner import field, plan, verdict
from tests.races.runner.line import Call, Heard, Line
from tests.races.runner.plan import Act, Batch, Kind, Race, What
from tests.races.runner.report import Record
from tests.races.start import WON

ROUNDS = 25
"""Rounds of a batch: beyond, putting in and judging is no smaller part of the time."""
RACES = 140
"""So many races they have, about."""
NAIVE = "naive on "
"""What the races of the naive yes are called, before the name of their database."""


class Ground(Stacked):
    """One database with people in it, from `__enter__` to `__exit__`. `play` is one batch."""

    def __init__(
        self, database: str, folder: Path, *, naive: bool = False, rounds: int = ROUNDS
    ) -> None:
        self.what = NAIVE + database if naive else database
        self._database = database
        self._folder = folder
        self._naive = naive
        self._rounds = rounds

    def _start(self, stack: ExitStack) -> None:
        self._folder.mkdir(exist_ok=True)
        url = f"sqlite:///{self._folder / self.what.replace(' ', '-')}.sqlite3"
        if self._database == "postgresql":
            server = PostgresServer()
            stack.callback(server.remove)
            server.start()
            url = server.url()
        apply_migrations(url)
        self._db = stack.enter_context(open_database(url, SystemClock()))
        if self._naive:
            with self._db.engine.begin() as connection:
                connection.execute(text("DROP INDEX uq_visits_live_request"))
        field.settle(self._db.engine, self._rounds)
        self._line = stack.enter_context(Line(url, naive=self._naive))

    def play(self, number: int) -> Record:
        """Put in batch `number`, run it, judge it, take it away."""
        began = time.perf_counter()
        kinds = {Kind.CROWD: 1} if self._naive else plan.KINDS
        batch = plan.batch(number, rounds=self._rounds, kinds=kinds)
        field.wipe(self._db.engine)
        field.fill(self._db.engine, batch)
        calls = list(calls_of(batch))
        heard = self._line.run(batch.rounds, calls)
        rows, broken = verdict.read(self._db, batch)
        said = answers(batch, {(one.round, one.seat): one.answer for one in heard})
        counts, found = judge(batch, rows, said)
        counts.update(overlap(batch, heard))
        if self._naive:
            # What breaks here is what it is there for, and is counted.
            found, broken = [], []
        return Record(
            self.what,
            number,
            len(batch.races),
            round(time.perf_counter() - began, 3),
            dict(counts),
            dict(Counter(race.kind.value for race in batch.races)),
            found + broken,
        )


def calls_of(batch: Batch) -> Iterable[Call]:
    """What every seat does in every round."""
    for round_, seat, act in batch.seats():
        actor = field.MANAGER if act.what is What.CANCEL else field.peer(act.peer or 0)
        yield Call(round_, seat, act.what, actor, field.target(batch.number, act))


Said = list[tuple[Race, list[tuple[Act, str]]]]


def answers(batch: Batch, heard: dict[tuple[int, int], str]) -> Said:
    """For each race its calls, each with what was heard; no answer is an answer of its own."""
    by_act: dict[Act, list[str]] = defaultdict(list)
    for round_, seat, act in batch.seats():
        by_act[act].append(heard.get((round_, seat), "no answer"))
    # A double tap is the same act twice: in whichever order, the answers are theirs.
    return [(race, [(act, by_act[act].pop()) for act in race.acts]) for race in batch.races]


def judge(
    batch: Batch, rows: dict[int, verdict.Rows], said: Said
) -> tuple[Counter[str], list[str]]:
    """The counts of a batch and the sentences of what is wrong in it."""
    counts: Counter[str] = Counter(calls=0, doubled=0, unexplained=0)
    broken = []
    for race, pairs in said:
        counts["calls"] += len(pairs)
        counts["unexplained"] += sum(not verdict.is_explained(heard) for _, heard in pairs)
        counts["doubled"] += any(
            verdict.is_doubled(rows[n], [one for one in pairs if one[0].request == n])
            for n in race.requests
        )
        broken += [
            f"{field.request_id(batch.number, race.requests[0])} ({race.kind.value}): {what}"
            for what in verdict.of_race(race, rows, pairs)
        ]
    return counts, broken


def overlap(batch: Batch, heard: Sequence[Heard]) -> Counter[str]:
    """How much of a race it was: calls in flight at once, and who refused the losers.

    `met` counts races of which two calls were under way at one moment, `abreast` sums up how many
    were at most. A yes that was refused had got to the statement that decides (`guard`), to the
    index behind it (`index`), or had seen before that it was too late (`look`).
    """
    at = {(one.round, one.seat): one for one in heard}
    calls: dict[int, list[Heard]] = defaultdict(list)
    yeses: list[Heard] = []
    race_of = {n: index for index, race in enumerate(batch.races) for n in race.requests}
    for round_, seat, act in batch.seats():
        one = at.get((round_, seat))
        if one is None:
            continue
        calls[race_of[act.request]].append(one)
        if act.what is What.YES:
            yeses.append(one)
    most = [most_at_once(ones) for ones in calls.values()]
    refused = [one for one in yeses if one.answer in verdict.REFUSALS]
    index = sum(one.answer == verdict.BUSY for one in refused)
    guard = sum(one.reached_guard and one.answer != verdict.BUSY for one in refused)
    return Counter(
        met=sum(number > 1 for number in most),
        abreast=sum(most),
        watched=1,
        won=sum(one.answer == WON for one in yeses),
        index=index,
        guard=guard,
        look=len(refused) - index - guard,
    )


def most_at_once(calls: Sequence[Heard]) -> int:
    """How many of these calls were under way at the same moment, at most."""
    moments = sorted([(one.began, 1) for one in calls] + [(one.ended, -1) for one in calls])
    most = now = 0
    for _, step in moments:
        now += step
        most = max(most, now)
    return most
