"""Following a request: the gate, the snapshot, the facts, and being away."""

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.access import Actor
from dispatch.actions import staff
from dispatch.states import Role
from server.realtime import namespace
from server.wiring import Wired
from tests.api.people import Person, World
from tests.realtime.conftest import Story
from tests.realtime.sockets import Json, Socket, brought_up_to_date

Enter = Callable[[Person], Socket]


def test_a_follower_holds_what_a_fresh_fetch_gives(story: Story, enter: Enter) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    request_id = story.ask()
    nurse, manager = enter(story.here.staff), enter(story.here.manager)
    held = {
        by: socket.done("follow", {"request_id": request_id})["snapshot"]
        for by, socket in ((story.here.staff, nurse), (story.here.manager, manager))
    }
    visit = story.accept(first)
    for step in ("depart", "undo", "arrive"):
        story.step(visit, step, first)
    story.step(visit, "withdraw", story.here.staff)
    visit = story.accept(second)
    for step in ("arrive", "start", "complete"):
        story.step(visit, step, second)
    for by, socket in ((story.here.staff, nurse), (story.here.manager, manager)):
        facts = socket.hears("fact")
        assert [fact["seq"] for fact in facts] == sorted({fact["seq"] for fact in facts})
        assert brought_up_to_date(held[by], facts) == story.request(request_id, by)
        path = f"/requests/{request_id}/facts?after={held[by]['seq']}"
        assert facts == story.api.get(path, by).get_json()["items"]


def test_a_phone_that_was_away_gets_what_it_missed(story: Story, enter: Enter) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    request_id = story.ask()
    nurse = enter(story.here.staff)
    snapshot = nurse.done("follow", {"request_id": request_id})["snapshot"]
    nurse.leave()
    visit = story.accept(first)
    story.step(visit, "depart", first)
    nurse = enter(story.here.staff)
    answer = nurse.done("follow", {"request_id": request_id, "after": snapshot["seq"]})
    missed = [fact["seq"] for fact in answer["facts"]]
    assert missed == list(range(snapshot["seq"] + 1, answer["seq"] + 1))
    assert answer["more"] is False
    caught_up = brought_up_to_date(snapshot, answer["facts"])
    assert caught_up == answer["snapshot"] == story.request(request_id)
    again = nurse.done("follow", {"request_id": request_id, "after": answer["seq"]})
    assert (again["facts"], again["more"]) == ([], False)


def test_a_long_absence_is_caught_up_over_http(
    story: Story, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.on_duty(*story.here.peers)
    request_id = story.ask()
    nurse = enter(story.here.staff)
    whole = nurse.done("follow", {"request_id": request_id, "after": 0})
    monkeypatch.setattr(namespace, "FACTS_AT_ONCE", 2)
    part = nurse.done("follow", {"request_id": request_id, "after": 0})
    assert (len(part["facts"]), part["more"], whole["more"]) == (2, True, False)
    monkeypatch.setattr(namespace, "MOST_BYTES", 10)
    none = nurse.done("follow", {"request_id": request_id, "after": 0})
    assert (none["facts"], none["more"]) == ([], True)
    rest = story.api.get(f"/requests/{request_id}/facts?after=2", story.here.staff).get_json()
    assert part["facts"] + rest["items"] == whole["facts"]


def test_nobody_follows_what_is_not_theirs_to_see(story: Story, enter: Enter, world: World) -> None:
    request_id = story.ask()
    for stranger in (
        world.there.staff,
        world.there.manager,
        world.there.peers[0],
        world.here.other_staff,
        world.here.peers[0],
    ):
        socket = enter(stranger)
        socket.refused("not_found", "follow", {"request_id": request_id})
        socket.refused("not_found", "follow", {"request_id": "nothing"})
        story.api.post(f"/requests/{request_id}/claim", world.here.manager, json={})
        assert socket.hears("fact") == []
    for watcher in (world.here.supervisor, world.here.admin):
        enter(watcher).refused("forbidden", "follow", {"request_id": request_id})


def test_who_stops_following_hears_no_more(story: Story, enter: Enter) -> None:
    request_id = story.ask()
    nurse = enter(story.here.staff)
    nurse.done("follow", {"request_id": request_id})
    nurse.done("unfollow", {"request_id": request_id})
    nurse.done("unfollow", {"request_id": request_id})
    nurse.done("unfollow", {"request_id": "nothing"})
    story.on_duty(*story.here.peers)
    story.api.post(f"/requests/{request_id}/cancel", story.here.staff, json={"reason": "left"})
    assert nurse.hears("fact") == []


def test_staff_are_not_told_which_peer_said_no(story: Story, enter: Enter) -> None:
    story.on_duty(*story.here.peers)
    request_id = story.ask()
    nurse, manager = enter(story.here.staff), enter(story.here.manager)
    for socket in (nurse, manager):
        socket.done("follow", {"request_id": request_id})
    decliner = story.here.peers[0]
    path = f"/offers/{story.offer(decliner)['id']}/decline"
    story.api.post(path, decliner, json={"reason": "asleep"})

    def declined(socket: Socket) -> Json:
        [fact] = [fact for fact in socket.hears("fact") if fact["type"] == "offer_declined"]
        return fact

    told, whole = declined(nurse), declined(manager)
    assert whole["data"]["offer"]["peer"]["id"] == decliner.id
    assert whole["data"]["offer"]["reason"] == "asleep"
    assert told["actor"] == {"kind": "peer"}
    assert decliner.id not in str(told)
    assert "asleep" not in str(told)


def test_the_visitor_follows_and_leaves_with_the_visit(story: Story, enter: Enter) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    request_id = story.ask()
    phone, other = enter(first), enter(second)
    phone.refused("not_found", "follow", {"request_id": request_id})
    visit = story.accept(first)
    phone.done("follow", {"request_id": request_id})
    other.refused("not_found", "follow", {"request_id": request_id})
    phone.hears("fact")
    story.step(visit, "depart", first)
    assert [fact["type"] for fact in phone.hears("fact")] == ["visit_departed"]
    story.step(visit, "withdraw", story.here.staff)
    last = phone.hears("fact")
    assert last[0]["type"] == "visit_withdrawn"
    assert len(last) == 1, "what comes after the end of their visit is not theirs to hear"
    phone.refused("not_found", "follow", {"request_id": request_id})
    visit = story.accept(second)
    story.step(visit, "depart", second)
    assert phone.hears("fact") == []


def test_a_request_that_ended_with_the_visitor_stays_theirs(story: Story, enter: Enter) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    request_id = story.ask()
    story.accept(peer)
    phone = enter(peer)
    phone.done("follow", {"request_id": request_id})
    story.api.post(f"/requests/{request_id}/cancel", story.here.staff, json={"reason": "left"})
    assert "request_cancelled" in [fact["type"] for fact in phone.hears("fact")]
    assert phone.done("follow", {"request_id": request_id})["snapshot"]["state"] == "cancelled"


def test_as_many_as_a_screen_shows_are_followed(
    story: Story, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespace, "MOST_FOLLOWED", 2)
    requests = [story.ask() for _ in range(3)]
    manager = enter(story.here.manager)
    for request_id in requests[:2]:
        manager.done("follow", {"request_id": request_id})
    manager.refused("invalid", "follow", {"request_id": requests[2]})
    manager.done("follow", {"request_id": requests[0]})
    manager.done("unfollow", {"request_id": requests[0]})
    manager.done("follow", {"request_id": requests[2]})


@pytest.mark.parametrize("is_read_first", [True, False])
def test_nothing_falls_between_the_room_and_the_snapshot(
    story: Story, enter: Enter, monkeypatch: pytest.MonkeyPatch, is_read_first: bool
) -> None:
    """A commit while somebody begins to follow is in the snapshot, or heard, or harmlessly both."""
    request_id = story.ask()
    nurse = enter(story.here.staff)
    read = namespace.Live._snapshot

    def meanwhile(*args: Any) -> Json:
        answer = read(*args) if is_read_first else {}
        path = f"/requests/{request_id}/claim"
        assert story.api.post(path, story.here.manager, json={}).status_code == 200
        return answer or read(*args)

    monkeypatch.setattr(namespace.Live, "_snapshot", meanwhile)
    answer = nurse.done("follow", {"request_id": request_id})
    facts = nurse.hears("fact")
    assert "request_claimed" in [fact["type"] for fact in facts]
    assert brought_up_to_date(answer["snapshot"], facts) == story.request(request_id)


def test_a_rolled_back_change_is_told_to_nobody(story: Story, enter: Enter, wired: Wired) -> None:
    request_id = story.ask()
    nurse = enter(story.here.staff)
    nurse.done("follow", {"request_id": request_id})
    here = story.here
    actor = Actor(here.staff.id, here.id, Role.STAFF, here.staff.name, here.site_id)

    def change_their_mind() -> None:
        with wired.db.transaction() as tx:
            staff.cancel(tx, actor, request_id, "left")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_their_mind()
    assert nurse.hears_nothing()


def test_what_a_manager_follows_is_in_the_audit_like_a_case_that_was_opened(
    story: Story, enter: Enter
) -> None:
    request_id = story.ask()
    manager, nurse = enter(story.here.manager), enter(story.here.staff)
    nurse.done("follow", {"request_id": request_id})
    for _ in range(2):
        manager.done("follow", {"request_id": request_id})
    story.api.post(f"/requests/{request_id}/cancel", story.here.staff, json={"reason": "left"})
    manager.done("follow", {"request_id": request_id, "after": 0})
    looks = story.api.get("/audit", story.here.manager).get_json()["items"]
    assert [(one["what"], one["request_id"], one["user"]["id"]) for one in looks] == [
        ("closed_case_viewed", request_id, story.here.manager.id),
        ("case_viewed", request_id, story.here.manager.id),
    ]
