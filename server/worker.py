"""gunicorn's gevent worker, which leaves quickly: it says goodbye to whoever is only waiting.

Only gunicorn imports this, in a process of its own: the library patches what it needs.
"""

import time
from functools import partial
from typing import Any

import gevent
from gevent.event import Event
from gevent.monkey import get_original
from gevent.pool import Pool
from gevent.server import StreamServer
from gunicorn.workers.ggevent import GeventWorker

from server.idle import Idle
from server.loading import leaving

AT_ONCE = 100
"""So many connections are taken in a row while others are served."""
BEAT_S = 0.2
"""How often gunicorn is told that this process lives, and it is seen whether gunicorn does: whoever is left
behind keeps the port, and the next one would try again only after a second."""


class Worker(GeventWorker):  # type: ignore[misc]  # the library has no types
    """Stops accepting, hangs up on its sockets a few at a time, finishes the calls under way."""

    def init_process(self) -> None:
        """In the process of the worker, before anything is served."""
        self._idle = Idle()
        self._is_asked_to_stop = Event()
        super().init_process()

    def load_wsgi(self) -> None:
        """Once the library has patched what it needs: what is imported here must see that."""
        from storage.waits import wait_in_place_first

        wait_in_place_first(get_original("select", "poll"))
        super().load_wsgi()

    def run(self) -> None:
        """Serve until it is asked to stop, then until everybody has their answer.

        In place of the library's, which looks once a second whether to stop, and once a second
        whether it can: up to two seconds in which nobody is served.
        """
        servers = [self._serve(listener) for listener in self.sockets]
        while self.alive:
            self.notify()
            self._is_asked_to_stop.wait(BEAT_S)
        for server in servers:
            server.close()
        self._idle.hang_up()
        until = time.monotonic() + self.cfg.graceful_timeout
        for server in servers:
            while len(server.pool) and time.monotonic() < until:
                self.notify()
                server.pool.join(timeout=BEAT_S)
            if len(server.pool):
                self.log.warning("calls were cut off: pid %s", self.pid)
                server.stop(timeout=1)
        leaving()

    def _serve(self, listener: Any) -> StreamServer:
        listener.setblocking(1)
        pool = Pool(self.worker_connections)
        server = StreamServer(listener, handle=partial(self.handle, listener), spawn=pool)
        # Who is served already has a turn between those who come. One at a time would share them more
        # evenly between processes; but then a yes stands behind two thousand who come back, at the door.
        server.max_accept = AT_ONCE
        server.start()
        return server

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """One connection, from its first byte to its last."""
        with self._idle.held(client):
            super().handle(listener, client, addr)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        """One call on it."""
        with self._idle.answered(sock):
            return super().handle_request(listener_name, req, sock, addr)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """SIGTERM. What takes time is done outside of the signal."""
        super().handle_exit(sig, frame)
        gevent.spawn(self._leave)

    def _leave(self) -> None:
        self._is_asked_to_stop.set()
        extensions = getattr(self.wsgi, "extensions", {})
        if "alongside_drain" in extensions:
            extensions["alongside_drain"].run()
