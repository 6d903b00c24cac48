"""Who may no longer listen is put out, by the next look."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update

from dispatch.models import User, Visit
from dispatch.states import Role
from server.auth import sessions
from server.auth.tokens import ACCESS_LIFE_S
from server.realtime import watcher as module
from server.realtime.connections import Connection
from server.realtime.watcher import Watcher
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api
from tests.api.people import Person, World
from tests.realtime.conftest import Story
from tests.realtime.sockets import Socket

Enter = Callable[[Person], Socket]


@pytest.fixture
def watcher(app: Flask) -> Watcher:
    """The one of the application, looking when told."""
    found: Watcher = app.extensions["alongside_watcher"]
    return found


def change(wired: Wired, person: Person, **values: object) -> None:
    """Change a user's row as an administrator does."""
    with wired.db.transaction() as tx:
        tx.session.execute(update(User).where(User.id == person.id).values(**values))


def test_who_is_in_order_stays(
    enter: Enter, world: World, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    here = world.here
    sockets = [enter(one) for one in (here.staff, here.manager, here.admin, *here.peers)]
    watcher.look()
    assert all(socket.is_in for socket in sockets)


def test_a_revoked_session_is_put_out_alone(
    api: Api, enter: Enter, world: World, watcher: Watcher
) -> None:
    first = enter(world.here.staff)
    second = enter(world.here.staff)
    api.call("DELETE", "/sessions/current", world.here.staff)
    watcher.look()
    assert (first.is_in, second.is_in) == (True, False)


def test_a_revoked_user_is_out_of_every_room(
    story: Story, enter: Enter, wired: Wired, watcher: Watcher
) -> None:
    request_id = story.ask()
    sockets = [enter(story.here.manager) for _ in range(2)]
    for socket in sockets:
        socket.done("follow", {"request_id": request_id})
        socket.done("follow_board")
    with wired.db.transaction() as tx:
        sessions.revoke_user(tx, story.here.manager.id, "left")
    for socket in sockets:
        # Already before the look, nothing more is answered.
        socket.refused("not_signed_in", "follow", {"request_id": request_id})
    watcher.look()
    story.api.post(f"/requests/{request_id}/cancel", story.here.staff, json={"reason": "left"})
    for socket in sockets:
        assert not socket.is_in
        assert socket.hears("fact") == []
        assert socket.hears("board") == []


@pytest.mark.parametrize(
    "values", [{"is_active": False}, {"role": Role.SUPERVISOR}, {"site_id": None}]
)
def test_who_is_no_longer_who_they_were_is_put_out(
    story: Story, enter: Enter, wired: Wired, watcher: Watcher, values: dict[str, object]
) -> None:
    request_id = story.ask()
    nurse, manager = enter(story.here.staff), enter(story.here.manager)
    nurse.done("follow", {"request_id": request_id})
    change(wired, story.here.staff, **values)
    nurse.refused("not_signed_in", "follow", {"request_id": request_id})
    watcher.look()
    assert (nurse.is_in, manager.is_in) == (False, True)


def test_an_expired_token_is_put_out(
    enter: Enter, world: World, watcher: Watcher, clock: ManualClock
) -> None:
    socket = enter(world.here.staff)
    clock.advance(ACCESS_LIFE_S - 2)
    watcher.look()
    assert socket.is_in
    clock.advance(3)
    socket.refused("not_signed_in", "unfollow", {"request_id": "x"})
    watcher.look()
    assert not socket.is_in


@pytest.mark.unchecked("the visit is taken away by hand, as an announcement that got lost would")
def test_a_peer_who_missed_the_end_of_their_visit_stops_hearing(
    story: Story, enter: Enter, wired: Wired, watcher: Watcher
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    request_id = story.ask()
    story.accept(peer)
    phone = enter(peer)
    phone.done("follow", {"request_id": request_id})
    with wired.db.transaction() as tx:
        tx.session.execute(delete(Visit).where(Visit.request_id == request_id))
    watcher.look()
    assert phone.is_in
    phone.hears("fact")
    story.api.post(f"/requests/{request_id}/claim", story.here.manager, json={})
    assert phone.hears("fact") == []


def test_who_follows_while_the_watcher_looks_goes_on_hearing(
    story: Story, enter: Enter, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watcher's rows are older than the yes that let this peer in: they say nothing of it."""
    peer = story.here.peers[0]
    story.on_duty(peer)
    request_id = story.ask()
    phone = enter(peer)
    visits: list[str] = []
    look_at_sessions = module.standing

    def while_looking(*looked: Any) -> Any:
        found = look_at_sessions(*looked)
        visits.append(story.accept(peer))
        phone.done("follow", {"request_id": request_id})
        return found

    monkeypatch.setattr(module, "standing", while_looking)
    watcher.look()
    phone.hears("fact")
    story.step(visits[0], "depart", peer)
    assert [fact["type"] for fact in phone.hears("fact")] == ["visit_departed"]


def test_many_are_looked_at_a_few_at_a_time_and_nobody_is_left_out(
    enter: Enter, wired: Wired, world: World, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IN_A_ROW", 2)
    monkeypatch.setattr(module, "LOOK_S", 0.3)
    here = world.here
    people = [here.staff, here.manager, here.admin, *here.peers[:2]]
    sockets = [enter(one) for one in people]
    looked: list[int] = []
    look = watcher.look

    def counted(some: Sequence[Connection] | None = None) -> None:
        looked.append(len(some or ()))
        look(some)

    monkeypatch.setattr(watcher, "look", counted)
    with wired.db.transaction() as tx:
        for one in people:
            sessions.revoke_user(tx, one.id, "left")
    all_are_out = threading.Event()
    watcher.start()
    for _ in range(300):
        if not any(socket.is_in for socket in sockets):
            all_are_out.set()
        if all_are_out.wait(0.1):
            break
    watcher._stop.set()
    assert all_are_out.is_set()
    assert looked[:3] == [2, 2, 1]
