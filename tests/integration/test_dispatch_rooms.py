"""The room of a video visit: the visit starts when both are connected, and ends when it is empty."""

from dataclasses import dataclass
from typing import Any

import pytest

from dispatch import queries
from dispatch.actions import bridges, rooms, visits
from dispatch.actions.rooms import GUEST, Said
from dispatch.errors import Conflict
from dispatch.events import By
from dispatch.models import Visit
from dispatch.policy import DEFAULT
from dispatch.rooms import FRESH, REPORT_S, Room, Seat, SeatState, Side, shape
from dispatch.states import Modality
from storage.clock import ManualClock
from tests.integration.conftest import Ward

TABS = {Side.PEER: "peer-page", Side.GUEST: "guest-page"}
SILENT_S = FRESH.total_seconds() + 1


@dataclass
class Talk:
    """A video visit that Marcus said yes to, and short verbs for both sides."""

    ward: Ward
    clock: ManualClock
    request_id: str
    visit_id: str

    def do(self, action: Any, *args: Any) -> Any:
        with self.ward.world.db.transaction() as tx:
            return action(tx, tx.session.get_one(Visit, self.visit_id), *args)

    def enter(self, side: Side, tab: str | None = None) -> float | None:
        took: float | None = self.do(rooms.enter, side, tab or TABS[side])
        return took

    def say(self, side: Side, state: SeatState, **more: Any) -> float | None:
        took: float | None = self.do(rooms.report, side, TABS[side], Said(state, **more))
        return took

    def leave(self, side: Side, state: SeatState = SeatState.GONE) -> None:
        self.do(rooms.leave, side, TABS[side], state)

    def end(self, side: Side, by: By) -> None:
        self.do(rooms.end, side, TABS[side], by)

    def connect(self) -> float | None:
        """Both come in, want to talk, and after two seconds hear each other."""
        for side in Side:
            self.enter(side)
            self.say(side, SeatState.READY)
        self.clock.advance(2)
        self.say(Side.PEER, SeatState.CONNECTED)
        return self.say(Side.GUEST, SeatState.CONNECTED)

    def pass_time(self, seconds: float, *alive: Side) -> None:
        """Time goes by; these sides say every ten seconds that they are still there."""
        left = seconds
        while left > 0:
            self.clock.advance(min(REPORT_S, left))
            left -= REPORT_S
            for side in alive:
                if self.state() == "in_session":
                    self.say(side, SeatState.CONNECTED)
            rooms.tick(self.ward.world.db)

    def state(self) -> str:
        return str(self.ward.world.request(self.request_id).state.value)

    def is_asked(self) -> bool:
        return self.room["asked_at"] is not None

    @property
    def room(self) -> dict[str, Any]:
        with self.ward.world.db.read() as tx:
            return shape(tx, tx.session.get_one(Visit, self.visit_id))

    def last_fact(self) -> tuple[str, dict[str, Any]]:
        with self.ward.world.db.read() as tx:
            last = queries.facts_after(tx, self.request_id, 0, 1000)[-1]
            return last.type.value, dict(last.actor)


@pytest.fixture
def talk(ward: Ward, clock: ManualClock) -> Talk:
    request_id = ward.world.ask(ward.nurse, modality=Modality.VIDEO)
    return Talk(ward, clock, request_id, ward.world.accept(ward.marcus, request_id))


def test_the_visit_starts_when_both_say_that_they_are_connected(talk: Talk) -> None:
    for side in Side:
        talk.enter(side)
        talk.say(side, SeatState.READY)
    talk.clock.advance(2.5)
    assert talk.say(Side.PEER, SeatState.CONNECTED) is None
    assert talk.state() == "accepted"
    assert talk.say(Side.GUEST, SeatState.CONNECTED) == 2.5
    assert talk.state() == "in_session"
    assert talk.last_fact() == ("visit_started", {"kind": "engine", "name": "Alongside"})
    assert talk.room["started_at"] == talk.room["connected_at"]
    # Told again it is no news, and is counted once.
    assert talk.say(Side.GUEST, SeatState.CONNECTED) is None
    assert talk.ward.world.facts(talk.request_id).count("visit_started") == 1


def test_who_is_only_at_the_screen_has_not_said_yes(talk: Talk) -> None:
    talk.enter(Side.PEER)
    talk.say(Side.PEER, SeatState.CONNECTED)
    talk.enter(Side.GUEST)
    talk.say(Side.GUEST, SeatState.HERE)
    assert talk.state() == "accepted"
    assert talk.room["connected_at"] is None


def test_a_press_before_the_room_keeps_its_time(talk: Talk) -> None:
    talk.ward.world.do(visits.start, talk.ward.marcus, talk.visit_id)
    talk.clock.advance(30)
    assert talk.connect() == 2
    assert talk.ward.world.facts(talk.request_id).count("visit_started") == 1
    assert talk.room["started_at"] < talk.room["connected_at"]


def test_what_one_side_says_of_itself_the_other_sees(talk: Talk) -> None:
    talk.connect()
    talk.say(Side.GUEST, SeatState.CONNECTED, has_camera=True, is_muted=True)
    guest = talk.room["guest"]
    said = {"state": "connected", "camera": True, "muted": True, "inside": False}
    assert guest == {"tab": "guest-page"} | said


def test_a_newer_page_has_the_seat(talk: Talk) -> None:
    talk.connect()
    talk.enter(Side.PEER, "another-page")
    with pytest.raises(Conflict) as refused:
        talk.say(Side.PEER, SeatState.CONNECTED, is_muted=True)
    assert refused.value.refusal == "room_moved"
    assert talk.room["peer"]["tab"] == "another-page"
    # The old page's goodbye does not empty the seat of the new one.
    talk.leave(Side.PEER)
    assert talk.room["peer"]["state"] == "here"


def test_the_same_page_after_a_restart_goes_on_where_it_was(talk: Talk) -> None:
    talk.connect()
    talk.clock.advance(SILENT_S)
    assert talk.room["peer"]["state"] == "gone"
    talk.enter(Side.PEER)
    talk.enter(Side.GUEST)
    assert talk.room["peer"]["state"] == "connected"
    assert talk.state() == "in_session"


def test_while_both_are_heard_of_nobody_is_asked(talk: Talk) -> None:
    talk.connect()
    talk.pass_time(3600, *Side)
    assert talk.state() == "in_session"
    assert not talk.is_asked()


def test_an_empty_room_asks_and_then_ends(talk: Talk) -> None:
    talk.connect()
    talk.leave(Side.GUEST)
    rooms.tick(talk.ward.world.db)
    talk.pass_time(DEFAULT.room_ask_s - 5, Side.PEER)
    assert not talk.is_asked()
    talk.pass_time(10, Side.PEER)
    assert talk.is_asked()
    assert talk.room["ends_at"] is not None
    talk.pass_time(DEFAULT.room_end_s - 20, Side.PEER)
    assert talk.state() == "in_session"
    talk.pass_time(30, Side.PEER)
    assert talk.state() == "completed"
    assert talk.last_fact() == ("visit_completed", {"kind": "engine", "name": "Alongside"})
    assert talk.room["is_over"]


def test_both_gone_without_a_word_is_an_empty_room_too(talk: Talk) -> None:
    talk.connect()
    talk.pass_time(SILENT_S + 10 + DEFAULT.room_ask_s + DEFAULT.room_end_s + 20)
    assert talk.state() == "completed"


def test_an_answer_gives_the_other_the_whole_time_again(talk: Talk) -> None:
    talk.connect()
    talk.leave(Side.GUEST)
    talk.pass_time(DEFAULT.room_ask_s + 20, Side.PEER)
    assert talk.is_asked()
    talk.do(rooms.stay)
    assert not talk.is_asked()
    talk.pass_time(DEFAULT.room_ask_s - 10, Side.PEER)
    assert not talk.is_asked()
    talk.pass_time(DEFAULT.room_end_s, Side.PEER)
    assert talk.state() == "in_session"


def test_who_comes_back_ends_the_question(talk: Talk) -> None:
    talk.connect()
    talk.leave(Side.GUEST)
    talk.pass_time(DEFAULT.room_ask_s + 20, Side.PEER)
    talk.enter(Side.GUEST)
    talk.say(Side.GUEST, SeatState.CONNECTED)
    talk.say(Side.PEER, SeatState.CONNECTED, is_muted=True)
    assert not talk.is_asked()


def test_a_talk_that_goes_on_by_telephone_is_not_ended(talk: Talk) -> None:
    talk.connect()
    talk.do(rooms.by_phone)
    talk.leave(Side.PEER)
    talk.leave(Side.GUEST)
    talk.pass_time(1800)
    assert talk.state() == "in_session"
    assert talk.room["by_phone"]


def test_the_person_at_the_bedside_can_end_it(talk: Talk) -> None:
    talk.connect()
    talk.end(Side.GUEST, GUEST)
    assert talk.state() == "completed"
    assert talk.last_fact() == ("visit_completed", {"kind": "guest"})
    with pytest.raises(Conflict):
        talk.enter(Side.GUEST)


def test_ending_before_it_began_is_only_leaving(talk: Talk) -> None:
    for side in Side:
        talk.enter(side)
    talk.end(Side.GUEST, GUEST)
    assert talk.state() == "accepted"
    assert (talk.room["guest"]["state"], talk.room["is_over"]) == ("gone", False)
    assert talk.connect() == 2


def test_only_a_video_visit_has_a_room(ward: Ward, clock: ManualClock) -> None:
    request_id = ward.world.ask(ward.nurse)
    walk = Talk(ward, clock, request_id, ward.world.accept(ward.marcus, request_id))
    with pytest.raises(Conflict):
        walk.enter(Side.PEER)


def test_a_sign_of_life_alone_is_written_without_holding_anything(talk: Talk) -> None:
    talk.connect()
    before = talk.ward.world.request(talk.request_id).seq
    talk.clock.advance(9)
    talk.say(Side.PEER, SeatState.CONNECTED)
    with talk.ward.world.db.read() as tx:
        seat = tx.session.get_one(Seat, (talk.visit_id, Side.PEER))
        assert seat.seen_at == talk.clock.now()
        assert tx.session.get_one(Room, talk.visit_id).met_at is not None
    assert talk.ward.world.request(talk.request_id).seq == before


def test_a_bridge_meets_in_a_room_of_its_own(ward: Ward, clock: ManualClock) -> None:
    """The visit that is by video starts and ends; the one on the road is not touched by it."""
    request_id = ward.world.ask(ward.nurse)
    walking = ward.world.accept(ward.marcus, request_id)
    ward.world.do(visits.depart, ward.marcus, walking)
    ward.world.do(bridges.want, ward.nurse, request_id)
    ward.world.tick()
    talk = Talk(ward, clock, request_id, ward.world.accept(ward.dana, request_id))
    assert talk.connect() == 2
    snapshot = ward.world.snapshot(request_id)
    assert (snapshot["state"], snapshot["bridge"]["state"]) == ("en_route", "in_session")
    talk.end(Side.GUEST, GUEST)
    snapshot = ward.world.snapshot(request_id)
    assert (snapshot["state"], snapshot["bridge"]) == ("en_route", None)
    with pytest.raises(Conflict):
        talk.enter(Side.GUEST)
