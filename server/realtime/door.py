"""Socket.IO, put into an application. Nobody outside of this package meets the library."""

import logging
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

from flask import Flask, Response, jsonify
from flask_socketio import SocketIO
from werkzeug.wrappers import Request

from server.realtime import asyncapi, events, transport, wire
from server.realtime.fanout import Fanout, Local
from server.realtime.garbage import Garbage
from server.realtime.leaving import Drain
from server.realtime.namespace import Live
from server.realtime.outlets import Json, Outlet, SocketOutlet
from server.realtime.rooms import NAMESPACE
from server.realtime.watcher import Watcher
from server.realtime.websocket import MOST_INBOUND_BYTES
from server.settings import Settings
from server.wiring import Wired

GATHER_S = 0.05
"""How long a web process gathers the changes of its boards."""
POSITIONS_S = 0.25
"""How long a web process gathers positions; what it loses of them when it is killed."""
HEARD_S = 0.25
"""How long a web process gathers signs of life: so late at most is a peer back who was lost."""


def install(app: Flask, wired: Wired) -> SocketIO:
    """Serve `/live` from `app`, and announce through its sockets from now on.

    Call it before a proxy's headers are believed (`ProxyFix`), so that it sees the same addresses.
    """
    settings = wired.settings
    live = Live(wired)
    sio = SocketIO(app, **_options(settings))
    server = sio.server
    server.register_namespace(live)
    lingerers = transport.Lingerers(server, NAMESPACE)

    garbage = Garbage(wired.metrics.longest_pause.set)

    def also() -> None:
        lingerers.look()
        live.hall.look()
        garbage.look(live.connections.opened, live.connections.ended)

    watcher = Watcher(wired, live.connections, live, live.heard, also=also)
    transport.tame(server, on_request=watcher.start, on_slow=wired.metrics.slow_readers.inc)
    app.extensions["alongside_watcher"] = watcher
    transport.answer_later(server, NAMESPACE, "position", live.position)
    app.extensions["alongside_positions"] = live.positions
    app.extensions["alongside_garbage"] = garbage
    app.extensions["alongside_drain"] = Drain(server.eio, live.positions.hasten)
    wired.publisher.use(_outlet(server, settings))
    if is_gevent():
        wired.publisher.board.gather_s = GATHER_S
        live.positions.gather_s = POSITIONS_S
        live.heard.gather_s = HEARD_S

    def asyncapi_json() -> Response:
        return jsonify(_reference(settings.public_url, tuple(transports(settings))))

    app.add_url_rule("/asyncapi.json", "asyncapi", asyncapi_json)
    return sio


@cache
def _reference(public_url: str, offered: tuple[str, ...]) -> Json:
    """The document; made when somebody first asks, because a start has better things to do."""
    return asyncapi.document(public_url, list(offered))


def transports(settings: Settings) -> list[str]:
    """Long polling needs every request of a client to reach the same process."""
    if settings.redis_url is not None or settings.web_concurrency > 1:
        return ["websocket"]
    return ["polling", "websocket"]


def is_gevent() -> bool:
    """Whether this process runs on greenlets: then sockets do too, else on threads."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("socket"))


def _options(settings: Settings) -> dict[str, Any]:
    """What the library is told."""
    quiet = logging.getLogger(f"{__name__}.upstream")
    quiet.setLevel(logging.ERROR)
    quiet.addFilter(_is_exception)
    options: dict[str, Any] = {
        "async_mode": "gevent" if is_gevent() else "threading",
        # One event of a client at a time: a flood waits in its own socket, not in our memory.
        "async_handlers": False,
        "namespaces": [NAMESPACE],
        "transports": transports(settings),
        "max_http_buffer_size": MOST_INBOUND_BYTES,
        "http_compression": False,
        # An empty list would switch the check off; a missing Origin always passes, so it is the
        # token that decides (`namespace`).
        "cors_allowed_origins": _is_own_origin(settings),
        "json": wire,
        "logger": quiet,
        "engineio_logger": quiet,
        "manage_session": False,
    }
    redis_url = settings.redis_url
    options["client_manager"] = Fanout(redis_url) if redis_url is not None else Local()
    return options


def _is_exception(line: logging.LogRecord) -> bool:
    """Whether a log line of the library is about a mistake of ours.

    The others are about clients, and quote what they sent.
    """
    return line.exc_info is not None


def _is_own_origin(settings: Settings) -> Any:
    def is_own(origin: str, environ: dict[str, Any]) -> bool:
        return origin in {settings.public_url, Request(environ).host_url.rstrip("/")}

    return is_own


class _Checked(SocketOutlet):
    """Holds what is said to what is declared, where a test must fail for the difference."""

    def emit(self, event: str, payload: Json, rooms: Sequence[str]) -> None:
        """Check, then hand over."""
        events.check(event, payload)
        super().emit(event, payload, rooms)


def _outlet(server: Any, settings: Settings) -> Outlet:
    kind = _Checked if settings.alongside_env == "test" else SocketOutlet
    if settings.redis_url is not None:
        return kind(server)
    return kind(server, heard=lambda: server.manager.rooms.get(NAMESPACE, {}))
