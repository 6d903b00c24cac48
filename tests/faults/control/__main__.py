"""`bin/faults --control`: break guards on purpose, one at a time, and say who noticed."""

import argparse
import sys

from tests.faults.control.bench import Found, notice
from tests.faults.control.guards import GUARDS

LEAST_CAUGHT = 0.95


def main() -> int:
    """Break those named, or all; 1 when too many stayed unnoticed."""
    parser = argparse.ArgumentParser(prog="bin/faults --control", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="GUARD", help="only these")
    asked = parser.parse_args()
    chosen = [guard for guard in GUARDS if not asked.names or guard.name in asked.names]
    found: list[Found] = []
    print("| guard | keeps | noticed by |\n| --- | --- | --- |", flush=True)
    for guard in chosen:
        found.append(notice(guard))
        by = found[-1].by.rsplit("::", 1)[-1] if found[-1].is_caught else "**nobody**"
        print(f"| {guard.name} | {guard.keeps} | {by} |", flush=True)
    caught = sum(one.is_caught for one in found)
    print(f"\n{caught} of {len(found)} guards that were broken on purpose were noticed.")
    return 0 if caught >= LEAST_CAUGHT * len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
