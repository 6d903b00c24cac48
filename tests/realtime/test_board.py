"""The live board: rows that changed, to the managers of the network, and to nobody else."""

import threading
from collections.abc import Callable, Sequence
from typing import NoReturn

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.people import Person, World
from tests.realtime.conftest import Story
from tests.realtime.sockets import Json, Socket
from tests.realtime.test_peers import at

Enter = Callable[[Person], Socket]


def replaced(rows: list[Json], changed: list[Json]) -> dict[str, Json]:
    """Rows by id, after the changed ones."""
    return {row["id"]: row for row in [*rows, *changed]}


def at_the_board(story: Story, enter: Enter) -> Socket:
    """A manager who follows the board."""
    manager = enter(story.here.manager)
    manager.done("follow_board")
    return manager


def fetched(story: Story) -> Json:
    """The board as it is fetched now."""
    board: Json = story.api.get("/board", story.here.manager).get_json()
    return board


def test_a_board_and_its_changes_are_the_next_board(
    story: Story, enter: Enter, clock: ManualClock
) -> None:
    first, second = story.here.peers
    manager = enter(story.here.manager)
    seq = manager.done("follow_board")["seq"]
    before = fetched(story)
    assert before["seq"] == seq
    story.on_duty(first, second)
    story.ask()
    clock.advance(20)
    visit = story.accept(first)
    story.step(visit, "depart", first)
    clock.advance(20)
    story.api.post("/positions", first, json=at(clock))
    story.off_duty(second)
    after = fetched(story)
    changes = manager.hears("board")
    rows = replaced(before["requests"], [row for one in changes for row in one["rows"]])
    assert rows == replaced(after["requests"], [])
    peers = replaced(before["peers"], [row for one in changes for row in one["peers"]])
    gone = peers.pop(second.id)
    assert gone["on_duty"] is False
    assert peers == replaced(after["peers"], [])
    assert peers[first.id]["position"] is not None
    seqs = [one["seq"] for one in changes]
    assert seqs == sorted(seqs)
    assert seqs[-1] == after["seq"]


def test_boards_are_for_those_who_manage(story: Story, enter: Enter, world: World) -> None:
    for person in (world.here.staff, world.here.peers[0], world.here.admin):
        enter(person).refused("forbidden", "follow_board", {})
    supervisor, elsewhere = enter(world.here.supervisor), enter(world.there.manager)
    supervisor.done("follow_board", {})
    elsewhere.done("follow_board")
    story.ask()
    assert supervisor.hears("board")
    assert elsewhere.hears_nothing()
    supervisor.done("unfollow_board")
    story.ask()
    assert supervisor.hears_nothing()


def test_a_row_of_the_board_has_no_note(story: Story, enter: Enter) -> None:
    manager = at_the_board(story, enter)
    story.ask(note="Prefers to sit outside")
    [told] = manager.hears("board")
    [row] = told["rows"]
    assert "note" not in row
    assert "outside" not in str(told)


def test_a_waiting_peer_is_told_when_the_area_changes(
    story: Story, enter: Enter, clock: ManualClock
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    manager, phone = enter(story.here.manager), enter(peer)
    manager.done("follow_board")

    def moves(seconds: float, latitude: float) -> int:
        clock.advance(seconds)
        phone.done("position", at(clock, latitude))
        told = manager.hears("board")
        assert all(row["position"] is None for one in told for row in one["peers"])
        return len(told)

    assert moves(5, 39.97) == 1
    assert moves(5, 39.97001) == 0
    assert moves(200, 40.05) == 1
    assert moves(5, 40.05001) == 0
    assert moves(61, 40.05002) == 0, "the row is the same"
    assert moves(600, 40.05001) == 1, "in case that a word was lost"


def test_a_burst_is_gathered(story: Story, enter: Enter, wired: Wired) -> None:
    feed = wired.publisher.board
    manager = at_the_board(story, enter)
    feed.gather_s = 60.0
    requests = {story.ask() for _ in range(3)}
    assert manager.hears_nothing()
    feed.tell()
    [told] = manager.hears("board")
    assert {row["id"] for row in told["rows"]} == requests


def test_burst_after_burst_is_told_by_itself(
    story: Story, enter: Enter, wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = wired.publisher.board
    at_the_board(story, enter)
    told: list[str] = []
    came = threading.Event()
    tell = feed.outlet.emit

    def emit(event: str, payload: Json, to: Sequence[str]) -> None:
        tell(event, payload, to)
        if event == "board":
            told.extend(row["id"] for row in payload["rows"])
            came.set()

    monkeypatch.setattr(feed.outlet, "emit", emit)
    feed.gather_s = 0.01
    for _ in range(2):
        came.clear()
        request_id = story.ask()
        assert came.wait(20.0)
        assert request_id in told


def test_what_could_not_be_read_is_told_later(
    story: Story, enter: Enter, wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = wired.publisher.board
    manager = at_the_board(story, enter)
    feed.gather_s = 60.0
    request_id = story.ask()

    def away() -> NoReturn:
        raise OperationalError("SELECT", {}, Exception("away"))

    with monkeypatch.context() as broken:
        broken.setattr(wired.db, "read", away)
        assert not feed.tell()
    assert manager.hears_nothing()
    assert feed.tell()
    [board] = manager.hears("board")
    assert [row["id"] for row in board["rows"]] == [request_id]


def test_a_large_change_travels_in_parts(story: Story, enter: Enter, wired: Wired) -> None:
    feed = wired.publisher.board
    manager = at_the_board(story, enter)
    feed.gather_s = 60.0
    story.on_duty(*story.here.peers)
    requests = {story.ask(preferences=["a" * 80] * 12) for _ in range(12)}
    feed.tell()
    told = manager.hears("board")
    assert len(told) > 1
    assert {row["id"] for one in told for row in one["rows"]} == requests
    assert {row["id"] for one in told for row in one["peers"]} >= {story.here.peers[0].id}


def test_boards_that_changed_together_are_read_together_and_told_apart(
    story: Story, enter: Enter, wired: Wired
) -> None:
    feed, world = wired.publisher.board, story.world
    tenants = (world.here, world.there)
    managers = [enter(tenant.manager) for tenant in tenants]
    for manager in managers:
        manager.done("follow_board")
    feed.gather_s = 60.0
    said: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    event.listen(wired.db.engine, "before_cursor_execute", keep)
    story.ask()
    story.on_duty(*world.here.peers)
    said.clear()
    feed.tell()
    alone = len(said)
    assert managers[0].hears("board")
    assert managers[1].hears_nothing()
    story.on_duty(*world.there.peers)
    made = [story.ask(by=tenant.staff) for tenant in tenants]
    for peer in (*world.here.peers, *world.there.peers):
        story.off_duty(peer)
    said.clear()
    feed.tell()
    assert len(said) == alone, "as many for two networks as for one"
    for tenant, manager, request_id in zip(tenants, managers, made, strict=True):
        [told] = manager.hears("board")
        assert [row["id"] for row in told["rows"]] == [request_id]
        assert {row["id"] for row in told["peers"]} == {peer.id for peer in tenant.peers}
        assert told["seq"] == story.api.get("/board", tenant.manager).get_json()["seq"]
