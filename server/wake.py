"""The poke: "look now". It only ever shortens a wait; the poll is the guarantee.

It knows events and Redis channels; it refuses to know what is being looked for. Losing a poke costs
one poll. Only the dispatcher waits here.
"""

import logging
import threading
from typing import Protocol

from redis import Redis
from redis.client import PubSub
from redis.exceptions import RedisError

from storage.failpoints import failpoint

log = logging.getLogger(__name__)

CHANNEL = "alongside:wake"


class Waiter(Protocol):
    """One loop's ear: each loop has its own, so that none eats another's poke."""

    def wait(self, timeout_s: float) -> bool:
        """Wait for a poke, at most `timeout_s`; whether there was one."""
        ...


class Wake(Protocol):
    """Somebody who can be poked, and ears that feel it."""

    def poke(self) -> None:
        """Tell every waiter to look now. Never raises."""
        ...

    def waiter(self) -> Waiter:
        """A new ear."""
        ...


class LocalWaiter:
    """An ear inside one process."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def poke(self) -> None:
        """End the wait under way, or the next one."""
        self._event.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a poke of this process, at most `timeout_s`."""
        was_poked = self._event.wait(timeout_s)
        self._event.clear()
        return was_poked


class LocalWake:
    """Inside one process."""

    def __init__(self) -> None:
        self._waiters: list[LocalWaiter] = []

    def poke(self) -> None:
        """Poke every waiter of this process."""
        for waiter in self._waiters:
            waiter.poke()

    def waiter(self) -> Waiter:
        """A new ear in this process."""
        waiter = LocalWaiter()
        self._waiters.append(waiter)
        return waiter


class RedisWaiter:
    """An ear on the channel of all processes. With Redis away it just waits."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._channel: PubSub | None = None
        self._never = threading.Event()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a poke of any process, at most `timeout_s`.

        A fresh subscription counts as a poke: what was published while nobody heard is lost.
        """
        try:
            if self._channel is None:
                channel: PubSub = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # redis-py
                channel.subscribe(CHANNEL)
                self._channel = channel
                return True
            return self._channel.get_message(timeout=timeout_s) is not None
        except (RedisError, OSError) as error:
            log.warning("wake channel lost: %s", type(error).__name__)
            self._channel = None
            return self._never.wait(timeout_s)


class RedisWake:
    """Across processes, over a Redis channel."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2)
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def poke(self) -> None:
        """Publish soon, from a thread of its own: a Redis that hangs holds no request up.

        With Redis away the waiters find the work at their next poll.
        """
        self._wanted.set()
        if self._thread is not None:
            return
        with self._lock:  # Started at the first poke, so after every fork.
            if self._thread is None:
                self._thread = threading.Thread(target=self._publish, name="poke", daemon=True)
                self._thread.start()

    def _publish(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            failpoint("redis.poke")
            try:
                self._redis.publish(CHANNEL, b"1")
            except (RedisError, OSError) as error:
                log.warning("poke lost: %s", type(error).__name__)

    def waiter(self) -> Waiter:
        """A new ear, poked by every process."""
        return RedisWaiter(self._redis)
