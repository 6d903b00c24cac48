"""How many failed sign-ins an address may make.

Only failures count: a hospital signs many people in from one address. Two windows: one address with
one e-mail (guessing a password), and one address with any (trying many people). With Redis the
count is shared by all processes; without it, or while it is away, each process counts alone.
"""

import hashlib
import logging
import math
import time
from collections.abc import Callable
from typing import TypeVar

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter
from redis.exceptions import RedisError

from server.errors import Problem
from server.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")


def make_limiter(settings: Settings) -> Limiter:
    """The store of the counts; the application initialises it."""
    return Limiter(
        get_remote_address,
        storage_uri=settings.redis_url or "memory://",
        strategy="moving-window",
        key_prefix="alongside",
    )


class LoginLimits:
    """Counts failed sign-ins and refuses more of them."""

    def __init__(self, limiter: Limiter, settings: Settings) -> None:
        self._limiter = limiter
        self._alone: RateLimiter = MovingWindowRateLimiter(MemoryStorage())
        window_s = settings.login_window_s
        self._pair = RateLimitItemPerSecond(settings.login_failures, window_s, "login")
        self._wide = RateLimitItemPerSecond(
            settings.login_failures_per_address, window_s, "login-address"
        )

    def check(self, address: str, email: str) -> None:
        """Raise a 429 `Problem` with Retry-After when a window is full."""
        waits = [
            wait
            for item, keys in self._windows(address, email)
            if (wait := self._ask(lambda to, i=item, k=keys: _wait_s(to, i, k))) is not None  # type: ignore[misc]  # bound per turn
        ]
        if waits:
            raise Problem("too_many_attempts", retry_after_s=max(waits))

    def count_failure(self, address: str, email: str) -> None:
        """Remember one failed sign-in."""
        for item, keys in self._windows(address, email):
            self._ask(lambda to, i=item, k=keys: to.hit(i, *k))  # type: ignore[misc]  # as above

    def _windows(
        self, address: str, email: str
    ) -> list[tuple[RateLimitItemPerSecond, tuple[str, ...]]]:
        # The e-mail is a key in a shared store: keep a fingerprint of it there.
        who = hashlib.sha256(email.encode()).hexdigest()[:32]
        return [(self._pair, (address, who)), (self._wide, (address,))]

    def _ask(self, question: Callable[[RateLimiter], T]) -> T:
        try:
            return question(self._limiter.limiter)
        except RedisError as error:
            log.warning("login limits count alone: %s", type(error).__name__)
            return question(self._alone)


def _wait_s(
    limiter: RateLimiter, item: RateLimitItemPerSecond, keys: tuple[str, ...]
) -> int | None:
    """Seconds until the window has room again; None when it has room now."""
    if limiter.test(item, *keys):
        return None
    return math.ceil(limiter.get_window_stats(item, *keys).reset_time - time.time())
