"""Pings to all connections of a process from one place, and the end of those that do not answer.

The library sleeps in a greenlet of its own for each ping, and goes through all connections again and
again to see who did not answer. All wait equally long, so two lines are enough: who is pinged next, and
whose answer is due next. It knows the library's connections, and refuses to know what they are for.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from engineio import packet
from engineio.socket import Socket as Stock

from server.realtime import leaving

log = logging.getLogger(__name__)

TOGETHER_S = 0.1
"""Whose ping is due within this time is pinged together with others; nobody is pinged sooner."""
PULSE = "alongside_pulse"
"""Where an engine of the library has its pulse."""


class Pulse:
    """The pings of one engine."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self._is_running = False
        self._pings: deque[tuple[float, Any]] = deque()
        """Who is pinged, and when, the next first. Times are of the monotonic clock, in seconds."""
        self._answers: deque[tuple[float, Any, float]] = deque()
        """Who should have answered by when, and to which ping."""

    def keep(self) -> None:
        """From now on the engine's connections are pinged from here, and looked after."""
        engine = self._engine
        setattr(engine, PULSE, self)
        engine.start_service_task = False
        begin = engine.handlers["connect"]

        def connect(sid: str, environ: dict[str, Any]) -> Any:
            # The library names its class in the midst of a long function: what it made becomes ours.
            engine.sockets[sid].__class__ = Pulsed
            return begin(sid, environ)

        engine.on("connect", connect)

    def plan(self, connection: Any) -> None:
        """Ping this connection when an interval has passed. It has answered the last one."""
        with self._lock:
            self._pings.append((time.monotonic() + self._engine.ping_interval, connection))
            starts, self._is_running = not self._is_running, True
        if starts:
            threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def _run(self) -> None:
        """For as long as there is anybody."""
        while True:
            with self._lock:
                nexts = [line[0][0] for line in (self._pings, self._answers) if line]
                if not nexts:
                    self._is_running = False
                    return
            self._pause.wait(max(min(nexts) - time.monotonic(), 0.0) + TOGETHER_S)
            self.beat(time.monotonic())

    def beat(self, now: float) -> None:
        """Ping whoever is due at this moment, and end who should have answered before it."""
        while self._pings and self._pings[0][0] <= now:
            self._do(self._ping, now, self._pings.popleft()[1])
        while self._answers and self._answers[0][0] < now:
            _, connection, pinged = self._answers.popleft()
            self._do(self._look, connection, pinged)

    def _do(self, what: Callable[..., None], *about: Any) -> None:
        """What fails for one connection must not end the pings of all."""
        try:
            what(*about)
        except Exception:
            log.exception("a ping failed")

    def _ping(self, now: float, connection: Any) -> None:
        if self._is_gone(connection):
            return
        connection.last_ping = time.time()
        self._answers.append((now + self._engine.ping_timeout, connection, connection.last_ping))
        connection.send(packet.Packet(packet.PING))

    def _look(self, connection: Any, pinged: float) -> None:
        if not self._is_gone(connection) and connection.last_ping == pinged:
            leaving.cut(self._engine, connection, self._engine.reason.PING_TIMEOUT)

    def _is_gone(self, connection: Any) -> bool:
        """Whether it has ended; then nobody finds it any more, nor waits for its client's goodbye."""
        if connection.closed:
            self._engine.sockets.pop(connection.sid, None)
            leaving.shut(connection)
        return bool(connection.closed or connection.closing)


class Pulsed(Stock):  # type: ignore[misc]  # the library has no types
    """The library's connection, whose pings are planned with everybody's."""

    last_ping: float | None

    def poll(self) -> Any:
        """What is to be sent next. A websocket waits for it as long as it takes: `Pulse` ends it."""
        if not self.upgraded:
            return super().poll()
        packets = [self.queue.get()]
        while not self.queue.empty():
            packets.append(self.queue.get())
        for _ in packets:
            self.queue.task_done()
        if None in packets:
            # The end. What was said before it is sent still, and it is found again.
            del packets[packets.index(None) :]
            if packets:
                self.queue.put(None)
        return packets

    def schedule_ping(self) -> None:
        """Called at the beginning and at each answer; an answer to nothing plans nothing."""
        if self.last_ping:
            self.last_ping = None
            getattr(self.server, PULSE).plan(self)
