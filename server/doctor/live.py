"""Redis: reachable, hears what it is told, and not about to throw away what is kept there.

What is kept there may be lost at any moment; but who fails to sign in is counted there, and a full
memory should not forget that first.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from server.doctor.finding import Finding, warning
from server.settings import LOOPBACK
from server.wiring import Wired
from storage.ids import new_id

PATIENCE_S = 3.0


def examine(wired: Wired) -> Iterator[Finding]:
    """Findings when the settings name a Redis."""
    url = wired.settings.redis_url
    if url is None:
        if wired.settings.web_concurrency > 1:
            yield Finding("redis", False, "REDIS_URL must be set: there are several web processes")
        return
    redis: Redis = Redis.from_url(url, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S)
    try:
        yield _hears(redis)
        yield _memory(redis)
        yield from _disk(redis)
    except (RedisError, OSError) as error:
        yield Finding(
            "redis",
            False,
            f"cannot be used ({type(error).__name__}): no live updates between processes; look at "
            "REDIS_URL",
        )
    finally:
        redis.close()
    where = urlsplit(url)
    if where.hostname not in LOOPBACK and where.password is None and where.scheme != "unix":
        yield warning(
            "redis", "has no password and is on another host: set requirepass and REDIS_URL"
        )


def _hears(redis: Redis) -> Finding:
    """Said on a channel of our own, and heard there: a right that an account may lack."""
    channel: Any = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # redis-py
    name = f"alongside:doctor:{new_id()}"
    try:
        channel.subscribe(name)
        channel.get_message(timeout=PATIENCE_S)
        redis.publish(name, b"1")
        if channel.get_message(timeout=PATIENCE_S) is None:
            return Finding("redis", False, "takes what is said to it, but it is not heard")
    finally:
        channel.close()
    return Finding("redis", True, "hears and is heard")


def _memory(redis: Redis) -> Finding:
    memory: Any = redis.info("memory")
    policy = memory.get("maxmemory_policy", "unknown")
    if memory.get("maxmemory") and str(policy).startswith("allkeys"):
        return warning(
            "redis",
            f"throws anything away when its memory is full ({policy}), failed sign-ins among it: "
            "set maxmemory-policy volatile-ttl",
        )
    return Finding("redis", True, f"when its memory is full: {policy}")


def _disk(redis: Redis) -> Iterator[Finding]:
    try:
        kept: Any = redis.info("persistence")
    except ResponseError:
        return
    if kept.get("rdb_last_bgsave_status") == "err":
        yield warning(
            "redis",
            "cannot write its file and may refuse to be written to: nothing of ours must be kept, "
            'set save ""',
        )
