"""One connection to `/live`, as cheap as ten thousand of them must be: no task, no thread, no buffer.

It opens, answers pings, hands over events and acknowledgements, and says when it is lost. It refuses
to know what any event means.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from benchmarks.load import frames

Json = dict[str, Any]
Hear = Callable[[str, Json], None]
Then = Callable[[Json, float], None]
"""Given an acknowledgement and the seconds it took."""

OPEN_S = 8.0
"""How long until the transport is open; the page gives up then, too, and comes again."""
CONNECT_S = 30.0
"""How long until the namespace has answered."""


class Lost(Exception):
    """There is no connection: refused, closed, or not in time. The message is a short kind."""


class Line(asyncio.Protocol):
    """A connection; made by `dial`."""

    __slots__ = (
        "_acks",
        "_hear",
        "_lost",
        "_next",
        "_open",
        "_reader",
        "_token",
        "_transport",
        "_up",
        "is_live",
    )

    def __init__(self, token: str, hear: Hear, lost: Callable[[], None]) -> None:
        self._token = token
        self._hear = hear
        self._lost = lost
        self._reader = frames.Reader()
        self._transport: asyncio.Transport | None = None
        self._acks: dict[int, tuple[float, Then, asyncio.Future[Json] | None]] = {}
        self._next = 0
        loop = asyncio.get_running_loop()
        self._up: asyncio.Future[None] | None = loop.create_future()
        """Done when the websocket is open; None once somebody has seen it."""
        self._open: asyncio.Future[None] | None = loop.create_future()
        """Done when the namespace has answered; None once somebody has seen it."""
        self.is_live = False
        """Whether the namespace has let us in and nothing has ended it."""

    def say(self, event: str, data: Json, then: Then) -> None:
        """Say something; `then` is given the acknowledgement. Nothing happens without a line."""
        self._say(event, data, then, None)

    async def ask(self, event: str, data: Json) -> Json:
        """Say something and wait for the acknowledgement. Raises `Lost`."""
        if not self.is_live:
            raise Lost("no line")
        done: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._say(event, data, lambda answer, _: _settle(done, answer), done)
        try:
            return await asyncio.wait_for(done, CONNECT_S)
        except TimeoutError:
            raise Lost("no acknowledgement") from None

    def _say(
        self, event: str, data: Json, then: Then, waiting: asyncio.Future[Json] | None
    ) -> None:
        if not self.is_live or self._transport is None:
            return
        self._next += 1
        self._acks[self._next] = (asyncio.get_running_loop().time(), then, waiting)
        self._transport.write(frames.event(event, data, self._next))

    def drop(self) -> None:
        """Be gone without a word, as a phone without a network is; nobody is told."""
        self._lost = lambda: None
        self._end("dropped")
        if self._transport is not None:
            self._transport.abort()

    async def until_open(self) -> None:
        """Wait for the websocket as long as the page does, then for the namespace. Raises `Lost`."""
        assert self._up is not None
        assert self._open is not None
        try:
            await asyncio.wait_for(self._up, OPEN_S)
            await asyncio.wait_for(self._open, CONNECT_S)
        except TimeoutError:
            is_up = self._up.done() and not self._up.cancelled()
            raise Lost("no answer to connect" if is_up else "not open in time") from None
        finally:
            self._up = self._open = None

    # What the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the websocket."""
        self._transport = cast(asyncio.Transport, transport)
        host, port = transport.get_extra_info("peername")[:2]
        self._transport.write(frames.upgrade(host, port))

    def data_received(self, data: bytes) -> None:
        """Whatever came; the first of it is the answer to the upgrade."""
        if self._up is not None and not self._up.done():
            head, ended, rest = data.partition(b"\r\n\r\n")
            if not ended or b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._fail(f"not upgraded: {head[9:12].decode('ascii', 'replace')}")
                return
            self._up.set_result(None)
            data = rest
        for opcode, payload in self._reader.feed(data):
            self._take(opcode, payload)

    def connection_lost(self, error: Exception | None) -> None:
        """The other side, or the way to it, is gone."""
        self._end("closed")

    def _take(self, opcode: int, payload: bytes) -> None:
        assert self._transport is not None
        if opcode == frames.TEXT:
            self._packet(payload)
        elif opcode == frames.PING:
            self._transport.write(frames.frame(payload, frames.PONG))
        elif opcode == frames.CLOSE:
            self._transport.close()

    def _packet(self, payload: bytes) -> None:
        assert self._transport is not None
        if payload == b"2":
            self._transport.write(frames.frame(frames.PONG_PACKET))
            return
        kind, ack, value = frames.packet(payload.decode())
        if kind == "43" and ack is not None:
            began, then, _ = self._acks.pop(ack)
            then(value[0] if value else {}, asyncio.get_running_loop().time() - began)
        elif kind == "42":
            self._hear(value[0], value[1] if len(value) > 1 else {})
        elif kind == "0":
            self._transport.write(frames.connect(self._token))
        elif kind == "40":
            self._token = ""
            self.is_live = True
            if self._open is not None and not self._open.done():
                self._open.set_result(None)
        elif kind == "44":
            self._fail(f"refused: {(value.get('data') or {}).get('code')}")
        elif kind == "41":
            self._transport.close()

    def _fail(self, why: str) -> None:
        self._end(why)
        if self._transport is not None:
            self._transport.abort()

    def _end(self, why: str) -> None:
        was_live, self.is_live = self.is_live, False
        asked = [waiting for _, _, waiting in self._acks.values()]
        self._acks.clear()
        for waiting in (self._up, self._open, *asked):
            if waiting is not None and not waiting.done():
                waiting.set_exception(Lost(why))
                waiting.exception()  # seen, also where nobody waits for it any more
        if was_live:
            self._lost()


def _settle(done: asyncio.Future[Json], answer: Json) -> None:
    if not done.done():
        done.set_result(answer)


async def dial(port: int, token: str, hear: Hear, lost: Callable[[], None]) -> Line:
    """A line that is let in, or `Lost`. `lost` is called when it ends by itself later."""
    loop = asyncio.get_running_loop()
    line = Line(token, hear, lost)
    try:
        opening = loop.create_connection(lambda: line, "127.0.0.1", port)
        await asyncio.wait_for(opening, OPEN_S)
    except (OSError, TimeoutError) as error:
        raise Lost(f"not reached: {type(error).__name__}") from None
    try:
        await line.until_open()
    except Lost:
        line.drop()
        raise
    return line
