"""Who is let in, how, and for how long."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from dispatch.actions.contact import JUST_HEARD_S
from dispatch.models import Duty, Peer
from server.auth import sessions
from server.auth.tokens import ACCESS_LIFE_S
from server.models import SessionKind
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api
from tests.api.people import Person, World
from tests.realtime.conftest import Story
from tests.realtime.sockets import Socket, connect

# What is tested here does not depend on the database.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "auth",
    [None, {}, {"token": ""}, {"token": "x"}, {"token": 7}, {"token": None}, [], "token", 3, True],
)
def test_nobody_is_let_in_without_a_token(app: Flask, world: World, auth: Any) -> None:
    assert not Socket(app, auth).is_in


def test_a_token_of_another_key_is_none(app: Flask, api: Api, world: World) -> None:
    token = api.sign_in(world.here.staff)["access_token"]
    assert not Socket(app, {"token": token[:-4] + "AAAA"}).is_in
    assert not Socket(app, {"token": token, "role": "admin"}).is_in


def test_every_role_is_let_in(enter: Callable[[Person], Socket], world: World) -> None:
    for person in (
        world.here.staff,
        world.here.manager,
        world.here.supervisor,
        world.here.admin,
        world.here.peers[0],
    ):
        assert enter(person).is_in


def test_an_expired_token_is_none(app: Flask, api: Api, world: World, clock: ManualClock) -> None:
    token = api.sign_in(world.here.staff)["access_token"]
    clock.advance(ACCESS_LIFE_S + 1)
    assert not Socket(app, {"token": token}).is_in


def test_an_ended_session_lets_nobody_in(app: Flask, api: Api, world: World, wired: Wired) -> None:
    token = api.sign_in(world.here.staff)["access_token"]
    with wired.db.transaction() as tx:
        sessions.revoke_user(tx, world.here.staff.id, "left")
    assert not Socket(app, {"token": token}).is_in


def cookie_of(wired: Wired, person: Person) -> str:
    with wired.db.transaction() as tx:
        secret = sessions.open_session(tx, person.id, SessionKind.COOKIE).secret
    return f"alongside_session={secret}"


def test_a_page_of_ours_connects_with_its_cookie(app: Flask, wired: Wired, world: World) -> None:
    cookie = cookie_of(wired, world.here.staff)
    assert Socket(app, headers={"Cookie": cookie, "Origin": "http://localhost"}).is_in
    assert Socket(app, headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}).is_in


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
def test_a_page_of_another_origin_does_not(
    app: Flask, wired: Wired, world: World, headers: dict[str, str]
) -> None:
    cookie = cookie_of(wired, world.here.staff)
    assert not Socket(app, headers={"Cookie": cookie} | headers).is_in


def test_a_token_and_not_its_page_decides(app: Flask, api: Api, world: World) -> None:
    token = api.sign_in(world.here.staff)["access_token"]
    assert Socket(app, {"token": token}, headers={"Cookie": "alongside_session=x"}).is_in


def test_connecting_is_a_sign_of_life(
    story: Story, enter: Callable[[Person], Socket], wired: Wired, clock: ManualClock
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    clock.advance(600)
    enter(peer)
    with wired.db.read() as tx:
        heard_at = tx.session.scalar(select(Duty.contact_at).where(Duty.peer_id == peer.id))
    assert heard_at == clock.now()


def test_coming_back_at_once_is_no_news(
    story: Story, enter: Callable[[Person], Socket], wired: Wired, clock: ManualClock
) -> None:
    """Two thousand phones that lose their connection together must not cost as many writes."""
    peer = story.here.peers[0]
    story.on_duty(peer)
    heard_at = clock.now()
    clock.advance(JUST_HEARD_S - 1)
    enter(peer)
    with wired.db.read() as tx:
        assert tx.session.scalar(select(Duty.contact_at).where(Duty.peer_id == peer.id)) == heard_at
    clock.advance(1)
    enter(peer)
    with wired.db.read() as tx:
        heard_at = tx.session.scalar(select(Duty.contact_at).where(Duty.peer_id == peer.id))
    assert heard_at == clock.now()


def test_who_could_not_be_reached_can_be_however_lately_they_were_heard(
    story: Story, enter: Callable[[Person], Socket], wired: Wired
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    with wired.db.transaction() as tx:
        tx.session.get_one(Peer, peer.id).is_reachable = False
    enter(peer)
    with wired.db.read() as tx:
        assert tx.session.get_one(Peer, peer.id).is_reachable


def test_a_refreshed_token_extends_the_connection(
    api: Api, world: World, clock: ManualClock, app: Flask
) -> None:
    answer = api.sign_in(world.here.staff)
    socket = Socket(app, {"token": answer["access_token"]})
    clock.advance(ACCESS_LIFE_S - 60)
    sent = {"refresh_token": answer["refresh_token"]}
    fresh = api.post("/sessions/refresh", json=sent).get_json()["access_token"]
    socket.done("refresh", {"token": fresh})
    clock.advance(120)
    app.extensions["alongside_watcher"].look()
    assert socket.is_in
    socket.done("unfollow", {"request_id": "x"})
    clock.advance(ACCESS_LIFE_S)
    socket.refused("not_signed_in", "unfollow", {"request_id": "x"})
    app.extensions["alongside_watcher"].look()
    assert not socket.is_in


def test_a_token_of_somebody_else_extends_nothing(api: Api, world: World) -> None:
    socket = connect(api, world.here.staff)
    other = api.sign_in(world.here.manager)["access_token"]
    socket.refused("not_signed_in", "refresh", {"token": other})
    socket.refused("not_signed_in", "refresh", {"token": "nonsense"})
    assert socket.is_in
