"""How connections are ended from our side: one that does not read, and all when we leave.

Whoever is hung up on connects again by itself and catches up by `seq`; so it is always safe, and
what waited for them need not be kept.
"""

import logging
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

MOST_UNREAD = 256
"""So many may wait for a client whose network takes nothing, besides what the system holds."""
STUCK_S = 1.0
"""A send that takes longer than this waits for the client, not for its turn."""
MOST_EVER = 2_048
"""So many may wait for anybody: also a client that reads needs its turn to be sent them."""
PER_SOCKET_S = 0.005
SPREAD_S = 5.0
"""Over how long all are hung up on, so that they do not come back all at once."""
PATIENCE_S = 2.0
"""How long a client may take to say goodbye."""
LOOK_S = 0.2
WEBSOCKET = "alongside_websocket"
"""Where a connection of the library has its websocket, if it has one."""
SAID = "alongside_said"
"""Where a connection of the library counts the messages that were said to it."""
RESTART = 1012
"""The websocket code for "the service restarts": come again."""


def hang_up(engine: Any, connection: Any) -> None:
    """End a connection after what waits for it has been sent."""
    if (wire := getattr(connection, WEBSOCKET, None)) is not None:
        wire.code = RESTART
    connection.close(wait=False, abort=True, reason=engine.reason.SERVER_DISCONNECT)


def cut(engine: Any, connection: Any, reason: str | None = None) -> None:
    """End a connection now, whatever waits for it; `reason` as the library names them."""
    reason = reason or engine.reason.SERVER_DISCONNECT
    connection.close(wait=False, abort=True, reason=reason)
    shut(connection)


def shut(connection: Any) -> None:
    """Nothing is sent or heard on its websocket any more, whoever waits for it; again is the same."""
    wire = getattr(connection, WEBSOCKET, None)
    if wire is None:
        return
    try:
        # Also ends a send that waits for a client which does not read.
        wire.ws.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is gone already


def bound(engine: Any, on_slow: Callable[[], None]) -> None:
    """Cut connections of `engine` for whom too much waits, because their client does not read."""
    send = engine.send_packet

    def send_packet(sid: str, packet: Any) -> None:
        connection = engine.sockets.get(sid)
        if connection is not None and not connection.closed:
            if _is_deaf(connection):
                log.warning("a client does not read; its connection is cut")
                on_slow()
                cut(engine, connection)
                return
            setattr(connection, SAID, getattr(connection, SAID, 0) + 1)
        send(sid, packet)

    engine.send_packet = send_packet


def unsent(connection: Any, wire: Any) -> int:
    """Messages that wait: in the library's queue, and in the batch that it took out of it."""
    said: int = getattr(connection, SAID, 0)
    return said - int(wire.sent)


def _is_deaf(connection: Any) -> bool:
    wire = getattr(connection, WEBSOCKET, None)
    if wire is None:
        # Who fetches by polling: nothing of ours is on its way, the number alone tells.
        return bool(connection.queue.qsize() >= MOST_UNREAD)
    waiting = unsent(connection, wire)
    since = wire.sends_since
    is_stuck = since is not None and time.monotonic() - since > STUCK_S
    return waiting >= (MOST_UNREAD if is_stuck else MOST_EVER)


class Drain:
    """Everybody is sent away, in no order, a few at a time; who comes meanwhile, too."""

    def __init__(self, engine: Any, first: Callable[[], None] = lambda: None) -> None:
        self._engine = engine
        self._first = first
        self._never = threading.Event()

    def run(self, within_s: float = 15.0) -> None:
        """Hang up on all; cut who does not say goodbye. Returns when nobody is left, or too late.

        Before anybody is sent away, `first` is called: what was said to us is not lost with them.
        """
        began = time.monotonic()
        self._first()
        told: list[tuple[float, Any]] = []
        while time.monotonic() - began < within_s:
            here = [one for one in list(self._engine.sockets.values()) if not one.closed]
            if not here and not told:
                return
            told += self._send_away(here)
            self._never.wait(LOOK_S)
            late = time.monotonic() - PATIENCE_S
            for _, connection in [one for one in told if one[0] < late]:
                cut(self._engine, connection)
            told = [one for one in told if one[0] >= late]

    def _send_away(self, here: list[Any]) -> list[tuple[float, Any]]:
        """Hang up on these; when each was told."""
        random.shuffle(here)
        told = []
        for connection in here:
            hang_up(self._engine, connection)
            told.append((time.monotonic(), connection))
            self._never.wait(min(PER_SOCKET_S, SPREAD_S / len(here)))
        return told
