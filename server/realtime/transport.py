"""The library's transport held to our limits: who is let in, what counts as a packet, no lingerers.

It mends what the library leaves open at its edges and refuses to know any event of ours. One websocket
stands in `websocket`.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import socketio

from server.realtime import leaving, wire
from server.realtime.pulse import Pulse
from server.realtime.turnstile import Turnstile, has_hung_up
from server.realtime.websocket import PASSING, websocket

log = logging.getLogger(__name__)

OPENING = 8
"""So many connections are opened at a time; one takes a millisecond, and waits for nobody."""
LOOKS_WITHOUT_NAMESPACE = 6
"""After so many looks of the watcher, a connection that never entered our namespace is closed."""

_BINARY = ("5", "6")


def tame(
    server: socketio.Server, on_request: Callable[[], None], on_slow: Callable[[], None]
) -> None:
    """Hold `server` to our limits.

    `on_request` is called at each request, before it is served; `on_slow` when a client is cut off
    because it does not read.
    """
    engine = server.eio
    leaving.bound(engine, on_slow)
    Pulse(engine).keep()
    stock = engine._async["websocket"]
    engine._async = {**engine._async, "websocket": websocket(stock)}

    def disconnect(sid: str) -> None:
        # The library's own waits until the client has fetched everything, and it may never.
        if (connection := engine.sockets.get(sid)) is not None:
            connection.close(wait=False, reason=engine.reason.SERVER_DISCONNECT)

    receive = engine.handlers["message"]

    def message(sid: str, data: Any) -> None:
        try:
            if data[:1] in _BINARY:
                raise ValueError("no event of ours has attachments")
            receive(sid, data)
        except Exception as error:  # noqa: BLE001  # our handlers raise nothing: it is no packet
            log.info("a client does not speak the protocol: %s", type(error).__name__)
            disconnect(sid)

    engine.handle_request = _careful(engine.handle_request, on_request)
    engine.disconnect = disconnect
    engine.on("message", message)


def _careful(
    serve: Callable[[dict[str, Any], Any], Any], on_request: Callable[[], None]
) -> Callable[[dict[str, Any], Any], Any]:
    """The library's way to serve a request, with care for what it trips over and for crowds."""
    turnstile = Turnstile(OPENING)

    def handle_request(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        on_request()
        if not _asks_websocket(environ):
            return handle_call(environ, start_response)
        if _is_half_upgrade(environ):
            return _refuse(start_response)
        # A websocket gives its place back when it is open, not when it ends.
        with turnstile.passed() as passing:
            if has_hung_up(environ):
                return _refuse(start_response)
            passing.begin()
            environ[PASSING] = passing
            return handle_call(environ, start_response)

    def handle_call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            answer: Iterable[bytes] = serve(environ, start_response)
        except (StopIteration, ConnectionError):
            raise  # how the library tells these web servers that the socket is finished with
        except Exception as error:  # noqa: BLE001  # whatever a client sent, it is not our mistake
            log.info("refused a socket: %s", type(error).__name__)
            return _refuse(start_response)
        return answer

    return handle_request


class _Encoded:
    """A packet that is text already: the library's own looks for attachments in every value."""

    def __init__(self, text: str) -> None:
        self._text = text

    def encode(self) -> str:
        """The text."""
        return self._text


def answer_later(
    server: socketio.Server,
    namespace: str,
    event: str,
    take: Callable[[str, tuple[Any, ...], Callable[[Any], None]], None],
) -> None:
    """Hand `event` to `take(sid, what was said, reply)`, and go on to what the client says next.

    The library itself acknowledges when a handler returns, and until then hears nothing else from
    that client.
    """
    stock = server._handle_event

    def handle_event(eio_sid: str, where: str | None, number: int | None, data: Any) -> None:
        if where != namespace or data[0] != event:
            stock(eio_sid, where, number, data)
            return
        sid = server.manager.sid_from_eio_sid(eio_sid, namespace)
        if not server.manager.is_connected(sid, namespace):
            return

        def reply(answer: Any) -> None:
            if number is not None:
                text = f"{socketio.packet.ACK}{namespace},{number}[{wire.dumps(answer)}]"
                server._send_packet(eio_sid, _Encoded(text))

        take(sid, tuple(data[1:]), reply)

    server._handle_event = handle_event


def _asks_websocket(environ: dict[str, Any]) -> bool:
    return bool(environ.get("HTTP_UPGRADE", "").lower() == "websocket")


def _is_half_upgrade(environ: dict[str, Any]) -> bool:
    """Whether the websocket is asked for in one header and not in the other: the library trips."""
    hops = [hop.strip() for hop in environ.get("HTTP_CONNECTION", "").lower().split(",")]
    return "upgrade" not in hops


def _refuse(start_response: Any) -> list[bytes]:
    start_response("400 BAD REQUEST", [("Content-Type", "text/plain")])
    return [b"Bad request"]


class Lingerers:
    """Connections that stay outside of our namespace: nobody needs them, and they cost memory."""

    def __init__(self, server: socketio.Server, namespace: str) -> None:
        self._server = server
        self._namespace = namespace
        self._looks: dict[str, int] = {}

    def look(self) -> None:
        """Count who is outside; close who has been for too long."""
        outside = {
            eio_sid
            for eio_sid in list(self._server.eio.sockets)
            if self._server.manager.sid_from_eio_sid(eio_sid, self._namespace) is None
        }
        self._looks = {eio_sid: self._looks.get(eio_sid, 0) + 1 for eio_sid in outside}
        for eio_sid, looks in self._looks.items():
            if looks > LOOKS_WITHOUT_NAMESPACE:
                self._server.eio.disconnect(eio_sid)
