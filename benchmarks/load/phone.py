"""A peer's phone: it tells where it is, rings for offers, says yes, no or nothing, and makes the visit.

A visit takes seconds instead of an hour, so that its steps happen within the run; the way itself is
as long as it is, and ends where it has got to.
"""

import asyncio
import math
from dataclasses import dataclass
from datetime import datetime
from random import Random

from benchmarks.load.country import Person
from benchmarks.load.follower import AWAY, CLOCK, Follower, Means, Stream
from benchmarks.load.line import Json, Lost
from dispatch.geo import Point

SAYS_YES, SAYS_NO = 0.45, 0.25
"""Shares of those who are asked; the others say nothing."""
THINKS_S = (1.0, 6.0)
STEPS = (("depart", 1.0, 4.0), ("arrive", 8.0, 16.0), ("start", 1.0, 4.0), ("complete", 4.0, 10.0))
"""What a visitor does, and within which seconds after the step before."""
ON_THE_ROAD_S = 4.0
"""How often our page tells a position between leaving and arriving."""
ROAD_MPS = 20.0
WALK_MPS = 8.0
WALK_M = 600.0
"""Half of those who wait go round in circles of this radius, the others stand still."""
JITTER_M = 8.0
M_PER_DEGREE = 111_200.0


@dataclass
class Heard:
    """An offer as this phone knows it."""

    how: str
    """`live` on the socket, `fetched` after being away."""
    is_closed: bool = False
    """It was told how the offer ended, or ended it itself."""


class Phone(Follower):
    """One peer."""

    def __init__(self, means: Means, who: Person, chance: Random) -> None:
        super().__init__(means, who, chance)
        assert who.home is not None
        self._middle = who.home
        self._walks = chance.random() < 0.5
        self._turn = chance.uniform(0.0, 2.0 * math.pi)
        self._began: float | None = None
        self._way: tuple[Point, Point, float] | None = None
        """From where to where, and since when; None for who is not on the road."""
        self.offers: dict[str, Heard] = {}
        self.away: list[tuple[datetime, datetime | None]] = []
        """When it had no connection."""

    # Where it is

    def tell_position(self) -> None:
        """Say where it is; nothing without a line."""
        if self.line is None or not self.line.is_live:
            return
        here = self._where(asyncio.get_running_loop().time())
        said = {
            "latitude": round(here.latitude, 6),
            "longitude": round(here.longitude, 6),
            "accuracy_m": 12.0,
            "recorded_at": CLOCK.now().isoformat(timespec="milliseconds"),
        }
        self.tally.positions_said += 1
        self.line.say("position", said, self._position_taken)

    def _position_taken(self, answer: Json, seconds: float) -> None:
        self.tally.positions[answer.get("used") or str(answer.get("code"))] += 1
        self.tally.heard_at = asyncio.get_running_loop().time()
        self.tally.position_acks.append((self.tally.heard_at, seconds * 1000.0))

    def _where(self, now: float) -> Point:
        if self._way is not None:
            return self._on_the_road(now)
        if not self._walks:
            return _moved(
                self._middle,
                self.chance.uniform(-JITTER_M, JITTER_M),
                self.chance.uniform(-JITTER_M, JITTER_M),
            )
        self._began = self._began or now
        turn = self._turn + (now - self._began) * WALK_MPS / WALK_M
        # The circle begins where the phone is known to be: nobody jumps.
        return _moved(
            self._middle,
            WALK_M * (math.cos(turn) - math.cos(self._turn)),
            WALK_M * (math.sin(turn) - math.sin(self._turn)),
        )

    def _on_the_road(self, now: float) -> Point:
        assert self._way is not None
        start, end, since = self._way
        north = (end.latitude - start.latitude) * M_PER_DEGREE
        east = (end.longitude - start.longitude) * M_PER_DEGREE * _narrow(start)
        length = max(math.hypot(north, east), 1.0)
        share = min(1.0, (now - since) * ROAD_MPS / length)
        return _moved(start, north * share, east * share)

    # Being away

    def drop(self) -> None:
        """Lose the connection."""
        self.away.append((CLOCK.now(), None))
        if self.line is not None:
            self.line.drop()

    async def catch_up(self) -> None:
        """Offers have no `seq`: they are fetched; then everything that is followed."""
        answer = await self.call("offers", "GET", "/offers")
        if not answer.is_ok:
            raise Lost("offers not fetched")
        still_open = set()
        for offer in answer.body["items"]:
            still_open.add(offer["id"])
            if offer["id"] not in self.offers:
                self._ring(offer, "fetched")
        for offer_id, known in self.offers.items():
            known.is_closed = known.is_closed or offer_id not in still_open
        await super().catch_up()
        if self.away and self.away[-1][1] is None:
            self.away[-1] = (self.away[-1][0], CLOCK.now())

    def end(self, stream: Stream) -> None:
        """Who is away and done hears no more of it: there is nothing to come back to."""
        if stream.until is None and self.away and self.away[-1][1] is None:
            stream.until = self.away[-1][0]
        super().end(stream)

    def _lost(self) -> None:
        if not (self.away and self.away[-1][1] is None):
            self.away.append((CLOCK.now(), None))
        super()._lost()

    # Offers

    def heard(self, event: str, data: Json) -> None:
        """An offer, or its end; a phone needs no other event here."""
        if event == "offer":
            if data["id"] not in self.offers:
                asked_at = datetime.fromisoformat(data["asked_at"])
                ms = (CLOCK.now() - asked_at).total_seconds() * 1000.0
                self.tally.offers.append((asyncio.get_running_loop().time(), ms))
                self._ring(data, "live")
        elif event == "offer_closed" and data["offer_id"] in self.offers:
            self.offers[data["offer_id"]].is_closed = True

    def _ring(self, offer: Json, how: str) -> None:
        self.offers[offer["id"]] = Heard(how)
        if not self.is_done:
            self.means.spawn(self._consider(offer))

    async def _consider(self, offer: Json) -> None:
        offer_id, known = offer["id"], self.offers[offer["id"]]
        if self.line is not None:
            self.line.say("seen", {"offer_id": offer_id}, self._seen)
        await asyncio.sleep(self.chance.uniform(*THINKS_S))
        mood = self.chance.random()
        if known.is_closed or self.is_done or mood > SAYS_YES + SAYS_NO:
            return
        self.tally.answers["meant"] += 1
        what = "accept" if mood <= SAYS_YES else "decline"
        body: Json | None = {} if what == "decline" else None
        answer = await self.call(what, "POST", f"/offers/{offer_id}/{what}", body)
        self.tally.answers["taken"] += answer.status not in AWAY
        if answer.is_ok and what == "accept":
            await self._visit(offer["request_id"], answer.body["visit"]["id"])

    def _seen(self, answer: Json, _seconds: float) -> None:
        code = "ok" if answer.get("ok") else answer.get("code")
        counts = self.tally.outcomes if code in _SEEN else self.tally.errors
        counts[f"seen {code}"] += 1

    # The visit

    async def _visit(self, request_id: str, visit_id: str) -> None:
        site = await self.call("request", "GET", f"/requests/{request_id}")
        stream = await self._follow_visit(request_id)
        for what, low, high in STEPS:
            await asyncio.sleep(self.chance.uniform(low, high))
            if self.is_done:
                return
            if stream.is_final:
                break
            answer = await self.call(what, "POST", f"/visits/{visit_id}/{what}")
            if not answer.is_ok:
                break
            if what == "depart" and site.is_ok:
                self._set_out(Point(site.body["site"]["latitude"], site.body["site"]["longitude"]))
            elif what == "arrive":
                self._stay()
        self._stay()
        await self.leave(stream)

    def heard_fact(self, stream: Stream) -> None:
        """What comes after the end of a request is not for its visitor."""
        if stream.is_final:
            self.end(stream)

    async def _follow_visit(self, request_id: str) -> Stream:
        """Follow; who has just lost the line does it with all the others once it is back."""
        stream = self.streams.setdefault(request_id, Stream(request_id))
        try:
            return await self.follow(request_id)
        except Lost:
            return self.streams.get(request_id, stream)

    def _set_out(self, site: Point) -> None:
        now = asyncio.get_running_loop().time()
        self._way = (self._where(now), site, now)
        self.means.spawn(self._tell_on_the_road())

    def _stay(self) -> None:
        if self._way is not None:
            self._middle = self._where(asyncio.get_running_loop().time())
            self._way, self._began = None, None

    async def _tell_on_the_road(self) -> None:
        while self._way is not None and not self.is_done:
            self.tell_position()
            await asyncio.sleep(ON_THE_ROAD_S)


_SEEN = frozenset({"ok", "offer_closed", "already_taken"})


def _narrow(at: Point) -> float:
    return math.cos(math.radians(at.latitude))


def _moved(start: Point, north_m: float, east_m: float) -> Point:
    return Point(
        start.latitude + north_m / M_PER_DEGREE,
        start.longitude + east_m / M_PER_DEGREE / _narrow(start),
    )
