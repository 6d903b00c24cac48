"""`python -m tests.races.runner`: run races, batch after batch, and print what came of them.

It is no table of `python -m benchmarks`: what it shows is no speed but a count of nought among very
many, and very many are run over more than one sitting. So it is built as `bin/faults` is.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from tests.races.runner import report
from tests.races.runner.door import Door
from tests.races.runner.ground import NAIVE, Ground
from tests.races.runner.reconnects import Reconnects
from tests.races.runner.report import Record

SHORT = {"postgresql": 1000, "sqlite": 500, "http": 100, "reconnects": 200}
"""How many of each when nobody says how many."""
DATABASES = ("postgresql", "sqlite")
NAIVE_PART = 0.02
"""So many races of the naive yes are run beside those of a database, in the same sitting."""


class Player(Protocol):
    """Whatever plays batches."""

    what: str

    def play(self, number: int) -> Record:
        """One batch."""
        ...


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
def players(what: str) -> Iterator[list[Player]]:
    """What was asked for, and beside a database the naive yes on another like it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if what == "http":
            yield [stack.enter_context(Door(folder))]
        elif what == "reconnects":
            yield [stack.enter_context(Reconnects(folder))]
        else:
            real = stack.enter_context(Ground(what, folder))
            yield [real, stack.enter_context(Ground(what, folder, naive=True))]


class Sitting:
    """One run of the command: what is known already, and what is to be kept."""

    def __init__(self, path: Path | None, minutes: float) -> None:
        self._path = path
        self._until = time.monotonic() + minutes * 60
        self.records = report.done(path) if path is not None else []

    def made(self, what: str) -> int:
        """How many of these there are by now."""
        return sum(one.races for one in self.records if one.what == what)

    def go_on(self, what: str, count: int) -> None:
        """Batches until there are `count`, the naive ones in between."""
        wanted = {what: count}
        if what in DATABASES:
            wanted[NAIVE + what] = int(count * NAIVE_PART)
        if all(self.made(one) >= number for one, number in wanted.items()):
            return
        with players(what) as ready:
            while any(self.made(one.what) < wanted[one.what] for one in ready):
                for one in ready:
                    made, all_ = self.made(one.what), wanted[one.what]
                    # In step: the naive ones wait for as large a part of the others.
                    if made < all_ and made * count <= self.made(what) * all_:
                        self._play(one)
                    if time.monotonic() > self._until:
                        return

    def _play(self, player: Player) -> None:
        number = 1 + max((o.number for o in self.records if o.what == player.what), default=0)
        record = player.play(number)
        self.records.append(record)
        if self._path is not None:
            report.keep(self._path, record)
        for what in record.broken:
            print(f"BROKEN {record.what} batch {number}: {what}", flush=True)


def main() -> int:
    """What was asked for; 1 when something was broken."""
    asked = parser().parse_args()
    sitting = Sitting(asked.report if asked.count else None, asked.minutes)
    for what in asked.what or SHORT:
        if asked.batch is not None:
            with players(what) as (first, *_):
                sitting.records.append(first.play(asked.batch))
            continue
        sitting.go_on(what, asked.count or SHORT[what])
    print(report.table(sitting.records))
    return 1 if any(one.broken for one in sitting.records) else 0


if __name__ == "__main__":
    sys.exit(main())
