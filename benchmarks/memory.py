"""What an idle phone costs a web process in memory: ours beside Node.

The memory that is a process's own alone (USS), with nobody connected and with 2,000 phones that say
nothing; the difference, shared out. Ours is a web process as in production, Node's a plain Socket.IO
server; both collect their garbage before each look.
"""

import asyncio
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.lines import Switchboard
from benchmarks.load.country import Country
from benchmarks.speakers import NoPeer, Speaker, connected, everybody, node, ours
from benchmarks.table import show

PHONES = 2_000
WARM = 50
"""Connected and gone before the first look: what the first phone alone costs is nobody's share."""
CALM_S = 5.0
GOAL_KB = 72.0

Row = tuple[str, ...]


def main() -> None:
    """Run both and print the table."""
    rows: list[Row] = []
    why = ""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        with everybody(PHONES, folder) as (country, environment):
            rows.append(_one(ours(PHONES, folder, environment), country, f"{GOAL_KB:.0f} KB"))
            try:
                rows.append(_one(node(folder), country, "the peer"))
            except NoPeer as alone:
                why = f"Ours alone: {alone}."
    show(
        f"Memory of an idle phone, {PHONES:,} connected",
        ("server", "with nobody, MB", "with all, MB", "a phone, KB", "goal", "longest gc stop, ms"),
        rows,
        why,
    )


def _one(starting: AbstractContextManager[Speaker], country: Country, goal: str) -> Row:
    with starting as speaker:
        before, after = asyncio.run(_measure(speaker, country))
        pause_ms = speaker.longest_pause_ms()
    return (
        speaker.name,
        f"{before / 1024:.1f}",
        f"{after / 1024:.1f}",
        f"{(after - before) / PHONES:.1f}",
        goal,
        "" if pause_ms is None else f"{pause_ms:.0f}",
    )


async def _measure(speaker: Speaker, country: Country) -> tuple[float, float]:
    """KB before and after."""
    warm = Switchboard(speaker.port, country)
    lines = await warm.all(country.peers[:WARM], lambda _who: _quiet)
    for line in lines.values():
        line.drop()
    await asyncio.sleep(CALM_S)
    await speaker.asked("/speak/gather")
    before = speaker.memory_kb()
    await connected(speaker, country, _quiet)
    await asyncio.sleep(CALM_S)
    assert await speaker.asked("/speak/gather") == PHONES
    return before, speaker.memory_kb()


def _quiet(_event: str, _data: object) -> None:
    """An idle phone."""


if __name__ == "__main__":
    main()
