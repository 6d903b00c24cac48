"""A short pass of the fault runner: real processes of both shapes, broken, healed, and judged.

`bin/faults` makes many more; which ones is said by seeds, and every seed means one fault for ever.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.points import POINTS
from tests.faults.runner import faults, report
from tests.faults.runner.cluster import Cluster
from tests.faults.runner.episode import Episode, play
from tests.faults.runner.faults import Fault

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]

SHORT = {
    "sqlite": [("reply.before", "kill"), ("outbox.sent", "kill")],
    "postgresql": [
        ("accept.closed", "kill"),
        ("commit.before", "drop"),
        ("outbox.claimed", "kill"),
        ("~postgres", "crashed"),
    ],
}


@pytest.mark.parametrize("database", faults.DATABASES)
def test_no_promise_is_broken_by_any_of_a_few_faults(database: str, tmp_path: Path) -> None:
    with Cluster(database, tmp_path) as cluster:
        for seed, (point, act) in enumerate(SHORT[database]):
            episode = play(cluster, Fault(point, act, database), seed)
            assert episode.broken == [], episode
            assert episode.is_reached, episode
            assert episode.promises > episode.requests > 0


def test_a_seed_means_one_fault_and_all_seeds_mean_all_faults() -> None:
    known = faults.every()
    assert len(set(known)) == len(known)
    meant = Counter(faults.of(seed) for seed in range(2 * len(known)))
    assert meant == dict.fromkeys(known, 2)
    assert faults.of(5) == faults.of(5)


def test_every_failpoint_can_be_chosen_on_each_database_that_gets_there() -> None:
    chosen = {(one.point, one.database) for one in faults.every()}
    missing = [
        (point.name, database)
        for point in POINTS.values()
        for database in faults.DATABASES
        if point.name not in faults.ELSEWHERE
        and point.only in (None, database)
        and (point.name, database) not in chosen
    ]
    assert not missing


def test_a_run_that_was_ended_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "faults.jsonl"
    for seed in (1, 2):
        report.keep(path, Episode(seed, "commit.before", "kill", "sqlite", True, "run", True))
    with path.open("a") as out:
        out.write('{"seed": 3, "poi')
    assert [one.seed for one in report.done(path)] == [1, 2]
    assert "2 faults at 1 failpoints" in report.table(report.done(path))
