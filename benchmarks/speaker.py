"""Our application as gunicorn serves it, with three addresses more: for `fanout` and `memory` alone.

What they do, `speaker.js` does for the peer in the same words.
"""

import gc
from collections.abc import Callable

import gevent
from flask import Response, request

from server.realtime import rooms
from server.realtime.outlets import SocketOutlet
from server.wsgi import app
from storage.clock import SystemClock

__all__ = ["app"]

ALL = "all"
BETWEEN = 100
"""After so many announcements to one each, the sockets get their turn."""
CLOCK = SystemClock()
_server = app.extensions["socketio"].server
_outlet = SocketOutlet(_server)


def _said(number: int = 0) -> dict[str, object]:
    return {"said_at": CLOCK.now().timestamp(), "number": number, "text": "x" * 300}


def gather() -> int:
    """Everybody who is connected comes into one room; how many."""
    sids = list(_server.manager.rooms.get(rooms.NAMESPACE, {}).get(None, ()))
    for sid in sids:
        _server.enter_room(sid, ALL, rooms.NAMESPACE)
    gc.collect()
    return len(sids)


def to_all() -> int:
    """One announcement to the room."""
    _outlet.emit("resync", _said(), [ALL])
    return 1


def to_each() -> int:
    """`count` announcements, each to one phone, in turn, as fast as it goes."""
    known = list(_server.manager.rooms[rooms.NAMESPACE])
    mine = [name for name in known if name is not None and name.startswith("peer:")]
    count = int(request.args["count"])
    for number in range(count):
        _outlet.emit("resync", _said(number), [mine[number % len(mine)]])
        if number % BETWEEN == 0:
            gevent.sleep(0)
    return count


def _add(path: str, work: Callable[[], int]) -> None:
    app.add_url_rule(path, work.__name__, lambda: Response(str(work())))


_add("/speak/gather", gather)
_add("/speak/all", to_all)
_add("/speak/each", to_each)
