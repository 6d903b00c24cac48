"""A TCP proxy that misbehaves when told to: between the product and its database, Redis or provider.

It passes bytes on without reading them. It knows sockets; it refuses to know what speaks through it.
Each connection has two threads, one for each direction: made for tests, not for loads.
"""

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

CHUNK = 65_536
LOOK_S = 0.02
"""How often a connection in a black hole looks whether that is over."""


@dataclass(frozen=True)
class Weather:
    """How the way is at the moment, for connections that are there and for new ones."""

    latency_s: float = 0.0
    """Every piece waits so long."""
    is_hole: bool = False
    """Nothing arrives and nothing says so: what a cut cable looks like."""
    refuses: bool = False
    """New connections are reset at once."""
    drip: int = 0
    """So many bytes at a time, ten times a second; 0 is all at once."""
    cut_after: int | None = None
    """Each connection is reset after so many more bytes back to the caller: in mid-answer."""


FAIR = Weather()


class _Way:
    """One connection through the proxy."""

    def __init__(self, proxy: "FaultProxy", caller: socket.socket, port: int) -> None:
        self.proxy = proxy
        self.caller = caller
        self.caller_port: int = caller.getpeername()[1]
        self.was_in_hole = False
        self.back = 0
        """Bytes that went back to the caller since the weather changed."""
        self.callee = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.callee.settimeout(None)
        for one in (self.caller, self.callee):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def begin(self) -> None:
        """Pass on, from now on."""
        for source, sink, is_back in (
            (self.caller, self.callee, False),
            (self.callee, self.caller, True),
        ):
            threading.Thread(target=self._pump, args=(source, sink, is_back), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_back: bool) -> None:
        try:
            while data := source.recv(CHUNK):
                self._pass(data, sink, is_back)
        except OSError:
            self.close(reset=True)
        else:
            self.close(reset=False)

    def _pass(self, data: bytes, sink: socket.socket, is_back: bool) -> None:
        weather = self.proxy.weather
        if weather.latency_s:
            time.sleep(weather.latency_s)
        while self.proxy.weather.is_hole:
            self.was_in_hole = True
            time.sleep(LOOK_S)
        if weather.cut_after is not None and is_back:
            left = max(0, weather.cut_after - self.back)
            self.back += len(data)
            if self.back > weather.cut_after:
                sink.sendall(data[:left])
                raise ConnectionResetError
        step = weather.drip or len(data)
        for at in range(0, len(data), step):
            sink.sendall(data[at : at + step])
            if weather.drip:
                time.sleep(0.1)

    def close(self, *, reset: bool) -> None:
        """End both halves; with `reset` as a machine does that has lost its memory."""
        if not self.proxy.forget(self):
            return
        for one in (self.caller, self.callee):
            with contextlib.suppress(OSError):
                if reset:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                # A thread in recv() holds the socket open: closing alone would send nothing.
                one.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
            one.close()


class FaultProxy:
    """Listens on a port of its own and passes on to `target_port`; `with FaultProxy(port) as it:`."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.weather = FAIR
        self._ways: set[_Way] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and end every connection."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            if self.weather.refuses:
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                caller.close()
                continue
            try:
                way = _Way(self, caller, self.target_port)
            except OSError:
                caller.close()
                continue
            with self._lock:
                self._ways.add(way)
            way.begin()

    def forget(self, way: _Way) -> bool:
        """A connection ends; False when somebody else was ending it already."""
        with self._lock:
            was_there = way in self._ways
            self._ways.discard(way)
        return was_there

    @property
    def open(self) -> int:
        """How many connections there are."""
        with self._lock:
            return len(self._ways)

    def become(self, **changes: object) -> None:
        """Change the weather."""
        with self._lock:
            for way in self._ways:
                way.back = 0
        self.weather = replace(FAIR, **changes)  # type: ignore[arg-type]  # the fields of Weather

    def heal(self) -> None:
        """Fair weather; who was in a black hole finds the connection reset, as after a failover."""
        with self._lock:
            lost = [way for way in self._ways if way.was_in_hole]
        for way in lost:
            way.close(reset=True)
        self.weather = FAIR

    def cut(self, ports: set[int] | None = None, *, reset: bool = True) -> int:
        """End every connection, or those of the callers with these ports; how many."""
        with self._lock:
            chosen = [way for way in self._ways if ports is None or way.caller_port in ports]
        for way in chosen:
            way.close(reset=reset)
        return len(chosen)
