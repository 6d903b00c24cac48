"""Somebody with a line to `/live` who follows requests by `seq`, as `docs/realtime.md` asks of a client.

It keeps which facts came and how; it refuses to keep what they said, but for the state they end in.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from benchmarks.load import calls
from benchmarks.load.calls import Answer
from benchmarks.load.country import Country, Person
from benchmarks.load.line import Json, Line, Lost, dial
from benchmarks.load.tally import Tally
from dispatch.states import FINAL
from storage.clock import SystemClock
from storage.ids import new_id

CLOCK = SystemClock()
FIRST_AGAIN_S, MOST_AGAIN_S = 0.5, 5.0
"""Our page's wait before it comes back, doubled at each try up to the second, half of it by chance."""
SETTLED_S = 2.0
"""So long after the end of what it shows, a follower stops following."""
AWAY = frozenset({0, 429, 502, 503, 504})
"""Nobody answered, or "come again": 0 is a connection without an answer."""
PATIENCE_S = 20.0
_REFUSED = frozenset({404, 409, 410})
"""What somebody may hear who came too late."""
_FINAL = frozenset(state.value for state in FINAL)


@dataclass
class Stream:
    """One request, as one follower hears of it."""

    request_id: str
    start: int | None = None
    """The `seq` of the first snapshot; facts after it must come."""
    reached: int = 0
    came: dict[int, str] = field(default_factory=dict)
    """How each fact came first: `live`, `gap` (fetched, because one was missing), `again` (fetched
    after being away)."""
    state: str = ""
    until: datetime | None = None
    """Facts of later moments were not for this follower any more."""
    is_fetching: bool = False

    def take(self, seq: int, how: str, data: Json) -> None:
        """A fact came."""
        if seq > max(self.came, default=self.reached):
            self.state = data.get("state", self.state)
        self.came.setdefault(seq, how)
        self.advance()

    def advance(self) -> None:
        """How far there is no gap."""
        while self.start is not None and self.reached + 1 in self.came:
            self.reached += 1

    @property
    def has_gap(self) -> bool:
        """Whether a fact is missing before one that came."""
        return self.start is not None and bool(self.came) and max(self.came) > self.reached

    @property
    def is_final(self) -> bool:
        """Whether the request has ended."""
        return self.state in _FINAL


@dataclass(frozen=True)
class Means:
    """What everybody needs."""

    port: int
    country: Country
    tally: Tally
    spawn: Callable[[Coroutine[Any, Any, None]], object]
    """Let something run on its own; what it raises is an error of the run."""


class Follower:
    """One person's app."""

    def __init__(self, means: Means, who: Person, chance: Random) -> None:
        self.means = means
        self.who = who
        self.chance = chance
        self.tally = means.tally
        self.line: Line | None = None
        self.streams: dict[str, Stream] = {}
        self.past: list[Stream] = []
        self._is_coming = False
        self.is_done = False
        """The run is over: who loses the line now does not come back."""

    # The line

    @property
    def is_live(self) -> bool:
        """Whether it is connected."""
        return self.line is not None and self.line.is_live

    async def connect(self) -> float:
        """Open the line; the milliseconds it took. Raises `Lost`."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.line = await dial(self.means.port, self._token(), self._hear, self._lost)
        return (loop.time() - began) * 1000.0

    async def come_back(self, *, waits_first: bool) -> None:
        """Open the line again until it is open, and catch up with what was missed."""
        pause = FIRST_AGAIN_S
        self._is_coming = is_first = True
        try:
            while not self.is_done:
                if waits_first or not is_first:
                    await asyncio.sleep(pause * self.chance.uniform(0.5, 1.5))
                    pause = min(2.0 * pause, MOST_AGAIN_S)
                is_first = False
                try:
                    await self.connect()
                    await self.catch_up()
                except Lost as lost:
                    self.tally.errors[f"coming back: {lost}"] += 1
                    if self.line is not None:
                        self.line.drop()
                else:
                    return
        finally:
            self._is_coming = False

    async def catch_up(self) -> None:
        """After a reconnect: every request that is followed, from where it was left."""
        for stream in list(self.streams.values()):
            await self._follow(stream, "again")

    def renew(self) -> None:
        """Give the line a fresh token before the one it stands on ends; called now and then."""
        until = self.who.good_until
        if self.line is not None and until is not None and until <= CLOCK.now():
            self.line.say("refresh", {"token": self._token()}, self._expect("refresh"))

    def _token(self) -> str:
        return self.means.country.token(self.who, CLOCK.now())

    def _lost(self) -> None:
        if self.is_done:
            return
        self.tally.errors["a line was closed by the server"] += 1
        if not self._is_coming:
            self.means.spawn(self.come_back(waits_first=True))

    def _expect(self, what: str) -> Callable[[Json, float], None]:
        def then(answer: Json, _seconds: float) -> None:
            if not answer.get("ok"):
                self.tally.errors[f"{what}: {answer.get('code')}"] += 1

        return then

    # Calls

    async def call(self, what: str, method: str, path: str, body: Any = None) -> Answer:
        """One call over HTTP, counted under `what`; who is told to come again does, with the same key.

        The time that is kept begins with the first try.
        """
        key = new_id() if method == "POST" else None
        loop = asyncio.get_running_loop()
        began, pause = loop.time(), FIRST_AGAIN_S
        while True:
            answer = await calls.call(self.means.port, self._token(), method, path, body, key)
            if answer.status not in AWAY or loop.time() - began > PATIENCE_S:
                break
            self.tally.errors[f"{what}: {answer.status or answer.body}"] += 1
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.5))
            pause = min(2.0 * pause, MOST_AGAIN_S)
        now = self.tally.heard_at = loop.time()
        if answer.is_ok or answer.status in _REFUSED:
            self.tally.calls[what].append((now, (now - began) * 1000.0))
            code = answer.body.get("code") if isinstance(answer.body, dict) else None
            self.tally.outcomes[f"{what} {answer.status if answer.is_ok else code}"] += 1
        else:
            self.tally.errors[f"{what}: {answer.status or answer.body}"] += 1
        return answer

    # Requests

    async def follow(self, request_id: str, after: int | None = None) -> Stream:
        """Follow a request from now on, or from the `seq` of a snapshot. `Lost` without a line."""
        stream = Stream(request_id, after, after or 0)
        self.streams[request_id] = stream
        await self._follow(stream, "gap")
        return stream

    async def _follow(self, stream: Stream, how: str) -> None:
        answer = await self._ask_to_follow(stream)
        if not answer.get("ok"):
            self.end(stream)
            return
        if stream.start is None:
            stream.start = stream.reached = answer["snapshot"]["seq"]
            stream.state = answer["snapshot"]["state"]
            stream.advance()
        for fact in answer["facts"]:
            stream.take(fact["seq"], how, fact["data"])
        if answer["more"] or stream.has_gap:
            await self._fetch(stream, how)

    async def _ask_to_follow(self, stream: Stream) -> Json:
        """The answer, in the end; who is told that the database is away asks again."""
        said: Json = {"request_id": stream.request_id}
        if stream.start is not None:
            said["after"] = stream.reached
        pause = FIRST_AGAIN_S
        while True:
            if self.line is None:
                raise Lost("no line")
            answer = await self.line.ask("follow", said)
            if answer.get("ok") or answer.get("code") == "not_found":
                return answer
            self.tally.errors[f"follow: {answer.get('code')}"] += 1
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.5))
            pause = min(2.0 * pause, MOST_AGAIN_S)

    async def _fetch(self, stream: Stream, how: str) -> None:
        """What is missing, over HTTP."""
        if stream.is_fetching:
            return
        stream.is_fetching = True
        try:
            while True:
                path = f"/requests/{stream.request_id}/facts?after={stream.reached}"
                answer = await self.call("facts", "GET", path)
                items = answer.body["items"] if answer.is_ok else []
                for fact in items:
                    stream.take(fact["seq"], how, fact["data"])
                if not items or stream.reached >= answer.body["seq"]:
                    return
        finally:
            stream.is_fetching = False

    def end(self, stream: Stream) -> None:
        """What happens from now on is not for us; what happened before must have come."""
        if stream.until is None:
            stream.until = CLOCK.now()

    async def leave(self, stream: Stream) -> None:
        """Stop following, a moment after the end."""
        self.end(stream)
        await asyncio.sleep(SETTLED_S)
        if self.streams.get(stream.request_id) is stream:
            del self.streams[stream.request_id]
        self.past.append(stream)
        if self.line is not None:
            about = {"request_id": stream.request_id}
            self.line.say("unfollow", about, self._expect("unfollow"))

    def _hear(self, event: str, data: Json) -> None:
        self.tally.heard_at = asyncio.get_running_loop().time()
        if event == "fact":
            stream = self.streams.get(data["request_id"])
            if stream is not None:
                stream.take(data["seq"], "live", data["data"])
                if stream.has_gap:
                    self.means.spawn(self._fetch(stream, "gap"))
                self.heard_fact(stream)
        elif event == "resync":
            self.tally.outcomes["resync"] += 1
            for stream in list(self.streams.values()):
                if data.get("request_id") in (None, stream.request_id):
                    self.means.spawn(self._resync(stream, data.get("spread_s", 0)))
        else:
            self.heard(event, data)

    async def _resync(self, stream: Stream, spread_s: float) -> None:
        await asyncio.sleep(self.chance.uniform(0.0, spread_s))
        await self._fetch(stream, "again")

    def heard_fact(self, stream: Stream) -> None:
        """A fact of a stream came live."""

    def heard(self, event: str, data: Json) -> None:
        """Another event came."""
