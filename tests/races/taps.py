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


class Tap:
    """One POST without a body, written but for its last byte."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
        # Otherwise the last byte would wait for the acknowledgement of those before it.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = (
            f"POST /api/v1{path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Authorization: Bearer {token}",
            "Content-Length: 0",
        )
        text = "\r\n".join(lines) + "\r\n\r\n"
        self._socket.sendall(text[:-1].encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """The socket, to ask whether something has come."""
        return self._socket.fileno()

    def go(self) -> None:
        """Send the last byte."""
        self._socket.sendall(b"\n")

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


def let_go(taps: Sequence[Tap]) -> tuple[list[str], bool]:
    """The answers in the order of `taps`, and whether all had left before the first came back."""
    time.sleep(SETTLE_S)
    for tap in random.sample(taps, len(taps)):
        tap.go()
    came_early, _, _ = select.select(taps, [], [], 0)
    return [tap.answer() for tap in taps], not came_early
