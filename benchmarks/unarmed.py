"""What failpoints cost a yes when nobody asked for them, in one run on SQLite.

The points on the path of one yes are counted by arming none of them; a call of the unarmed function
is timed in the same run, beside an empty loop. Goal: under one part in a thousand.
"""

import timeit
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from benchmarks.accepts import accept
from benchmarks.table import percentile, show
from benchmarks.yeses import fill
from storage import migrate
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from storage.failpoints import failpoint

YESES = 400
CALLS = 1_000_000
ON_THE_PATH = ("dispatch.race", "dispatch.guard", "dispatch.journal", "storage.database")
"""The modules a yes goes through in process; the layer of HTTP has three more points."""


def main() -> None:
    """Time both and print the table."""
    with TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'a.sqlite3'}")
        migrate.upgrade(engine)
        fill(engine, list(range(YESES)), vacuum=False)
        db = Database(engine, SystemClock())
        reached = _points_of_one(db)
        took_s = percentile([accept(db, n) for n in range(1, YESES)], 50)
        engine.dispose()
    empty_s = timeit.timeit("pass", number=CALLS) / CALLS
    names = {"failpoint": failpoint}
    call_s = timeit.timeit("failpoint('x')", globals=names, number=CALLS) / CALLS - empty_s
    cost = reached * call_s
    show(
        "Failpoints that nobody asked for, on the path of one yes",
        ("what", "measured", "of one yes", "goal"),
        [
            ("one yes, in process, SQLite", f"{took_s * 1e6:,.0f} µs", "100%", ""),
            (f"its {reached} points", f"{cost * 1e6:.2f} µs", f"{cost / took_s:.3%}", "0.1%"),
        ],
    )


def _points_of_one(db: Database) -> int:
    """How many points the first yes passes."""
    passed: list[str] = []
    patches = [patch.object(import_module(m), "failpoint", passed.append) for m in ON_THE_PATH]
    for one in patches:
        one.start()
    accept(db, 0)
    for one in patches:
        one.stop()
    return len(passed)


if __name__ == "__main__":
    main()
