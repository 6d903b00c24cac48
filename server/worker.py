"""gunicorn's gevent worker, which also tells its sockets when it is about to leave.

Only gunicorn imports this, in a process of its own: the library patches what it needs.
"""

from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker


class Worker(GeventWorker):  # type: ignore[misc]  # the library has no types
    """Stops accepting, hangs up on its sockets a few at a time, finishes the calls under way."""

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """SIGTERM. What takes time is done outside of the signal."""
        super().handle_exit(sig, frame)
        gevent.spawn(self._leave)

    def _leave(self) -> None:
        extensions = getattr(self.wsgi, "extensions", {})
        if "alongside_drain" in extensions:
            extensions["alongside_drain"].run()
