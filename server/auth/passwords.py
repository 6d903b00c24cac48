"""argon2id with the parameters OWASP recommends, kept off the event loop.

Hashing takes tens of milliseconds of one core on purpose, so it must never happen inside a
transaction, and under gevent it runs in a native thread. At most `LANES` run at a time.
"""

import os
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

LANES = max(2, os.cpu_count() or 2)
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_lanes = threading.BoundedSemaphore(LANES)


def hash_password(password: str) -> str:
    """The encoded argon2id hash of `password`, with a fresh salt."""
    return _off_the_loop(lambda: _hasher.hash(password))


def verify(encoded: str | None, password: str) -> bool:
    """Whether `password` belongs to `encoded`.

    None (no such user) costs the same time as a wrong password and is never right.
    """
    against = encoded if encoded is not None else decoy()
    matches = _off_the_loop(lambda: _verify(against, password))
    return matches and encoded is not None


def lane() -> threading.BoundedSemaphore:
    """The right to hash now.

    Its holder checks the login limits, hashes and counts the failure inside, so that a burst of
    guesses cannot all pass the check before the first failure is counted.
    """
    return _lanes


def _verify(encoded: str, password: str) -> bool:
    try:
        return _hasher.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def decoy() -> str:
    """What the password of somebody who does not exist is compared with, at the same cost."""
    return hash_password("nobody has this password")


def _off_the_loop(work: Callable[[], T]) -> T:
    """Run `work`; under gevent in a native thread, while other greenlets go on."""
    gevent_monkey = sys.modules.get("gevent.monkey")
    if gevent_monkey is None or not gevent_monkey.is_module_patched("threading"):
        return work()
    from gevent import get_hub

    done: T = get_hub().threadpool.apply(work)
    return done
