"""The garbage collector and thousands of connections: frozen by steps, and freed when many have ended."""

import gc
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dispatch.states import Role
from server.auth.callers import Caller, Credential
from server.metrics import Metrics
from server.realtime import garbage as module
from server.realtime.connections import Connection, Connections
from server.realtime.garbage import STEP, Garbage


class Cycle:
    """What a connection leaves behind: something that knows itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def metrics() -> Metrics:
    """Where the longest stop is told."""
    return Metrics()


@pytest.fixture
def garbage(metrics: Metrics) -> Iterator[Garbage]:
    """In a process that has begun; what a test froze is looked at again after it."""
    begun = Garbage(metrics.longest_pause.set)
    begun.begin()
    yield begun
    gc.callbacks.remove(begun.measure)
    gc.unfreeze()
    gc.collect()


def test_what_is_there_is_frozen_at_the_start_and_by_steps(garbage: Garbage) -> None:
    first = gc.get_freeze_count()
    assert first > 0
    more = [Cycle() for _ in range(1_000)]
    garbage.look(STEP - 1, 0)
    assert gc.get_freeze_count() <= first, "less than a step is no reason"
    garbage.look(STEP, 0)
    assert gc.get_freeze_count() >= first + len(more)


def test_connections_that_ended_are_freed_once_there_are_many(garbage: Garbage) -> None:
    connections = [Cycle() for _ in range(4 * STEP)]
    garbage.look(len(connections), 0)
    seen = weakref.ref(connections[0])
    opened, ended = len(connections), len(connections) // 2
    connections.clear()
    gc.collect()
    garbage.look(opened, ended - 1)
    assert seen() is not None, "frozen, nobody frees them"
    garbage.look(opened, ended)
    assert seen() is None
    assert gc.get_freeze_count() > 0, "the others are frozen again"


def test_phones_that_come_and_go_do_not_pile_up(garbage: Garbage) -> None:
    """As many come as go: the number of connections alone would tell nothing."""
    left: list[Any] = []
    for number in range(10):
        cycles = [Cycle() for _ in range(STEP)]
        left += [weakref.ref(one) for one in cycles]
        garbage.look((number + 1) * STEP, number * STEP)
        del cycles
    garbage.look(11 * STEP, 11 * STEP)
    assert not [one for one in left if one() is not None]


def test_what_a_long_look_left_is_not_looked_at_again(
    garbage: Garbage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What phones renew with each message grows old, and would be looked at again every few seconds."""
    monkeypatch.setattr(module, "LONG_S", 0.0)
    monkeypatch.setattr(module, "MOST_FREEZES", 2)
    renewed = [Cycle() for _ in range(20_000)]
    gc.collect()
    assert gc.get_freeze_count() >= len(renewed)
    seen = weakref.ref(renewed[0])
    renewed.clear()
    gc.collect()
    assert seen() is not None, "frozen, nobody frees them"
    monkeypatch.setattr(module, "LONG_S", 3600.0)
    garbage.look(0, 0)
    assert seen() is None, "but now and then"


def test_a_process_that_has_not_begun_freezes_nothing() -> None:
    Garbage(lambda _: None).look(10 * STEP, 0)
    assert gc.get_freeze_count() == 0


def test_the_longest_stop_is_told(garbage: Garbage, metrics: Metrics) -> None:
    many = [Cycle() for _ in range(20_000)]
    gc.collect()
    told = metrics.registry.get_sample_value("alongside_gc_longest_pause_seconds")
    assert told is not None
    assert told > 0
    garbage.measure("start", {"generation": 0})
    garbage.measure("stop", {"generation": 0})
    assert metrics.registry.get_sample_value("alongside_gc_longest_pause_seconds") == told
    assert len(many) == 20_000


def test_who_came_and_went_is_counted_once() -> None:
    here = Connections()
    caller = Caller("s", "u", "A", Role.PEER, "n", "N", None)
    guest: Any = SimpleNamespace(sid="guest")
    here.add(Connection("peer", Credential(session_id="s"), caller, None))
    here.add_guest(guest)
    assert (here.opened, here.ended) == (2, 0)
    for _ in range(2):
        here.remove("peer")
        here.remove("guest")
    assert (here.opened, here.ended) == (2, 2)
