"""An idle phone that is connected is reached; the boards hear at once who is not any more."""

from collections.abc import Callable

import pytest
from flask import Flask

from dispatch.actions.duty import APP_IS_OPEN_S
from notifications.models import Kind
from server import reach
from server.realtime.watcher import CONTACT_S, Watcher
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.people import Person
from tests.realtime.conftest import Story
from tests.realtime.sockets import Json, Socket

Enter = Callable[[Person], Socket]
KINDS = frozenset({Kind.FCM})
IDLE_S = 600


@pytest.fixture
def watcher(app: Flask) -> Watcher:
    """The one of the application, looking when told."""
    found: Watcher = app.extensions["alongside_watcher"]
    return found


def shown(board: list[Json], peer: Person) -> list[bool]:
    """What these changes of a board say of a peer's reach, in order."""
    return [one["is_reachable"] for part in board for one in part["peers"] if one["id"] == peer.id]


def test_an_idle_but_connected_phone_stays_reachable(
    story: Story, enter: Enter, wired: Wired, watcher: Watcher, clock: ManualClock
) -> None:
    idle, closed = story.here.peers
    story.on_duty(idle, closed)
    manager, phone = enter(story.here.manager), enter(idle)
    manager.done("follow_board")
    for _ in range(int(IDLE_S / CONTACT_S)):
        clock.advance(CONTACT_S)
        watcher.look()
        watcher.note_contact()
        reach.look(wired.db, KINDS)
    assert phone.is_in
    heard = manager.hears("board")
    assert False not in shown(heard, idle)
    assert shown(heard, closed)[-1] is False
    request_id = story.ask()
    assert story.request(request_id)["state"] == "searching"
    phone.leave()
    clock.advance(APP_IS_OPEN_S)
    reach.look(wired.db, KINDS)
    assert shown(manager.hears("board"), idle)[-1] is False


def test_who_connects_again_is_back_at_once(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    manager = enter(story.here.manager)
    manager.done("follow_board")
    clock.advance(APP_IS_OPEN_S)
    assert reach.look(wired.db, KINDS) == 1
    assert shown(manager.hears("board"), peer) == [False]
    enter(peer)
    assert shown(manager.hears("board"), peer) == [True]
