"""Speed, shown as a ratio against a limit or a peer measured side by side in the same run.

    python -m benchmarks                every table
    python -m benchmarks accepts ring   some of them
    python -m benchmarks --write        every table, into docs/performance.md

Absolute figures move from machine to machine and from hour to hour; a ratio inside one run does
not. Each module prints one table and ends by itself; `docs/performance.md` keeps the last run of each.
"""
