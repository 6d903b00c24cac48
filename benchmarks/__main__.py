"""`python -m benchmarks [NAME ...] [--write]`: run the tables named, or all of them."""

import argparse
import sys
import traceback
from collections.abc import Callable
from functools import partial

from benchmarks import (
    accepts,
    accepts_http,
    board,
    decide,
    eta,
    fanout,
    memory,
    outbox,
    page,
    positions,
    pushes,
    refusals,
    region,
    ring,
    start,
    unarmed,
    video,
    whatif,
)
from benchmarks.load import run as load
from benchmarks.table import keeping

TABLES: dict[str, Callable[[], None]] = {
    "ring": ring.main,
    "accepts": accepts.main,
    "accepts_http": accepts_http.main,
    "board": board.main,
    "positions": positions.main,
    "fanout": fanout.main,
    "memory": memory.main,
    "decide": decide.main,
    "region": region.main,
    "outbox": outbox.main,
    "pushes": pushes.main,
    "unarmed": unarmed.main,
    "video": video.main,
    "refusals": refusals.main,
    "eta": eta.main,
    "whatif": whatif.main,
    "start": start.main,
    "load": load.table,
}


def main() -> int:
    """Run what was asked for, one after the other: nothing else may load the machine meanwhile.

    One that fails is told, leaves its block on the page as it was, and keeps nobody from theirs.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*TABLES, []], metavar="NAME")
    parser.add_argument(
        "--write", action="store_true", help="put the tables into docs/performance.md"
    )
    parser.add_argument("--phones", type=int, help="how many `load` has, instead of 10,000")
    asked = parser.parse_args()
    if asked.phones is not None:
        TABLES["load"] = partial(load.table, asked.phones)
    failed = []
    for name in asked.names or TABLES:
        moment = page.moment()
        try:
            with keeping() as tables:
                TABLES[name]()
        except Exception:  # noqa: BLE001  # printed in full; the others have their turn
            traceback.print_exc()
            failed.append(name)
            continue
        if asked.write:
            text = page.PAGE.read_text(encoding="utf-8")
            told = f"Measured on {moment}; {page.machine()}."
            page.PAGE.write_text(page.written(text, name, tables, told), encoding="utf-8")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
