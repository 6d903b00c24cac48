"""What a peer's phone hears: asked, taken care of, duty; and what it says: position, seen."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispatch import engine, sweeper
from dispatch.actions.contact import JUST_HEARD_S
from dispatch.models import Duty
from dispatch.shapes import stamp
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.people import Person
from tests.realtime.conftest import Story
from tests.realtime.sockets import Json, Socket

Enter = Callable[[Person], Socket]


def test_a_request_is_offered_on_the_phones_of_those_asked(story: Story, enter: Enter) -> None:
    first, second = story.here.peers
    story.on_duty(first)
    asked, off_duty = enter(first), enter(second)
    elsewhere = enter(story.world.there.peers[0])
    request_id = story.ask(note="Prefers to sit outside")
    [offer] = asked.hears("offer")
    assert offer == story.offer(first)
    assert offer["request_id"] == request_id
    assert "Room 12" not in str(offer)
    assert "outside" not in str(offer)
    assert off_duty.hears_nothing()
    assert elsewhere.hears_nothing()


def test_a_wave_of_the_clock_is_offered_too(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock
) -> None:
    first, second = story.here.peers
    story.on_duty(first)
    request_id = story.ask()
    phone = enter(second)
    story.on_duty(second)
    clock.advance(90)
    while engine.tick(wired.db):
        pass
    [offer] = phone.hears("offer")
    assert offer["request_id"] == request_id


def test_the_race_is_over_for_everybody_at_once(story: Story, enter: Enter) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    request_id = story.ask()
    winner, tablet, loser = enter(first), enter(first), enter(second)
    offers = {peer.id: story.offer(peer)["id"] for peer in (first, second)}
    story.accept(first)
    [lost] = loser.hears("offer_closed")
    assert lost == {
        "offer_id": offers[second.id],
        "request_id": request_id,
        "state": "superseded",
        "reason": "taken",
    }
    for device in (winner, tablet):
        [won] = device.hears("offer_closed")
        assert (won["offer_id"], won["state"]) == (offers[first.id], "accepted")
        [yes] = device.hears("fact")
        assert (yes["type"], yes["request_id"]) == ("offer_accepted", request_id)
    assert loser.hears("fact") == []


def test_every_end_of_an_offer_is_told(story: Story, enter: Enter) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    request_id = story.ask()
    one, two = enter(first), enter(second)
    story.api.post(f"/offers/{story.offer(first)['id']}/decline", first, json={"reason": "asleep"})
    [declined] = one.hears("offer_closed")
    assert (declined["state"], declined["reason"]) == ("declined", None)
    story.off_duty(second)
    [withdrawn] = two.hears("offer_closed")
    assert (withdrawn["state"], withdrawn["reason"]) == ("withdrawn", "off_duty")
    story.on_duty(second)
    other = story.ask()
    two.hears("offer")
    story.api.post(f"/requests/{other}/cancel", story.here.staff, json={"reason": "left"})
    [cancelled] = two.hears("offer_closed")
    assert (cancelled["request_id"], cancelled["reason"]) == (other, "cancelled")
    assert request_id != other


def test_a_phone_learns_that_its_peer_was_assigned(story: Story, enter: Enter) -> None:
    asked, unasked = story.here.peers
    story.on_duty(asked)
    for peer in (asked, unasked):
        phone = enter(peer)
        request_id = story.ask()
        phone.hears("offer")
        body = {"peer_id": peer.id}
        answer = story.api.post(f"/requests/{request_id}/assign", story.here.manager, json=body)
        assert answer.status_code == 200, answer.text
        [fact] = phone.hears("fact")
        assert (fact["type"], fact["request_id"]) == ("request_assigned", request_id)
        closed = phone.hears("offer_closed")
        expected = [("accepted", "assigned")] if peer is asked else []
        assert [(one["state"], one["reason"]) for one in closed] == expected
        phone.done("follow", {"request_id": request_id})
        visit = fact["data"]["visit"]["id"]
        story.step(visit, "withdraw", story.here.manager)
        story.api.post(f"/requests/{request_id}/cancel", story.here.staff, json={"reason": "left"})


def test_duty_is_told_to_every_device_whoever_ends_it(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock
) -> None:
    peer = story.here.peers[0]
    phone = enter(peer)
    until = stamp(clock.now() + timedelta(hours=1))
    body = {"on_duty": True, "modalities": ["video"], "until": until}
    answer = story.api.call("PUT", "/duty", peer, json=body).get_json()
    assert phone.hears("duty") == [answer]
    clock.advance(3601)
    sweeper.sweep(wired.db)
    [ended] = phone.hears("duty")
    assert ended["on_duty"] is False


def at(clock: ManualClock, latitude: float = 39.97, **changes: object) -> Json:
    now = stamp(clock.now())
    here = {"latitude": latitude, "longitude": -82.99, "accuracy_m": 10.0, "recorded_at": now}
    return here | changes


def test_a_position_over_the_socket_is_a_position_over_http(
    story: Story, enter: Enter, clock: ManualClock
) -> None:
    peer = story.here.peers[0]
    phone = enter(peer)
    assert phone.done("position", at(clock))["used"] == "off_duty"
    story.on_duty(peer)
    assert phone.done("position", at(clock))["used"] == "used"
    assert phone.done("position", at(clock))["used"] == "out_of_order"
    clock.advance(1)
    assert phone.done("position", at(clock, 40.97))["used"] == "impossible_speed"
    old = stamp(clock.now() - timedelta(minutes=6))
    phone.refused("position_stale", "position", at(clock, recorded_at=old))
    ahead = stamp(clock.now() + timedelta(minutes=2))
    phone.refused("position_in_future", "position", at(clock, recorded_at=ahead))
    phone.refused("invalid", "position", at(clock, latitude=0.0, longitude=0.0))
    assert story.api.get("/duty", peer).get_json()["position_at"] is not None


def test_a_peer_on_the_road_is_shown_to_the_site_and_the_managers(
    story: Story, enter: Enter, clock: ManualClock
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    request_id = story.ask()
    nurse, manager, other = (
        enter(story.here.staff),
        enter(story.here.manager),
        enter(story.here.other_staff),
    )
    for socket in (nurse, manager):
        socket.done("follow", {"request_id": request_id})
    phone = enter(peer)
    visit = story.accept(peer)
    clock.advance(5)
    phone.done("position", at(clock))
    assert nurse.hears("position") == [], "before leaving it is nobody's to see"
    story.step(visit, "depart", peer)
    shown = []
    for moved in range(8):
        clock.advance(1)
        phone.done("position", at(clock, 39.97 - moved / 10_000))
        shown.append(nurse.hears("position"))
    told = [one for heard in shown for one in heard]
    assert 3 <= len(told) <= 5, "about every two seconds"
    assert {one["request_id"] for one in told} == {request_id}
    assert len(manager.hears("position")) == len(told)
    assert told[-1]["position"]["latitude"] == pytest.approx(39.97 - 7 / 10_000, abs=2e-4)
    story.step(visit, "arrive", peer)
    clock.advance(5)
    phone.done("position", at(clock, 39.9701))
    assert nurse.hears("position") == []
    assert other.hears_nothing()
    assert phone.hears("position") == []


def test_a_position_over_http_is_shown_too(story: Story, enter: Enter, clock: ManualClock) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    request_id = story.ask()
    nurse = enter(story.here.staff)
    nurse.done("follow", {"request_id": request_id})
    story.step(story.accept(peer), "depart", peer)
    clock.advance(5)
    assert story.api.post("/positions", peer, json=at(clock)).status_code == 202
    [shown] = nurse.hears("position")
    assert shown["position"] == story.request(request_id)["visit"]["position"]


def test_an_offer_is_seen_over_the_socket(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock
) -> None:
    first, second = story.here.peers
    story.on_duty(first)
    request_id = story.ask()
    phone, manager = enter(first), enter(story.here.manager)
    manager.done("follow", {"request_id": request_id})
    offer = story.offer(first)
    clock.advance(JUST_HEARD_S)
    assert phone.done("seen", {"offer_id": offer["id"]})["offer"] == offer
    assert [fact["type"] for fact in manager.hears("fact")] == ["offer_seen"]
    phone.done("seen", {"offer_id": offer["id"]})
    assert manager.hears("fact") == []
    with wired.db.read() as tx:
        heard_at = tx.session.scalar(select(Duty.contact_at).where(Duty.peer_id == first.id))
    assert heard_at == clock.now()
    enter(second).refused("not_found", "seen", {"offer_id": offer["id"]})
    enter(story.world.there.peers[0]).refused("not_found", "seen", {"offer_id": offer["id"]})


def test_an_offer_that_is_over_is_seen_no_more(story: Story, enter: Enter) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    story.ask()
    offer = story.offer(second)
    story.accept(first)
    phone = enter(second)
    phone.refused("already_taken", "seen", {"offer_id": offer["id"]})
    request_id = story.ask()
    offer = story.offer(second)
    story.api.post(f"/requests/{request_id}/cancel", story.here.staff, json={"reason": "left"})
    phone.refused("offer_closed", "seen", {"offer_id": offer["id"]})
