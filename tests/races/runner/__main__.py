"""`python -m tests.races.runner`: run races, batch after batch, and print what came of them.

It is no table of `python -m benchmarks`: what it shows is no speed but a count of nought among very
many, and very many are run over more than one sitting. So it is built as `bin/faults` is.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.races.runner import report
from tests.races.runner.door import Door
from tests.races.runner.ground import NAIVE, RACES, Ground
from tests.races.runner.reconnects import Reconnects
from tests.races.runner.sitting import Player, Sitting

SHORT = {"postgresql": 1000, "sqlite": 500, "http": 100, "reconnects": 200}
"""How many of each when nobody says how many."""
DATABASES = ("postgresql", "sqlite")
NAIVE_PART = 0.02
"""So many races of the naive yes are run beside those of a database, in the same sitting."""
LANES = {"sqlite": 8}
"""Databases, each with callers of its own, that play batches side by side; elsewhere it is one. SQLite
has one writer, and who waits for it sleeps, up to 100 ms at a time: alone it leaves the machine idle."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="bin/races", description=__doc__)
    made.add_argument(
        "what", nargs="*", choices=[*SHORT, []], metavar="WHAT", help=", ".join(SHORT)
    )
    made.add_argument(
        "--count", type=int, metavar="N", help="N of each; goes on where it was ended"
    )
    made.add_argument("--minutes", type=float, default=240.0, help="begin no batch after this long")
    made.add_argument("--report", type=Path, default=Path("var/races.jsonl"))
    made.add_argument("--batch", type=int, help="one batch by its number, and nothing is kept")
    return made


@contextmanager
def players(what: str, lanes: int = 1) -> Iterator[list[Player]]:
    """What was asked for, and beside a database the naive yes on another like it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if what == "http":
            yield [stack.enter_context(Door(folder))]
        elif what == "reconnects":
            yield [stack.enter_context(Reconnects(folder))]
        else:
            grounds = [Ground(what, folder / str(lane)) for lane in range(lanes)]
            grounds.append(Ground(what, folder, naive=True))
            yield [stack.enter_context(one) for one in grounds]


def go_on(sitting: Sitting, what: str, count: int) -> None:
    """Play until there are `count`, the naive ones in between."""
    wanted = {what: count}
    if what in DATABASES:
        wanted[NAIVE + what] = int(count * NAIVE_PART)
    if all(sitting.made(one) >= number for one, number in wanted.items()):
        return
    batches = -(-(count - sitting.made(what)) // RACES)
    lanes = max(1, min(LANES.get(what, 1), batches))
    with players(what, lanes) as ready:
        sitting.go_on(ready, wanted, lanes=lanes)


def _tell(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """What was asked for; 1 when something was broken."""
    asked = parser().parse_args()
    sitting = Sitting(asked.report if asked.count else None, asked.minutes, _tell)
    for what in asked.what or SHORT:
        if asked.batch is not None:
            with players(what) as (first, *_):
                sitting.records.append(first.play(asked.batch))
            continue
        go_on(sitting, what, asked.count or SHORT[what])
    print(report.table(sitting.records))
    return 1 if any(one.broken for one in sitting.records) else 0


if __name__ == "__main__":
    sys.exit(main())
