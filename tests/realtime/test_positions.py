"""Positions over sockets: gathered, written together, and acknowledged when they are stored."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from dispatch.actions import positions as together
from dispatch.models import Duty
from server.realtime import positions as module
from server.realtime.positions import MOST_OF_ONE, Positions
from server.wiring import Wired
from storage.clock import ManualClock
from storage.database import Transaction
from tests.api.conftest import Api
from tests.api.people import Person
from tests.realtime.conftest import Story
from tests.realtime.sockets import Json, Socket
from tests.realtime.test_peers import at

Enter = Callable[[Person], Socket]


@pytest.fixture
def gathered(app: Flask) -> Positions:
    """Positions wait until the test writes them."""
    found: Positions = app.extensions["alongside_positions"]
    found.gather_s = 3600.0
    found.beside = lambda work: work()
    return found


class Reporter:
    """A phone whose positions are answered later."""

    def __init__(self, phone: Socket) -> None:
        self.phone = phone

    def reports(self, body: Json) -> Json | None:
        """Say a position; the acknowledgement, when there is one already."""
        self.phone.client.acks = None
        answer: Json | None = self.phone.client.emit(
            "position", body, callback=True, namespace="/live"
        )
        return answer

    def answer(self) -> Json:
        """What was acknowledged since."""
        [found] = self.phone.client.acks["args"]
        self.phone.client.acks = None
        assert isinstance(found, dict)
        return found


def stored(wired: Wired, peer: Person) -> tuple[object, ...]:
    """Where a peer is, by the rows."""
    with wired.db.read() as tx:
        row = tx.session.get_one(Duty, peer.id)
        return row.latitude, row.position_at


def test_what_is_said_within_a_moment_is_one_transaction(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    peers = story.here.peers + story.world.there.peers
    story.on_duty(*peers)
    phones = [Reporter(enter(peer)) for peer in peers]
    commits: list[Transaction] = []
    wired.db.after_commit.append(commits.append)
    for phone in phones:
        assert phone.reports(at(clock)) is None, "it is not stored yet"
    assert stored(wired, peers[0]) == (None, None)
    assert not commits
    gathered.write()
    assert len(commits) == 1
    for peer, phone in zip(peers, phones, strict=True):
        assert phone.answer() == {"ok": True, "used": "used"}
        assert stored(wired, peer) == (39.97, clock.now())


def test_the_newest_wins_and_the_late_one_is_told_so(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    one, other = Reporter(enter(peer)), Reporter(enter(peer))
    early = at(clock, 39.9701)
    clock.advance(5)
    one.reports(at(clock, 39.9702))
    other.reports(early)
    gathered.write()
    assert (one.answer()["used"], other.answer()["used"]) == ("used", "out_of_order")
    assert stored(wired, peer) == (39.9702, clock.now())


def test_what_is_wrong_by_itself_is_refused_at_once(
    story: Story, enter: Enter, clock: ManualClock, gathered: Positions
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    phone = Reporter(enter(peer))
    answer = phone.reports(at(clock, 0.0, longitude=0.0))
    assert answer is not None
    assert (answer["ok"], answer["code"]) == (False, "invalid")
    manager = enter(story.here.manager)
    manager.refused("forbidden", "position", at(clock))


def test_what_a_client_says_next_does_not_wait(
    story: Story, enter: Enter, clock: ManualClock, gathered: Positions
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    phone = enter(peer)
    assert Reporter(phone).reports(at(clock)) is None
    assert phone.done("unfollow", {"request_id": "x"}) == {"ok": True}


def test_more_than_one_peer_can_mean_is_too_fast(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    flood, quiet = Reporter(enter(first)), Reporter(enter(second))
    for _ in range(MOST_OF_ONE):
        assert flood.reports(at(clock)) is None
    answer = flood.reports(at(clock))
    assert answer is not None
    assert answer["code"] == "too_fast"
    assert quiet.reports(at(clock)) is None
    gathered.write()
    assert quiet.answer()["used"] == "used"
    assert flood.reports(at(clock)) is None, "there is room again"


def test_whoever_stopped_meanwhile_is_nowhere(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    phone = Reporter(enter(peer))
    phone.reports(at(clock))
    story.off_duty(peer)
    gathered.write()
    assert phone.answer()["used"] == "off_duty"
    assert stored(wired, peer) == (None, None)


def test_whoever_signed_out_meanwhile_is_not_heard(
    story: Story, enter: Enter, api: Api, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    gone, stays = Reporter(enter(first)), Reporter(enter(second))
    gone.reports(at(clock))
    stays.reports(at(clock))
    assert api.call("DELETE", "/sessions/current", first).status_code == 204
    gathered.write()
    assert gone.answer()["code"] == "not_signed_in"
    assert stored(wired, first) == (None, None)
    assert stays.answer()["used"] == "used"


def test_who_is_on_a_visit_holds_up_nobody_and_stays_in_order(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    """A position of a visit takes as long as ten others: it can be news to many."""
    visitor, waits = story.here.peers
    story.on_duty(visitor, waits)
    story.ask()
    phone, other = Reporter(enter(visitor)), Reporter(enter(waits))
    story.accept(visitor)
    undone: list[Callable[[], None]] = []
    gathered.beside = undone.append
    phone.reports(at(clock, 39.9701))
    other.reports(at(clock))
    gathered.write()
    assert other.answer()["used"] == "used"
    assert stored(wired, visitor) == (None, None), "its turn has not come"
    phone.phone.client.acks = None
    clock.advance(5)
    phone.reports(at(clock, 39.9702))
    other.reports(at(clock, 39.9701))
    gathered.write()
    assert other.answer()["used"] == "used"
    assert len(undone) == 1, "one after another"
    undone.pop()()
    assert phone.answer()["used"] == "used"
    assert stored(wired, visitor)[0] == 39.9701
    gathered.write()
    undone.pop()()
    assert phone.answer()["used"] == "used"
    assert stored(wired, visitor) == (39.9702, clock.now())


def test_positions_of_visits_do_not_take_every_place(
    story: Story,
    enter: Enter,
    wired: Wired,
    clock: ManualClock,
    gathered: Positions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_BESIDE", 1)
    visitors = story.here.peers
    story.on_duty(*visitors)
    phones = []
    for visitor in visitors:
        story.ask()
        phones.append(Reporter(enter(visitor)))
        story.accept(visitor)
    undone: list[Callable[[], None]] = []
    gathered.beside = undone.append
    for phone in phones:
        phone.reports(at(clock))
    gathered.write()
    gathered.write()
    assert len(undone) == 1, "the other waits for its turn"
    undone.pop()()
    gathered.write()
    undone.pop()()
    assert [phone.answer()["used"] for phone in phones] == ["used", "used"]


def test_who_leaves_writes_what_waited_for_a_visit(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    visitor = story.here.peers[0]
    story.on_duty(visitor)
    story.ask()
    phone = Reporter(enter(visitor))
    story.accept(visitor)
    undone: list[Callable[[], None]] = []
    gathered.beside = undone.append
    phone.reports(at(clock, 39.9701))
    gathered.write()
    clock.advance(5)
    phone.reports(at(clock, 39.9702))
    gathered.hasten()
    undone.pop()()
    assert stored(wired, visitor) == (39.9702, clock.now())


def test_whoever_said_yes_meanwhile_is_followed(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    """A position that waited through a yes and a departure is one of somebody on the road."""
    peer = story.here.peers[0]
    story.on_duty(peer)
    request_id = story.ask()
    nurse, phone = enter(story.here.staff), Reporter(enter(peer))
    nurse.done("follow", {"request_id": request_id})
    phone.reports(at(clock))
    visit_id = story.accept(peer)
    gathered.write()
    assert phone.answer()["used"] == "used"
    assert nurse.hears("position") == [], "they have not left"
    story.step(visit_id, "depart", peer)
    clock.advance(5)
    phone.reports(at(clock))
    gathered.write()
    assert phone.answer()["used"] == "used"
    [shown] = nurse.hears("position")
    assert shown["position"] == story.request(request_id)["visit"]["position"]
    # At the entrance twice: the arrival is seen, and is a fact.
    site = story.request(request_id)["site"]
    for _ in range(2):
        clock.advance(200)
        phone.reports(at(clock, site["latitude"], longitude=site["longitude"]))
        gathered.write()
    assert "visit_near" in [fact["type"] for fact in nurse.hears("fact")]


def test_one_that_cannot_be_stored_takes_nobody_elses_with_it(
    story: Story,
    enter: Enter,
    wired: Wired,
    clock: ManualClock,
    gathered: Positions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    phones = [Reporter(enter(peer)) for peer in (first, second)]
    for phone in phones:
        phone.reports(at(clock))

    def broken(*_: object) -> None:
        raise ValueError("a row that nobody foresaw")

    monkeypatch.setattr(together, "record_many", broken)
    gathered.write()
    assert [phone.answer()["used"] for phone in phones] == ["used", "used"]
    assert stored(wired, second) == (39.97, clock.now())


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_row_that_is_held_holds_nobody_elses_up(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    first, second = story.here.peers
    story.on_duty(first, second)
    held, free = Reporter(enter(first)), Reporter(enter(second))
    held.reports(at(clock))
    free.reports(at(clock))
    with wired.db.transaction() as tx:
        tx.session.scalars(select(Duty).where(Duty.peer_id == first.id).with_for_update()).one()
        gathered.write()
        assert free.answer()["used"] == "used"
        assert held.phone.client.acks is None, "it is neither stored nor lost"
    gathered.write()
    assert held.answer()["used"] == "used"
    assert stored(wired, first) == (39.97, clock.now())


def test_a_process_that_leaves_writes_what_waits_and_then_each_at_once(
    story: Story, enter: Enter, wired: Wired, clock: ManualClock, gathered: Positions
) -> None:
    peer = story.here.peers[0]
    story.on_duty(peer)
    phone = Reporter(enter(peer))
    phone.reports(at(clock))
    gathered.hasten()
    assert phone.answer()["used"] == "used"
    clock.advance(5)
    answer = phone.reports(at(clock))
    assert answer == {"ok": True, "used": "used"}
    assert stored(wired, peer) == (39.97, clock.now())
