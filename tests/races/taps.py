"""Calls over HTTP that leave at one instant.

Each is written on a connection of its own up to its last byte, so that the server has accepted and
read it but cannot begin. One thread then sends all the last bytes: the first and the last of 32 are
less than a millisecond apart, where 32 threads that wait for one barrier are woken one by one.
"""

import json
import random
import select
import socket
import time
from collections.abc import Sequence
from http.client import HTTPResponse
from typing import Self

ANSWER_S = 30.0
SETTLE_S = 0.02
"""Until the server has read what was written."""

OK = "200"


class Wire:
    """A connection that is kept: one POST after another, each written but for its last byte."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._last = b""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
        # Otherwise the last byte would wait for the acknowledgement of those before it.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        """Ours, by which the server's end is known."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def write(self, path: str, token: str, body: object = None) -> None:
        """The next POST."""
        sent = b"" if body is None else json.dumps(body).encode()
        lines = [
            f"POST /api/v1{path} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            f"Authorization: Bearer {token}",
            f"Content-Length: {len(sent)}",
        ]
        if sent:
            lines.append("Content-Type: application/json")
        text = "\r\n".join(lines).encode() + b"\r\n\r\n" + sent
        self._socket.sendall(text[:-1])
        self._last = text[-1:]

    def fileno(self) -> int:
        """The socket, to ask whether something has come."""
        return self._socket.fileno()

    def go(self) -> None:
        """Send the last byte."""
        self._socket.sendall(self._last)

    def answer(self) -> str:
        """`200`, or status and code of the refusal, such as `409 busy`."""
        heard = HTTPResponse(self._socket)
        heard.begin()
        body = heard.read()
        if heard.status == 200:
            return OK
        try:
            return f"{heard.status} {json.loads(body)['code']}"
        except (ValueError, KeyError):
            return f"{heard.status} {body!r}"


class Tap(Wire):
    """One POST without a body, on a connection of its own."""

    def __init__(self, port: int, path: str, token: str) -> None:
        super().__init__(port)
        self.write(path, token)


def let_go(taps: Sequence[Wire]) -> tuple[list[str], bool]:
    """The answers in the order of `taps`, and whether all had left before the first came back."""
    time.sleep(SETTLE_S)
    for tap in random.sample(taps, len(taps)):
        tap.go()
    came_early, _, _ = select.select(taps, [], [], 0)
    return [tap.answer() for tap in taps], not came_early
