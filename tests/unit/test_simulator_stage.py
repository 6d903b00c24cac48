"""When things happen: in order, at their moment, and never twice."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from simulator.stage import LOOK_S, VirtualStage, WallStage
from storage.clock import ManualClock

START = datetime(2026, 3, 3, 21, 0, tzinfo=UTC)


class Story:
    """A stage with nothing on it but what a test puts there."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.told: list[tuple[float, str]] = []
        self.turns: list[float] = []
        self.is_open = False
        self.is_poked = False
        self.mail: list[str] = []
        self.stage = VirtualStage(
            self.clock, hear=self._hear, turn=self._turn, is_poked=self._was_poked
        )

    def at(self) -> float:
        return (self.clock.now() - START).total_seconds()

    def tell(self, what: str) -> None:
        self.told.append((self.at(), what))

    def run(self, seconds: float) -> None:
        self.stage.run(START + timedelta(seconds=seconds))

    def _hear(self) -> bool:
        arrived, self.mail = self.mail, []
        for letter in arrived:
            self.tell(letter)
        return bool(arrived)

    def _turn(self) -> bool:
        self.turns.append(self.at())
        return self.is_open

    def _was_poked(self) -> bool:
        was, self.is_poked = self.is_poked, False
        return was


def test_hours_pass_at_once_and_everything_has_its_moment() -> None:
    story = Story()
    story.stage.after(7_200, lambda: story.tell("late"))
    story.stage.after(60, lambda: story.tell("early"))
    story.stage.after(60, lambda: story.tell("early too"))
    story.stage.after(99_999, lambda: story.tell("never"))
    story.run(10_000)
    assert story.told == [(60, "early"), (60, "early too"), (7_200, "late")]
    assert story.at() == 10_000


def test_an_action_may_ask_for_another() -> None:
    story = Story()

    def first() -> None:
        story.tell("first")
        story.stage.after(5, lambda: story.tell("then"))

    story.stage.after(1, first)
    story.run(100)
    assert story.told == [(1, "first"), (6, "then")]


def test_the_dispatcher_looks_every_five_seconds_while_something_is_open_and_not_else() -> None:
    story = Story()
    story.run(100)
    assert story.turns == [0]
    story.is_open = True
    story.run(120)
    assert story.turns[1:] == [100 + LOOK_S * number for number in range(5)]


def test_a_poke_makes_it_look_at_once_and_what_it_sends_is_heard_at_that_moment() -> None:
    story = Story()

    def asks() -> None:
        story.is_poked = True
        story.mail = ["a letter"]

    story.stage.after(42.5, asks)
    story.run(100)
    assert story.turns == [0, 42.5]
    assert story.told == [(42.5, "a letter")]


def test_a_moment_that_does_not_end_is_said_to_be_one() -> None:
    story = Story()

    def circle() -> bool:
        story.is_poked = True
        return True

    stage = VirtualStage(story.clock, hear=lambda: False, turn=circle, is_poked=lambda: True)
    with pytest.raises(RuntimeError, match="does not end"):
        stage.run(START + timedelta(seconds=1))


def test_a_story_ends_when_nothing_is_left_of_what_it_waits_for() -> None:
    story = Story()
    story.stage.after(10, lambda: story.tell("done"))
    story.stage.after(20, lambda: story.tell("too late"))
    story.stage.run(START + timedelta(hours=1), while_=lambda: not story.told)
    assert story.told == [(10, "done")]


def test_the_wall_waits_for_real_takes_actions_of_other_threads_and_survives_a_bad_one() -> None:
    stage = WallStage()
    told: list[str] = []

    def bad() -> None:
        raise ValueError("somebody stumbled")

    def ends() -> None:
        told.append("end")
        stage.stop()

    stage.after(0.0, bad)
    stage.after(0.05, lambda: told.append("first"))
    began = stage.now()
    threading.Timer(0.1, lambda: stage.after(0.0, ends)).start()
    stage.run(began + timedelta(seconds=5))
    assert told == ["first", "end"]
    assert timedelta(seconds=0.1) <= stage.now() - began < timedelta(seconds=3)


def test_the_wall_stops_at_its_moment() -> None:
    stage = WallStage()
    began = stage.now()
    stage.after(30, lambda: None)
    stage.run(began + timedelta(seconds=0.05))
    assert stage.now() - began < timedelta(seconds=2)
