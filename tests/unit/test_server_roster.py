"""Rooms by socket and rooms by room say the same, whatever is done; who leaves is in none."""

import random
from typing import Any

import pytest
import socketio

from server.realtime.fanout import Local

NAMESPACE = "/live"


@pytest.fixture(params=[Local, socketio.Manager], ids=["ours", "the library's"])
def manager(request: pytest.FixtureRequest) -> Any:
    """Each of the two in turn: ours must do what the library's does."""
    found = request.param()
    socketio.Server(client_manager=found, async_mode="threading")
    return found


def of_rooms(manager: Any, sid: str) -> list[str]:
    """The rooms of a socket, by looking at all rooms."""
    rooms = manager.rooms.get(NAMESPACE, {})
    return sorted(name for name, who in rooms.items() if name is not None and sid in who)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_done_both_ways_of_asking_agree(manager: Any, seed: int) -> None:
    dice, here, number = random.Random(seed), list[str](), 0
    for _ in range(400):
        what = dice.choice(["come", "come", "enter", "enter", "enter", "leave", "close", "go"])
        room = f"room {dice.randrange(6)}"
        if what == "come":
            number += 1
            here.append(manager.connect(f"eio {number}", NAMESPACE))
        elif what == "close":
            manager.basic_close_room(room, NAMESPACE)
        elif here:
            sid = dice.choice(here)
            if what == "enter":
                manager.basic_enter_room(sid, NAMESPACE, room)
            elif what == "leave":
                manager.basic_leave_room(sid, NAMESPACE, room)
            else:
                here.remove(sid)
                manager.pre_disconnect(sid, NAMESPACE)
                manager.disconnect(sid, NAMESPACE, ignore_queue=True)
                assert of_rooms(manager, sid) == sorted(manager.get_rooms(sid, NAMESPACE)) == []
        for sid in here:
            assert sorted(manager.get_rooms(sid, NAMESPACE)) == of_rooms(manager, sid)
            assert manager.is_connected(sid, NAMESPACE)


def test_who_has_gone_leaves_nothing_behind() -> None:
    manager: Any = Local()
    socketio.Server(client_manager=manager, async_mode="threading")
    gone = manager.connect("eio 1", NAMESPACE)
    waits = manager.pre_connect("eio 2", NAMESPACE)
    manager.basic_enter_room(gone, NAMESPACE, "room")
    manager.pre_disconnect(gone, NAMESPACE)
    for sid in (gone, waits):
        manager.disconnect(sid, NAMESPACE, ignore_queue=True)
    assert not manager.rooms
    assert not manager._in
    assert not manager.pending_connect
    assert not manager.pending_disconnect


def test_what_the_library_refuses_is_not_remembered() -> None:
    manager: Any = Local()
    socketio.Server(client_manager=manager, async_mode="threading")
    first, second = (manager.connect(f"eio {n}", NAMESPACE) for n in (1, 2))
    with pytest.raises(ValueError, match="sid room"):
        manager.basic_enter_room(first, NAMESPACE, second)
    assert manager.get_rooms(first, NAMESPACE) == [first]
    assert manager.connect("eio 1", NAMESPACE) is None
