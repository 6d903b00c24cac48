"""One announcement to a room of 1,000 sockets, and announcements to one each: ours beside Node.

Ours is a web process as in production: gunicorn's gevent worker, Redis between processes (each
announcement is published there too). Node's is a plain Socket.IO server without an adapter. The
same clients listen to both, in this process; a delivery counts from the moment the server speaks to
the moment its bytes are read here.
"""

import asyncio
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.load.country import Country
from benchmarks.speakers import NoPeer, Speaker, connected, everybody, node, ours
from benchmarks.table import percentile, show
from storage.clock import SystemClock

PHONES = 1_000
SAID = 100
EVERY_S = 0.25
CALM_S = 2.0
TARGETED = 20_000
MOST_S = 60.0
CLOCK = SystemClock()


@dataclass
class Found:
    """What one server did."""

    name: str
    heard_ms: list[float] = field(default_factory=list)
    whole_ms: list[float] = field(default_factory=list)
    """From speaking to the last of all."""
    per_second: float = 0.0
    missing: int = 0
    client_busy: float = 0.0
    """Share of a core that the clients took while they were spoken to one by one."""


def main() -> None:
    """Run both and print the table."""
    found: list[Found] = []
    why = ""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        with everybody(PHONES, folder) as (country, environment):
            found.append(_one(ours(PHONES, folder, environment), country))
            try:
                found.append(_one(node(folder), country))
            except NoPeer as alone:
                why = f" Ours alone: {alone}."
    show(
        f"A room of {PHONES:,} sockets, and one announcement to one socket each",
        (
            "server",
            "deliveries",
            "p50 ms",
            "p99 ms",
            "last of all, p99 ms",
            "to one each, a second",
        ),
        [
            (
                one.name,
                f"{len(one.heard_ms):,}",
                f"{percentile(one.heard_ms, 50):.1f}",
                f"{percentile(one.heard_ms, 99):.1f}",
                f"{percentile(one.whole_ms, 99):.1f}",
                f"{one.per_second:,.0f}",
            )
            for one in found
        ],
        "Missing: "
        + ", ".join(
            f"{one.name} {one.missing}, clients busy {one.client_busy:.0%} of a core"
            for one in found
        )
        + "."
        + why,
    )


def _one(starting: AbstractContextManager[Speaker], country: Country) -> Found:
    with starting as speaker:
        return asyncio.run(_measure(speaker, country))


async def _measure(speaker: Speaker, country: Country) -> Found:
    found = Found(speaker.name)
    heard: list[float] = []
    counted = [0]

    def hear(event: str, data: dict[str, Any]) -> None:
        if event == "resync" and "said_at" in data:
            counted[0] += 1
            heard.append((CLOCK.now().timestamp() - data["said_at"]) * 1000.0)

    await connected(speaker, country, hear)
    assert await speaker.asked("/speak/gather") == PHONES
    await asyncio.sleep(CALM_S)
    for _ in range(SAID):
        heard.clear()
        await speaker.asked("/speak/all")
        await _until(lambda: len(heard) >= PHONES)
        found.missing += PHONES - len(heard)
        found.heard_ms += heard
        found.whole_ms.append(max(heard, default=0.0))
        await asyncio.sleep(EVERY_S)
    counted[0] = 0
    loop, me = asyncio.get_running_loop(), psutil.Process()
    began, used = loop.time(), sum(me.cpu_times()[:2])
    asked = asyncio.create_task(speaker.asked(f"/speak/each?count={TARGETED}"))
    await _until(lambda: counted[0] >= TARGETED)
    took = loop.time() - began
    found.per_second = counted[0] / took
    found.client_busy = (sum(me.cpu_times()[:2]) - used) / took
    found.missing += TARGETED - counted[0]
    await asked
    return found


async def _until(is_so: Any) -> None:
    """Wait, in steps that cost the measurement less than a millisecond."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + MOST_S
    while not is_so() and loop.time() < deadline:
        await asyncio.sleep(0.001)


if __name__ == "__main__":
    main()
