"""A few at a time: nobody passes a full turnstile, everybody gets through, and a place comes back."""

import threading

import pytest

from server.realtime.turnstile import Turnstile

PATIENCE_S = 20.0


def test_no_more_are_inside_than_there_are_places_and_all_get_through() -> None:
    turnstile, lock = Turnstile(3), threading.Lock()
    inside, most, through = 0, 0, 0
    full, go_on = threading.Event(), threading.Event()

    def come() -> None:
        nonlocal inside, most, through
        with turnstile.passed():
            with lock:
                inside += 1
                most = max(most, inside)
                if inside == 3:
                    full.set()
            go_on.wait(PATIENCE_S)
            with lock:
                inside -= 1
                through += 1

    callers = [threading.Thread(target=come) for _ in range(12)]
    for caller in callers:
        caller.start()
    assert full.wait(PATIENCE_S)
    go_on.set()
    for caller in callers:
        caller.join(PATIENCE_S)
    assert (most, through, inside) == (3, 12, 0)


def test_a_place_given_back_sooner_is_given_back_once() -> None:
    turnstile = Turnstile(1)
    with turnstile.passed() as mine:
        mine.is_over()
        with turnstile.passed() as theirs:
            mine.is_over()
            assert not turnstile.is_free
            theirs.is_over()
    assert turnstile.is_free


def test_who_fails_inside_gives_the_place_back() -> None:
    turnstile = Turnstile(1)

    def fail() -> None:
        with turnstile.passed():
            raise LookupError("on the way")

    with pytest.raises(LookupError, match="on the way"):
        fail()
    assert turnstile.is_free
