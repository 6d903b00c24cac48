"""Connections on which nobody is being answered: a process that stops hangs up on them at once.

A browser and a proxy keep a connection for their next call; without this, a process that stops waits
for each of them to grow tired of it. It knows sockets; it refuses to know calls.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Idle:
    """The connections of one web server, and which of them are waiting for a call."""

    def __init__(self) -> None:
        self._waiting: set[Any] = set()
        self._is_over = False

    @contextmanager
    def held(self, connection: Any) -> Iterator[None]:
        """As long as the connection is open; it waits for a call whenever it is not `answered`."""
        self._wait(connection)
        try:
            yield
        finally:
            self._waiting.discard(connection)

    @contextmanager
    def answered(self, connection: Any) -> Iterator[None]:
        """As long as a call on this connection is being answered."""
        self._waiting.discard(connection)
        try:
            yield
        finally:
            self._wait(connection)

    def hang_up(self) -> None:
        """End those that wait, and from now on each as soon as it waits."""
        self._is_over = True
        for connection in list(self._waiting):
            _deafen(connection)

    def _wait(self, connection: Any) -> None:
        self._waiting.add(connection)
        if self._is_over:
            _deafen(connection)


def _deafen(connection: Any) -> None:
    """Nothing more is heard on it: a call that has arrived is answered still, then it ends."""
    # Another name for the same connection: closing the library's own from outside is an error for
    # whoever waits on it, this is the end of what the client says.
    with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.shutdown(socket.SHUT_RD)
