"""Many connections to one server, opened a few at a time; whoever is not let in at once tries again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.load.country import Country, Person
from benchmarks.load.line import Hear, Line, Lost, dial
from storage.clock import SystemClock

AT_ONCE = 16
TRIES = 10
AGAIN_S = 1.0
CLOCK = SystemClock()


class Switchboard:
    """Opens lines, and counts those that end by themselves."""

    def __init__(self, port: int, country: Country) -> None:
        self.port = port
        self.country = country
        self.lost = 0

    async def one(self, who: Person, hear: Hear) -> Line:
        """A line that is let in, or `Lost`."""
        for _ in range(TRIES):
            try:
                token = self.country.token(who, CLOCK.now())
                return await dial(self.port, token, hear, self._lost)
            except Lost:
                await asyncio.sleep(AGAIN_S)
        raise Lost(f"not let in after {TRIES} tries")

    async def all(
        self, people: Sequence[Person], hear: Callable[[Person], Hear]
    ) -> dict[str, Line]:
        """Everybody's line, by id."""
        waiting, lines = list(people), dict[str, Line]()

        async def some() -> None:
            while waiting:
                who = waiting.pop()
                lines[who.id] = await self.one(who, hear(who))

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
        return lines

    def _lost(self) -> None:
        self.lost += 1


def deaf(_who: Person) -> Hear:
    """For a line whose events nobody needs."""

    def hear(_event: str, _data: Any) -> None:
        """Nothing."""

    return hear
