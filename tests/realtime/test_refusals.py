"""Whatever a client sends: an acknowledgement with a code, and never an exception."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from server.realtime import namespace
from server.realtime.events import SAID
from server.wiring import Wired
from tests.api.conftest import Api
from tests.api.people import Person, World
from tests.realtime.conftest import Story
from tests.realtime.sockets import Socket
from tests.realtime.test_room import guest_of, link, visit

__all__ = ["visit"]

# What is tested here does not depend on the database.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

Enter = Callable[[Person], Socket]

IN_A_ROOM = {"visit_id": "x", "tab": "some-page"}
GOOD: dict[str, dict[str, Any]] = {
    "follow": {"request_id": "x"},
    "unfollow": {"request_id": "x"},
    "follow_board": {},
    "unfollow_board": {},
    "follow_site": {},
    "unfollow_site": {},
    "position": {
        "latitude": 39.9,
        "longitude": -82.9,
        "accuracy_m": 5.0,
        "recorded_at": "2026-03-03T02:40:00Z",
    },
    "seen": {"offer_id": "x"},
    "refresh": {"token": "x"},
    "room_join": IN_A_ROOM,
    "room_state": IN_A_ROOM | {"state": "ready", "camera": False, "muted": False},
    "signal": IN_A_ROOM | {"to": "another-page", "data": {"candidate": {"candidate": "x"}}},
    "room_stay": {"visit_id": "x"},
    "room_leave": IN_A_ROOM | {"why": "gone"},
    "room_nurse": IN_A_ROOM,
    "bedside": {},
    "talk_since": {"visit_id": "x"},
    "talk_say": {"visit_id": "x", "id": "message-01", "text": "hello"},
    "talk_read": {"visit_id": "x", "seq": 1},
}


@pytest.fixture
def speaker(
    story: Story, enter: Enter, app: Flask, api: Api, world: World, request: pytest.FixtureRequest
) -> Callable[[str], Socket]:
    """The socket of somebody who may say an event: a role's, or the bedside's where no role may."""

    def speak(event: str) -> Socket:
        if SAID[event].roles:
            return enter(story.here.one_of(min(SAID[event].roles)))
        visit_id = request.getfixturevalue("visit")
        return guest_of(app, link(api, world, visit_id))

    return speak


def test_every_event_has_an_example(backend: object) -> None:
    assert set(GOOD) == set(SAID)


@pytest.mark.parametrize("event", sorted(SAID))
def test_a_wrong_role_is_told_so_before_anything_is_read(
    story: Story, enter: Enter, event: str
) -> None:
    here = story.here
    for person in (here.staff, here.peers[0], here.manager, here.supervisor, here.admin):
        if person.role not in SAID[event].roles:
            enter(person).refused("forbidden", event, {"nonsense": 1})


BAD: list[Any] = [
    {"unknown": 1},
    [],
    "text",
    7,
    True,
    {"request_id": None},
    {"request_id": ["x"], "offer_id": {}, "token": 1},
    {"request_id": "x" * 65},
    {"request_id": "../x"},
    {"request_id": "x\x00"},
    {"request_id": "x", "after": -1},
    {"request_id": "x", "after": "1"},
    {"request_id": "x", "after": 1.5},
    {"request_id": "x", "after": 2**70},
    {"latitude": "39.9"},
    b"bytes",
    {"request_id": b"bytes"},
]


@pytest.mark.parametrize("event", sorted(SAID))
def test_what_is_malformed_is_refused(speaker: Callable[[str], Socket], event: str) -> None:
    socket = speaker(event)
    for data in BAD:
        socket.refused("invalid", event, data)
    assert socket.is_in


@pytest.mark.parametrize("event", sorted(SAID))
def test_unknown_fields_and_further_arguments_are_refused(
    speaker: Callable[[str], Socket], event: str
) -> None:
    socket = speaker(event)
    answer = socket.refused("invalid", event, GOOD[event] | {"surprise": 1})
    assert answer["errors"] == [{"field": "surprise", "message": "Extra inputs are not permitted"}]
    socket.refused("invalid", event, GOOD[event], {})
    if GOOD[event]:
        socket.refused("invalid", event)
        socket.refused("invalid", event, None)


def test_the_value_that_was_sent_is_never_repeated(story: Story, enter: Enter) -> None:
    socket = enter(story.here.staff)
    answer = socket.refused("invalid", "follow", {"request_id": "a secret"})
    assert "secret" not in str(answer)


@pytest.mark.parametrize("event", ["connect", "disconnect", "connect_error", "", "fact", "trigger"])
def test_an_event_that_is_none_is_refused(story: Story, enter: Enter, event: str) -> None:
    socket = enter(story.here.staff)
    said: list[tuple[Any, ...]] = [(), ({},), ("reason",), ({}, {"token": "x"}), ({}, {}, {})]
    for data in said:
        socket.refused("not_found", event, *data)
    assert socket.is_in
    socket.done("unfollow", {"request_id": "x"})


@pytest.mark.parametrize("event", [7, None, True, [], {}, ["follow"], {"follow": 1}])
def test_an_event_without_a_name_is_refused(story: Story, enter: Enter, event: Any) -> None:
    enter(story.here.staff).refused("not_found", event, {})


def test_a_database_that_is_away_is_told_as_such(
    story: Story, enter: Enter, wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = enter(story.here.staff)

    def away(*_: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(namespace, "authenticate", away)
    socket.refused("database_unavailable", "follow", {"request_id": "x"})
    monkeypatch.undo()
    socket.refused("not_found", "follow", {"request_id": "x"})


def test_a_mistake_of_ours_tells_nothing(
    story: Story, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = enter(story.here.staff)

    def broken(*_: Any) -> None:
        raise RuntimeError("an inner secret")

    monkeypatch.setattr(namespace, "authenticate", broken)
    answer = socket.refused("internal", "follow", {"request_id": "x"})
    assert "secret" not in str(answer)
    assert socket.is_in


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(story: Story, enter: Enter, number: str) -> None:
    phone = enter(story.here.peers[0])
    body = f'{{"latitude":{number},"longitude":-82.9,"accuracy_m":5,"recorded_at":"2026-03-03T02:40Z"}}'
    answer = phone.say_raw(f'2/live,7["position",{body}]')
    assert (answer["ok"], answer["code"]) == (False, "invalid")


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_anything_at_all_is_answered(story: Story, enter: Enter) -> None:
    sockets = [enter(person) for person in (story.here.manager, story.here.peers[0])]

    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.sampled_from([*SAID, "other"]), st.lists(json_values, max_size=2))
    def anything(event: str, data: list[Any]) -> None:
        for socket in sockets:
            answer = socket.say(event, *data)
            assert answer["ok"] or answer["code"] not in {"internal", "database_unavailable"}
            assert socket.is_in

    anything()
