"""Announcements between processes, over one Redis channel.

Publishing never waits and never raises: a thread of its own does it, and drops what it cannot. Who
may have missed something because of that is told to look again.
"""

import logging
import queue
import random
import threading
from collections.abc import Iterator
from typing import Any

import socketio
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from server.realtime import wire
from server.realtime.outlets import Nowhere, Outlet, SocketOutlet
from server.realtime.rooms import NAMESPACE
from server.realtime.roster import Roster
from server.settings import Settings
from storage.failpoints import failpoint

log = logging.getLogger(__name__)

CHANNEL = "alongside:live"
"""One name for web processes and dispatchers; the libraries' defaults differ from each other."""

MOST_QUEUED = 10_000
MOST_AT_ONCE = 200
LISTEN_S = 5.0
AGAIN_S = 0.5
SPREAD_S = 5
"""Over how many seconds everybody's looking again is spread."""


def _connect(url: str, **more: Any) -> Redis:
    return Redis.from_url(url, retry=Retry(NoBackoff(), 1), socket_connect_timeout=1, **more)


class Local(Roster, socketio.Manager):  # type: ignore[misc]  # the library has no types
    """The library's manager of rooms, of a process that is alone."""


class Fanout(Roster, socketio.PubSubManager):  # type: ignore[misc]  # the library has no types
    """The library's manager of rooms, with our own way to Redis and back."""

    name = "redis"

    def __init__(self, url: str, *, write_only: bool = False) -> None:
        quiet = logging.getLogger(f"{__name__}.upstream")
        quiet.setLevel(logging.ERROR)
        super().__init__(channel=CHANNEL, write_only=write_only, logger=quiet, json=wire)
        self._url = url
        self._outgoing: queue.Queue[str] = queue.Queue(MOST_QUEUED)
        self._lock = threading.Lock()
        self._sender: threading.Thread | None = None
        self._pause = threading.Event()
        self._has_lost = False

    def _publish(self, data: dict[str, Any]) -> None:
        """Queue one message for the other processes."""
        try:
            self._outgoing.put_nowait(wire.dumps(data))
        except queue.Full:
            self._has_lost = True
        if self._sender is None:
            self._start_sender()

    def _start_sender(self) -> None:
        with self._lock:
            if self._sender is None:
                self._sender = threading.Thread(
                    target=self._send_forever, name="fanout", daemon=True
                )
                self._sender.start()

    def _send_forever(self) -> None:
        redis = _connect(self._url, socket_timeout=2)
        while True:
            try:
                # After a loss, everybody is told to look again, also when nothing else happens.
                batch = [self._outgoing.get(timeout=AGAIN_S if self._has_lost else None)]
            except queue.Empty:
                batch = []
            while len(batch) < MOST_AT_ONCE and not self._outgoing.empty():
                batch.append(self._outgoing.get())
            self._send(redis, batch)

    def _send(self, redis: Redis, batch: list[str]) -> None:
        """Publish a batch, or lose it; after a loss, the next one begins with a "look again"."""
        failpoint("redis.publish")
        if self._has_lost:
            batch = [wire.dumps(self._look_again()), *batch]
        try:
            pipeline = redis.pipeline(transaction=False)
            for message in batch:
                pipeline.publish(CHANNEL, message)
            pipeline.execute()
        except (RedisError, OSError) as error:
            if not self._has_lost:
                log.warning("announcements lost: %s", type(error).__name__)
            self._has_lost = True
        else:
            self._has_lost = False

    def _look_again(self) -> dict[str, Any]:
        return {
            "method": "emit",
            "event": "resync",
            "data": [{"spread_s": SPREAD_S}],
            "binary": False,
            "namespace": NAMESPACE,
            "room": None,
            "skip_sid": None,
            "callback": None,
            "host_id": self.host_id,
        }

    def _listen(self) -> Iterator[bytes]:
        """Every message of the channel, for ever; Redis going away only makes a pause."""
        while True:
            redis = _connect(self._url, socket_keepalive=True, health_check_interval=10)
            try:
                yield from self._messages(redis)
            except (RedisError, OSError) as error:
                log.warning("announcements of others not heard: %s", type(error).__name__)
                self._pause.wait(AGAIN_S * (1 + random.random()))
            finally:
                redis.close()

    def _messages(self, redis: Redis) -> Iterator[bytes]:
        channel: Any = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # redis-py
        channel.subscribe(CHANNEL)
        # Whatever was said while nobody listened is gone: our own sockets look again.
        again = {"spread_s": SPREAD_S}
        super().emit("resync", again, namespace=NAMESPACE, room=None, ignore_queue=True)
        while True:
            message = channel.get_message(timeout=LISTEN_S)
            if message is not None and message["type"] == "message":
                yield message["data"]


def outlet_of(settings: Settings) -> Outlet:
    """Where a process without sockets of its own announces: Redis, or nowhere."""
    if settings.redis_url is None:
        return Nowhere()
    return SocketOutlet(Fanout(settings.redis_url, write_only=True))
