"""One websocket held to our limits: no compression, small messages, nothing half sent, no second reader.

It is what the library's driver makes for a connection. It refuses to know what is said over it.
"""

import socket
import time
from typing import Any

import simple_websocket
from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
from wsproto.utilities import LocalProtocolError

from server.realtime import leaving
from server.realtime.turnstile import others_first

MOST_INBOUND_BYTES = 16_384
MOST_UNSENT_BYTES = 131_072
"""What the system may keep for one client; beyond it our own queue is what grows, and is bounded."""
IN_A_ROW = 16
"""After so many messages of one client everybody else comes first: a flood waits in its own socket."""
PASSING = "alongside.passing"
"""Where a request has its place in the turnstile."""

_PACKET_TYPES = frozenset("0123456")
_MESSAGE = "4"


class _NoThread:
    """In place of the library's reader: whoever asks for a message reads it."""

    def __init__(self, target: Any) -> None:
        self.name = ""

    def start(self) -> None:
        """There is nothing to start."""


class _Socket(simple_websocket.Server):  # type: ignore[misc]  # the library has no types
    """A websocket that accepts no extension, sends whole messages and reads only when asked to.

    The library reads ahead, in a thread or greenlet of its own for each connection, as much as a client
    sends. Here what nobody has asked for stays in the system's buffer, and the client waits.
    """

    connected: bool

    def __init__(self, environ: dict[str, Any], **more: Any) -> None:
        # Browsers always offer compression and the library always accepts; it costs 90 KB each.
        offered = {k: v for k, v in environ.items() if k != "HTTP_SEC_WEBSOCKET_EXTENSIONS"}
        more |= {"thread_class": _NoThread, "max_message_size": MOST_INBOUND_BYTES}
        self._is_over = False
        self._in_a_row = 0
        super().__init__(offered, **more)
        # By itself the system keeps up to 4 MB for each client that does not read.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_UNSENT_BYTES)

    def send(self, data: str | bytes) -> None:
        """Send all of `data`: the library's own way stops when the socket's buffer is full."""
        if not self.connected:
            raise simple_websocket.ConnectionClosed(self.close_reason, self.close_message)
        message = simple_websocket.ws.TextMessage(data=str(data))
        if isinstance(data, bytes):
            message = simple_websocket.ws.Message(data=data)
        self.sock.sendall(self.ws.send(message))

    def close(self, reason: int | None = None, message: str | None = None) -> None:
        """Say goodbye. Whoever is gone already hears none, however they went: the library knows one way."""
        try:
            super().close(reason, message)
        except OSError:
            self.connected = False

    def receive(self, timeout: float | None = None) -> str | bytes:
        """The next message; as long as the socket's own time limit allows. Raises `ConnectionClosed`."""
        while not self.input_buffer:
            if self._is_over:
                raise simple_websocket.ConnectionClosed(self.close_reason, self.close_message)
            self._read()
        self._in_a_row += 1
        if self._in_a_row >= IN_A_ROW:
            self._in_a_row = 0
            others_first()
        message: str | bytes = self.input_buffer.pop(0)
        return message

    def _read(self) -> None:
        """Read once. Whatever ends the connection ends it here, also for who sends."""
        try:
            data = self.sock.recv(self.receive_bytes)
            if data:
                self.ws.receive_data(data)
            # Who has said goodbye waits for the other's, and for nothing else.
            goes_on = bool(data) and self._handle_events() and self.connected
        except (OSError, LocalProtocolError):
            goes_on = False
        if not goes_on:
            self.connected = False
            self._is_over = True
            self.sock.close()


def websocket(stock: type[SimpleWebSocketWSGI]) -> type[SimpleWebSocketWSGI]:
    """The driver's websocket class, with our socket in it."""

    class Websocket(stock):  # type: ignore[misc]  # chosen when the server is made
        """The library's handler of one websocket."""

        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
            self.ws = _Socket(environ, **self.server_args)
            # The library hands in a method of the connection that this websocket belongs to.
            connection = self.app.__self__
            self.sent = getattr(connection, leaving.SAID, 0) - connection.queue.qsize()
            setattr(connection, leaving.WEBSOCKET, self)
            environ.pop(PASSING).is_over()
            answer = self.app(self)
            if self.ws.mode == "gunicorn":
                raise StopIteration
            if self.ws.mode == "werkzeug":
                raise ConnectionError
            return answer

        code: int | None = None
        """Why it is closed, as websockets say it; the usual when nothing is said."""

        sent = 0
        """Messages that the system has taken from us."""
        sends_since: float | None = None
        """Since when a message is being sent; None when none is."""

        def send(self, message: str | bytes) -> None:
            """Send all of it; as long as that takes, it can be seen from outside."""
            self.sends_since = time.monotonic()
            super().send(message)
            self.sends_since = None
            self.sent += isinstance(message, str) and message.startswith(_MESSAGE)

        def close(self) -> None:
            """Say goodbye."""
            if self.ws.connected:
                self.ws.close(self.code)

        def wait(self) -> str | None:
            """The next message; None, as at the end, for what is no packet of the protocol."""
            data = super().wait()
            if isinstance(data, str) and data[:1] in _PACKET_TYPES:
                return data
            return None

    return Websocket
