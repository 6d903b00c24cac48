"""`python -m tests.faults.runner`: make faults, one after another, and print what came of them."""

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from tests.faults.runner import faults, report
from tests.faults.runner.cluster import Cluster
from tests.faults.runner.episode import Episode, play
from tests.faults.runner.faults import Fault

SHORT = 8
MOST_EPISODES = 60
"""A cluster is made anew after so many faults: its tables and logs grow."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="bin/faults", description=__doc__)
    made.add_argument("--seed", type=int, default=None, help="the first seed; a fault, a moment")
    made.add_argument("--count", type=int, default=None, help="how many seeds from there")
    made.add_argument("--long", type=int, metavar="N", help="N faults; goes on where it was ended")
    made.add_argument("--minutes", type=float, default=240.0, help="begin no fault after this long")
    made.add_argument("--point", help="this failpoint or weather instead of the seed's")
    made.add_argument("--action", help="this act instead of the seed's")
    made.add_argument("--kills", action="store_true", help="only faults that kill a process")
    made.add_argument("--database", choices=faults.DATABASES, help="only on this database")
    made.add_argument("--report", type=Path, default=Path("var/faults.jsonl"))
    made.add_argument("--list", action="store_true", help="say every fault there is")
    return made


def chosen(asked: argparse.Namespace) -> list[tuple[int, Fault]]:
    """Seeds and their faults, those of one database together: a cluster takes a while to start."""
    first = asked.seed if asked.seed is not None else 0
    count = asked.long or asked.count or (1 if asked.seed is not None else SHORT)
    found = []
    for seed in range(first, first + count):
        fault = faults.of(seed)
        found.append(
            (
                seed,
                Fault(
                    asked.point or fault.point,
                    asked.action or fault.act,
                    asked.database or fault.database,
                ),
            )
        )
    if (asked.database or asked.kills) and not asked.point:
        wanted = (
            (seed, fault)
            for seed in itertools.count(first)
            if (fault := faults.of(seed)).database in (asked.database or fault.database)
            and (fault.is_kill or not asked.kills)
        )
        found = list(itertools.islice(wanted, count))
    return sorted(found, key=lambda one: (one[1].database, one[0]))


def run(pairs: Iterable[tuple[int, Fault]], path: Path, minutes: float) -> list[Episode]:
    """Make these faults; each is written to the file as it ends."""
    until = time.monotonic() + minutes * 60
    played: list[Episode] = []
    cluster: Cluster | None = None
    with ExitStack() as stack:
        for number, (seed, fault) in enumerate(pairs):
            if time.monotonic() > until:
                break
            stale = number % MOST_EPISODES == 0
            if cluster is None or cluster.database != fault.database or stale:
                stack.close()
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                cluster = stack.enter_context(Cluster(fault.database, folder))
            episode = play(cluster, fault, seed)
            played.append(episode)
            report.keep(path, episode)
            print(
                f"{seed:5} {fault}: "
                + ("not reached" if not episode.is_reached else f"in {episode.role or 'place'}")
                + f", held up {episode.resume_s:.1f} s, {episode.took_s:.0f} s"
                + "".join(f"\n      BROKEN {one}" for one in episode.broken),
                flush=True,
            )
            if episode.broken:
                # What is wrong in the rows would be found again after every other fault.
                stack.close()
                cluster = None
    return played


def main() -> int:
    """What was asked for; 1 when something was broken."""
    asked = parser().parse_args()
    if asked.list:
        print("\n".join(str(one) for one in faults.every(asked.database)))
        return 0
    pairs = chosen(asked)
    before = report.done(asked.report) if asked.long else []
    known = {one.seed for one in before}
    if not asked.long:
        asked.report.unlink(missing_ok=True)
    episodes = before + run([p for p in pairs if p[0] not in known], asked.report, asked.minutes)
    print(report.table(episodes))
    summary = report.summary(episodes)
    asked.report.with_suffix(".json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
    return 1 if summary["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
