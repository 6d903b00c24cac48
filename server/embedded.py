"""Everything in one process: database file, web, sockets and dispatcher, for a trial or one site.

`server/__main__.py` has patched the standard library before this module is imported.
"""

import logging
import os
import signal
import socket
import sys
from typing import Any

import gevent
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer

from server import logs, seed
from server.app import create_app
from server.dispatcher import Dispatcher
from server.idle import Idle
from server.settings import Settings
from server.wiring import wire
from storage import migrate

log = logging.getLogger(__name__)

BACKLOG = 1024
CLOSE_S = 3
"""How long answers under way may take after a stop was asked for."""


class _Errors:
    """What the web server prints about broken connections, as one log line."""

    def write(self, text: str) -> None:
        """Log the last line of what is said; a traceback's middle says nothing new."""
        lines = text.strip().splitlines()
        if lines:
            log.warning("web server: %s", lines[-1][:200])

    def flush(self) -> None:
        """Nothing is held back."""


def _handler(idle: Idle) -> type[WSGIHandler]:
    """Whoever serves a connection, and says when it only waits."""

    class Handler(WSGIHandler):  # type: ignore[misc]  # the library has no types
        """One connection."""

        def handle(self) -> None:
            """From its first byte to its last."""
            with idle.held(self.socket):
                super().handle()

        def handle_one_response(self) -> None:
            """One call on it."""
            with idle.answered(self.socket):
                super().handle_one_response()

    return Handler


def bind(host: str, port: int) -> socket.socket:
    """A socket at its address whose connections send small answers at once (44 ms a call without).

    It does not listen yet: whoever comes before all is ready is refused and comes again, instead
    of waiting for an answer without knowing for what.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.setblocking(False)
    return listener


def run(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM; the exit status. Raises `OSError` when the port is taken."""
    # The database and the sign-ins are for the user who runs this, and nobody else.
    os.umask(0o077)
    logs.configure(settings.log_level)
    listener = bind(settings.host, settings.port)
    wired = wire(settings)
    migrate.upgrade(wired.db.engine)
    if settings.alongside_env == "demo":
        seed.demonstrate(wired)
    app = create_app(wired)
    dispatcher = Dispatcher(wired)
    dispatcher.start()
    # A client that hangs up while it is being answered is no error of ours, and no traceback.
    hub = gevent.get_hub()
    hub.NOT_ERROR = (*hub.NOT_ERROR, ConnectionError)
    listener.listen(BACKLOG)
    idle = Idle()
    server = WSGIServer(
        # With a pool of its own it knows what is under way, and waits for it when it stops.
        *(listener, app),
        spawn=Pool(),
        log=None,
        error_log=_Errors(),
        handler_class=_handler(idle),
    )

    def stop(*_: Any) -> None:
        server.close()
        idle.hang_up()
        gevent.spawn(app.extensions["alongside_drain"].run, CLOSE_S)

    gevent.signal_handler(signal.SIGINT, stop)
    gevent.signal_handler(signal.SIGTERM, stop)
    app.extensions["alongside_garbage"].begin()
    _greet(settings)
    server.serve_forever(stop_timeout=CLOSE_S)
    is_clean = dispatcher.stop()
    wired.close()
    return 0 if is_clean else 1


def _greet(settings: Settings) -> None:
    """Say where it listens and, in a demonstration, who can sign in."""
    lines = [
        f"Alongside listens on http://{settings.host}:{settings.port}",
        f"  front page  {settings.public_url}/",
        f"  API         {settings.public_url}/docs/api",
    ]
    users = seed.demo_users(settings)
    if users:
        lines.append(f"Demonstration sign-ins (also in {seed.demo_file(settings)}):")
        lines += [
            f"  {user['role']:<10}  {user['email']:<34}  {user['password']}  ({user['network']})"
            for user in users
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
