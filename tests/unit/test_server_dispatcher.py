"""The loops of a dispatcher: turns, failures, the heart."""

import threading

from server import dispatcher
from server.dispatcher import Loop
from server.metrics import Metrics
from server.turns import Turn
from server.wake import LocalWake


class Tally:
    """Counts how often it was called; fails while told to."""

    def __init__(self, done: int = 0) -> None:
        self.done = done
        self.calls = 0
        self.is_broken = False

    def __call__(self) -> int:
        self.calls += 1
        if self.is_broken:
            raise RuntimeError("broken")
        return self.done


def loop_of(*turns: Turn, beat: Tally | None = None) -> tuple[Loop, Metrics]:
    """A loop over `turns`."""
    metrics = Metrics()

    def heart() -> None:
        if beat is not None:
            beat()

    return Loop("engine", turns, LocalWake().waiter(), metrics, heart), metrics


def test_a_turn_that_fails_keeps_nobody_from_theirs_and_stops_the_heart() -> None:
    bad, good, beat = Tally(), Tally(2), Tally()
    bad.is_broken = True
    loop, metrics = loop_of(Turn("bad", bad), Turn("good", good), beat=beat)
    stop = threading.Event()
    assert loop.round(stop) == (2, False)
    assert (good.calls, beat.calls) == (1, 0)
    assert 'alongside_dispatcher_errors_total{loop="bad"} 1.0' in metrics.text().decode()
    bad.is_broken = False
    assert loop.round(stop) == (2, True)
    assert beat.calls == 1


def test_a_rare_turn_waits_for_its_time() -> None:
    often, rare = Tally(), Tally()
    loop, _ = loop_of(Turn("often", often), Turn("rare", rare, every_s=3600))
    for _ in range(3):
        loop.round(threading.Event())
    assert (often.calls, rare.calls) == (3, 1)


def test_a_loop_stops_after_the_turn_under_way() -> None:
    stop = threading.Event()
    later = Tally()

    def last() -> int:
        stop.set()
        return 1

    loop, _ = loop_of(Turn("last", last), Turn("later", later))
    loop.run(stop)
    assert later.calls == 0


def test_a_poll_is_short_enough_for_the_goal() -> None:
    """Insert to claimed within two polls when every poke is lost; a beat well within 30 s."""
    assert dispatcher.POLL_S <= 0.5
    assert dispatcher.BEAT_S * 3 < 30
