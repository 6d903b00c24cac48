"""Those who watch: a nurse at a site who asks and follows, a manager with the live board open."""

import asyncio
from datetime import datetime

from benchmarks.load.follower import CLOCK, Follower, Stream
from benchmarks.load.line import Json

CANCELS = 0.1
"""The share of requests that are no longer wanted."""
CANCELS_S = (5.0, 30.0)
GIVES_UP_S = 240.0
"""Nobody comes: the nurse looks elsewhere, so that a long run does not pile searches up."""
BOARD_AGAIN_S = 60.0
"""How often our page reads the whole board again."""


class Nurse(Follower):
    """One at each site."""

    async def open(self) -> None:
        """Connect, and listen to the site. Raises `Lost`."""
        await self.connect()
        await self.catch_up()

    async def catch_up(self) -> None:
        """After each connect."""
        assert self.line is not None
        self._expect("follow_site")(await self.line.ask("follow_site", {}), 0.0)
        await super().catch_up()

    async def ask(self, number: int) -> None:
        """Ask for a peer, and follow what becomes of it."""
        body = {
            "modality": "in_person",
            "place": f"Room {number % 40 + 1}",
            "language": "en",
            "consent": True,
        }
        answer = await self.call("ask", "POST", "/requests", body)
        if not answer.is_ok:
            return
        stream = await self.follow(answer.body["id"], answer.body["seq"])
        is_fickle = self.chance.random() < CANCELS
        await asyncio.sleep(self.chance.uniform(*CANCELS_S) if is_fickle else GIVES_UP_S)
        if not self.is_done and not stream.is_final:
            path = f"/requests/{stream.request_id}/cancel"
            await self.call("cancel", "POST", path, {"reason": "left"})

    def heard_fact(self, stream: Stream) -> None:
        """The end of a request is the end of following it."""
        if stream.is_final and stream.until is None:
            self.means.spawn(self.leave(stream))


class Manager(Follower):
    """One in each network, in front of the board; also asks ten times a second for nothing at all."""

    async def open(self) -> None:
        """Connect and follow the board. Raises `Lost`."""
        await self.connect()
        await self.catch_up()

    async def catch_up(self) -> None:
        """After each connect, as the page does: say that it follows, then read all of it."""
        assert self.line is not None
        self._expect("follow_board")(await self.line.ask("follow_board", {}), 0.0)
        await self.call("board", "GET", "/board")

    async def keep_looking(self) -> None:
        """Read the whole board again, every minute, each manager at another second of it."""
        await asyncio.sleep(self.chance.uniform(0.0, BOARD_AGAIN_S))
        while not self.is_done:
            await self.call("board", "GET", "/board")
            await asyncio.sleep(BOARD_AGAIN_S)

    def heard(self, event: str, data: Json) -> None:
        """Changed rows. A position that somebody on the road told shows how old the board is."""
        if event != "board":
            return
        now, at = CLOCK.now(), asyncio.get_running_loop().time()
        self.tally.board_rows += len(data["rows"]) + len(data["peers"])
        for peer in data["peers"]:
            if peer["position"] is not None:
                recorded_at = datetime.fromisoformat(peer["position"]["recorded_at"])
                self.tally.board_lags.append((at, (now - recorded_at).total_seconds() * 1000.0))

    def probe(self) -> None:
        """An acknowledgement that touches no row: what the process alone takes at this moment."""
        if self.line is not None:
            self.line.say("unfollow", {"request_id": "0" * 32}, self._bare)

    def _bare(self, _answer: Json, seconds: float) -> None:
        self.tally.bare.append((asyncio.get_running_loop().time(), seconds * 1000.0))
