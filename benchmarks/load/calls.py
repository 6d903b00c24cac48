"""One call over HTTP on a connection of its own, as a phone makes it.

It knows HTTP/1.1 as far as our server speaks it: a status, a body, and the end of the connection.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

CALL_S = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back. Status 0: nothing did, and `body` says why."""

    status: int
    body: Any
    seconds: float

    @property
    def is_ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300


class _Exchange(asyncio.Protocol):
    """Sends one request, gathers until the other side hangs up."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._parts: list[bytes] = []
        self.done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send it."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Keep it."""
        self._parts.append(data)

    def connection_lost(self, error: Exception | None) -> None:
        """That was all."""
        if not self.done.done():
            self.done.set_result(b"".join(self._parts))


async def call(
    port: int, token: str, method: str, path: str, body: Any = None, key: str | None = None
) -> Answer:
    """Make one call to `/api/v1`; never raises for what the other side does."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    sent = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    head = [
        f"{method} /api/v1{path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: close",
        f"Authorization: Bearer {token}",
    ]
    if key is not None:
        head.append(f"Idempotency-Key: {key}")
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(sent)}"]
    elif method == "POST":
        head.append("Content-Length: 0")
    exchange = _Exchange("\r\n".join([*head, "", ""]).encode() + sent)
    transport = None
    try:
        async with asyncio.timeout(CALL_S):
            transport, _ = await loop.create_connection(lambda: exchange, "127.0.0.1", port)
            received = await exchange.done
        return _parse(received, loop.time() - began)
    except (OSError, TimeoutError, ValueError) as error:
        return Answer(0, type(error).__name__, loop.time() - began)
    finally:
        if transport is not None:
            transport.abort()


def _parse(received: bytes, seconds: float) -> Answer:
    """`ValueError` for what is no whole answer."""
    head, ended, content = received.partition(b"\r\n\r\n")
    if not ended:
        raise ValueError("cut off")
    lines = head.decode("latin-1").split("\r\n")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines[1:])}
    if len(content) < int(headers.get("content-length", 0)):
        raise ValueError("cut off")
    return Answer(int(lines[0].split()[1]), json.loads(content) if content else None, seconds)
