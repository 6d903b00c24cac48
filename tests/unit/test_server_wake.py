"""A poke ends a wait, for every waiter; without one the wait ends by itself."""

import threading
import time

from server.wake import LocalWake, RedisWake


def test_every_waiter_feels_a_poke() -> None:
    wake = LocalWake()
    ears = [wake.waiter(), wake.waiter()]
    wake.poke()
    assert [ear.wait(0) for ear in ears] == [True, True]
    assert [ear.wait(0) for ear in ears] == [False, False]


def test_a_poke_ends_a_wait_under_way() -> None:
    wake = LocalWake()
    ear = wake.waiter()
    threading.Timer(0.05, wake.poke).start()
    began = time.monotonic()
    assert ear.wait(5)
    assert time.monotonic() - began < 2


def test_with_redis_away_a_wait_ends_by_itself_and_a_poke_is_quiet() -> None:
    wake = RedisWake("redis://127.0.0.1:1/0")
    wake.poke()
    assert wake.waiter().wait(0.01) is False
