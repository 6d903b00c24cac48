"""`python -m benchmarks [NAME ...]`: run the tables named, or all of them."""

import argparse
from collections.abc import Callable

from benchmarks import (
    accepts,
    board,
    decide,
    eta,
    outbox,
    refusals,
    region,
    ring,
    unarmed,
    video,
    whatif,
)

TABLES: dict[str, Callable[[], None]] = {
    "accepts": accepts.main,
    "outbox": outbox.main,
    "ring": ring.main,
    "board": board.main,
    "decide": decide.main,
    "eta": eta.main,
    "whatif": whatif.main,
    "region": region.main,
    "unarmed": unarmed.main,
    "video": video.main,
    "refusals": refusals.main,
}


def main() -> None:
    """Run what was asked for, one after the other: nothing else may load the machine meanwhile."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*TABLES, []], metavar="NAME")
    for name in parser.parse_args().names or TABLES:
        TABLES[name]()


if __name__ == "__main__":
    main()
