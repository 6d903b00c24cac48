"""One person's app: it renews its tokens, insists on what must arrive, and survives dead spots."""

from datetime import UTC, datetime, timedelta
from random import Random

from simulator.door import Answer, Json
from simulator.doors.memory import Asked, MemoryDoor
from simulator.phone import LINE_CLOSED, Phone, SignIn
from simulator.stage import VirtualStage
from storage.clock import ManualClock

START = datetime(2026, 3, 3, 21, 0, tzinfo=UTC)


class Somebody:
    """A phone on a stage, before a door that answers as it is told to."""

    def __init__(self, expires_in: int = 900) -> None:
        self.clock = ManualClock(START)
        self.door = MemoryDoor(lambda _: Answer(200, {"done": True}), expires_in=expires_in)
        self.stage = VirtualStage(
            self.clock, hear=lambda: False, turn=lambda: False, is_poked=lambda: False
        )
        self.heard: list[tuple[str, Json]] = []
        self.times_live = 0
        self.answers: list[Answer] = []
        self.phone = Phone(
            self.door,
            self.stage,
            SignIn("mara@city.example", "secret"),
            Random(1),
            hear=lambda event, data: self.heard.append((event, data)),
            on_live=self._live,
        )

    def _live(self) -> None:
        self.times_live += 1

    def pass_time(self, seconds: float) -> None:
        self.stage.run(self.clock.now() + timedelta(seconds=seconds))

    def calls(self, path: str) -> list[Asked]:
        return [asked for asked in self.door.asked if asked.path == path]


def test_it_signs_in_once_and_renews_its_token_before_it_expires() -> None:
    one = Somebody()
    one.phone.call("GET", "/me")
    one.phone.call("GET", "/me")
    assert len(one.calls("/sessions")) == 1
    one.pass_time(850)
    one.phone.call("GET", "/me")
    assert one.calls("/sessions/refresh")[0].body == {"refresh_token": "refresh-1"}
    assert one.calls("/me")[-1].token == "access-2"


def test_a_refused_token_is_renewed_and_the_call_made_again_with_the_same_key() -> None:
    one = Somebody()

    def script(asked: Asked) -> Answer:
        return Answer(401 if asked.token == "access-1" else 200)

    one.door.script = script
    assert one.phone.call("POST", "/offers/o/accept").is_ok
    first, second = one.calls("/offers/o/accept")
    assert first.key == second.key is not None


def test_a_step_is_insisted_on_with_one_key_until_there_is_an_answer() -> None:
    one = Somebody()
    one.phone.call("GET", "/me")
    one.door.is_reachable = False
    one.phone.insist("POST", "/visits/v/depart", None, one.answers.append)
    one.pass_time(5)
    assert one.answers == []
    one.door.is_reachable = True
    one.pass_time(10)
    assert [answer.status for answer in one.answers] == [200]
    assert len(one.calls("/visits/v/depart")) >= 3
    assert len({asked.key for asked in one.calls("/visits/v/depart")}) == 1


def test_a_busy_server_is_asked_again_later() -> None:
    one = Somebody()
    busy = [Answer(503), Answer(429), Answer(200)]
    one.door.script = lambda _: busy.pop(0)
    one.phone.insist("POST", "/requests", {}, one.answers.append)
    one.pass_time(10)
    assert [answer.status for answer in one.answers] == [200]


def test_without_a_signal_steps_wait_and_arrive_in_their_order_when_it_is_back() -> None:
    one = Somebody()
    one.phone.go_live()
    one.phone.lose_signal(60)
    assert not one.phone.is_live
    assert not one.door.lines[0].is_open
    one.phone.insist("POST", "/visits/v/depart", None, one.answers.append)
    one.phone.insist("POST", "/visits/v/arrive", None, one.answers.append)
    assert one.phone.send("seen", {}) is None
    assert not one.phone.tell("position", {})
    one.pass_time(59)
    assert one.answers == []
    one.pass_time(2)
    assert [asked.path for asked in one.door.asked[-2:]] == ["/visits/v/depart", "/visits/v/arrive"]
    assert one.times_live == 2
    assert one.phone.is_live


def test_a_line_that_falls_is_opened_again_and_what_was_missed_is_fetched() -> None:
    one = Somebody()
    one.phone.go_live()
    one.door.lines[0].is_open = False
    one.door.lines[0].hear(LINE_CLOSED, {})
    one.pass_time(5)
    assert len(one.door.lines) == 2
    assert one.times_live == 2
    one.door.lines[1].hear("fact", {"seq": 1})
    one.pass_time(1)
    assert one.heard == [("fact", {"seq": 1})]


def test_a_line_is_given_a_fresh_token_before_its_own_expires() -> None:
    one = Somebody()
    one.phone.go_live()
    one.pass_time(900)
    assert one.door.lines[0].said == [("refresh", {"token": "access-2"})]


def test_a_phone_that_is_put_away_stays_away() -> None:
    one = Somebody()
    one.phone.go_live()
    one.phone.switch_off()
    one.door.lines[0].hear(LINE_CLOSED, {})
    one.pass_time(60)
    assert len(one.door.lines) == 1
