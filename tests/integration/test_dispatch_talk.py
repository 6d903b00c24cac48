"""Messages within a visit: once, in order, read up to, and erased when their time is over."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from dispatch.actions import staff, visits
from dispatch.errors import Conflict, Invalid, NotFound, TooFast
from dispatch.events import FactType
from dispatch.models import JournalEntry, Network, Visit
from dispatch.states import Modality, Role
from dispatch.talk import gate, keeping, reading, saying
from dispatch.talk.saying import Said, Words
from dispatch.talk.threads import Message, Thread
from dispatch.talk.words import MOST_A_MINUTE, Party, Voice
from storage.clock import ManualClock
from tests.integration.conftest import Ward

STAFF, PERSON = Party.STAFF, Party.PERSON


@dataclass
class Talk:
    """A visit of Marcus, and short verbs for who writes in it."""

    ward: Ward
    clock: ManualClock
    request_id: str
    visit_id: str
    made: int = 0

    def do(self, action: Any, *args: Any, **more: Any) -> Any:
        with self.ward.world.db.transaction() as tx:
            return action(tx, tx.session.get_one(Visit, self.visit_id), *args, **more)

    def say(self, voice: Voice, text: str | None = None, party: Party = STAFF, **more: Any) -> Said:
        self.made += 1
        words = Words(more.pop("client_id", f"message-{self.made}"), more.pop("word", None), text)
        author = {Voice.PEER: self.ward.marcus, Voice.STAFF: self.ward.nurse}
        by = author[voice].by() if party is STAFF else None
        said: Said = self.do(saying.say, party, voice, words, by)
        return said

    def read(self, voice: Voice, seq: int, party: Party = STAFF) -> None:
        self.do(saying.read, party, voice, seq)

    def whole(self, party: Party = STAFF, **where: Any) -> dict[str, Any]:
        with self.ward.world.db.read() as tx:
            return reading.whole(tx, tx.session.get_one(Visit, self.visit_id), party, **where)

    def forget(self) -> int:
        with self.ward.world.db.transaction() as tx:
            return keeping.forget(tx)

    def left(self) -> tuple[int, int]:
        """Threads and messages that there are."""
        with self.ward.world.db.read() as tx:
            threads, messages = (
                tx.session.scalar(select(func.count()).select_from(table)) or 0
                for table in (Thread, Message)
            )
            return threads, messages


def begun(ward: Ward, clock: ManualClock, modality: Modality) -> Talk:
    request_id = ward.world.ask(ward.nurse, modality=modality)
    return Talk(ward, clock, request_id, ward.world.accept(ward.marcus, request_id))


@pytest.fixture
def talk(ward: Ward, clock: ManualClock) -> Talk:
    return begun(ward, clock, Modality.IN_PERSON)


@pytest.fixture
def film(ward: Ward, clock: ManualClock) -> Talk:
    return begun(ward, clock, Modality.VIDEO)


def test_messages_are_numbered_without_a_gap_and_keep_their_order(talk: Talk) -> None:
    assert talk.whole()["items"] == []
    talk.say(Voice.PEER, "Leaving now.")
    talk.say(Voice.STAFF, word="wait_at_desk")
    talk.say(Voice.PEER, "On my way.")
    items = talk.whole()["items"]
    assert [one["seq"] for one in items] == [1, 2, 3]
    assert [one["voice"] for one in items] == ["peer", "staff", "peer"]
    assert [one["text"] or one["word"] for one in items] == [
        "Leaving now.",
        "wait_at_desk",
        "On my way.",
    ]
    assert items[0]["author"] == {"id": talk.ward.marcus.id, "name": "Marcus T."}


def test_the_same_id_again_is_the_same_message(talk: Talk) -> None:
    first = talk.say(Voice.STAFF, "Desk B", client_id="one-message")
    again = talk.say(Voice.STAFF, "Desk B", client_id="one-message")
    assert (first.is_new, again.is_new) == (True, False)
    assert first.message.seq == again.message.seq == 1
    with pytest.raises(Invalid):
        talk.say(Voice.STAFF, "Desk C", client_id="one-message")
    # The other side's ids are its own.
    assert talk.say(Voice.PEER, "Thanks", client_id="one-message").message.seq == 2
    assert talk.whole()["seq"] == 2


def test_each_side_has_read_up_to_somewhere_and_never_less(talk: Talk) -> None:
    for text in ("one", "two", "three"):
        talk.say(Voice.STAFF, text)
    talk.say(Voice.PEER, "mine")
    assert talk.whole()["unread"] == {"peer": 3, "other": 1}
    talk.read(Voice.PEER, 2)
    assert (talk.whole()["read"], talk.whole()["unread"]["peer"]) == ({"peer": 2, "other": 0}, 1)
    talk.read(Voice.PEER, 1)
    assert talk.whole()["read"]["peer"] == 2
    talk.read(Voice.STAFF, 900)
    assert talk.whole()["read"] == {"peer": 2, "other": 4}
    assert talk.whole()["unread"] == {"peer": 1, "other": 0}


def test_only_the_first_that_was_not_read_is_worth_an_alert(talk: Talk) -> None:
    alerts = [talk.say(Voice.STAFF, text).is_first_unread for text in ("a", "b")]
    talk.read(Voice.PEER, 2)
    alerts.append(talk.say(Voice.STAFF, "c").is_first_unread)
    assert alerts == [True, False, True]


def test_a_quick_reply_belongs_to_one_side(talk: Talk) -> None:
    with pytest.raises(Invalid):
        talk.say(Voice.STAFF, word="parking")
    with pytest.raises(Invalid):
        talk.say(Voice.PEER, word="no_such_word")
    assert talk.say(Voice.PEER, word="parking").message.word == "parking"


def test_a_flood_is_held_back_and_a_resend_is_not(talk: Talk) -> None:
    for number in range(MOST_A_MINUTE):
        talk.say(Voice.STAFF, "again", client_id=f"flood-{number:04d}")
    with pytest.raises(TooFast):
        talk.say(Voice.STAFF, "again", client_id="flood-more")
    assert not talk.say(Voice.STAFF, "again", client_id="flood-0000").is_new
    # The other side may speak, and after a minute so may this one.
    talk.say(Voice.PEER, "Please wait")
    talk.clock.advance(60)
    assert talk.say(Voice.STAFF, "again", client_id="flood-more").is_new


def test_who_may_read_the_thread_with_the_staff(talk: Talk) -> None:
    ward, world = talk.ward, talk.ward.world
    other_site = world.site(ward.admin, "Elsewhere", km_north=3)
    elsewhere = world.user(ward.admin, "Otto E.", Role.STAFF, other_site)
    with world.db.read() as tx:
        assert gate.with_staff(tx, ward.nurse, talk.visit_id)[1] is Voice.STAFF
        assert gate.with_staff(tx, ward.marcus, talk.visit_id)[1] is Voice.PEER
        for actor in (ward.dana, ward.manager, ward.admin, elsewhere):
            with pytest.raises(NotFound):
                gate.with_staff(tx, actor, talk.visit_id)


def test_after_a_visit_one_can_write_for_a_while(talk: Talk) -> None:
    world, marcus = talk.ward.world, talk.ward.marcus
    for step in (visits.depart, visits.arrive, visits.start, visits.complete):
        world.do(step, marcus, talk.visit_id)
    talk.clock.advance(1799)
    assert talk.whole()["may_write"]
    talk.say(Voice.PEER, "I left my jacket")
    talk.clock.advance(1)
    assert not talk.whole()["may_write"]
    with pytest.raises(Conflict):
        talk.say(Voice.PEER, "Is it there?")
    assert len(talk.whole()["items"]) == 1


def test_who_withdrew_has_no_part_in_it_any_more(talk: Talk) -> None:
    talk.say(Voice.STAFF, "Still good to come?")
    talk.ward.world.do(visits.withdraw, talk.ward.marcus, talk.visit_id, None)
    with talk.ward.world.db.read() as tx:
        with pytest.raises(NotFound):
            gate.with_staff(tx, talk.ward.marcus, talk.visit_id)
        gate.with_staff(tx, talk.ward.nurse, talk.visit_id)
    with pytest.raises(Conflict):
        talk.say(Voice.STAFF, "Hello?")


def test_what_staff_and_peer_wrote_goes_after_some_days(talk: Talk) -> None:
    world, nurse = talk.ward.world, talk.ward.nurse
    talk.say(Voice.STAFF, "Desk B")
    talk.clock.advance(timedelta(days=40).total_seconds())
    talk.forget()
    assert talk.left() == (1, 1), "a visit that goes on keeps its thread"
    world.do(staff.cancel, nurse, talk.request_id, "changed_mind")
    talk.forget()
    talk.clock.advance(timedelta(days=14).total_seconds() - 1)
    talk.forget()
    assert talk.left() == (1, 1)
    talk.clock.advance(1)
    talk.forget()
    assert talk.left() == (0, 0)
    assert talk.forget() == 0


def test_what_a_person_wrote_goes_with_the_end_of_the_visit(film: Talk) -> None:
    film.say(Voice.GUEST, "I am afraid", PERSON)
    film.say(Voice.PEER, "I am here", PERSON)
    film.say(Voice.STAFF, "They are in Room 12 now")
    film.forget()
    assert film.left() == (2, 3)
    film.ward.world.do(visits.start, film.ward.marcus, film.visit_id)
    film.ward.world.do(visits.complete, film.ward.marcus, film.visit_id)
    with pytest.raises(Conflict):
        film.say(Voice.GUEST, "One more thing", PERSON)
    film.forget()
    assert film.left() == (1, 1)
    assert [one["text"] for one in film.whole()["items"]] == ["They are in Room 12 now"]


def test_that_somebody_wrote_is_a_fact_once_and_without_the_words(film: Talk) -> None:
    film.say(Voice.GUEST, "I am afraid", PERSON)
    film.say(Voice.STAFF, "They are in Room 12", client_id="nurse-0001")
    film.say(Voice.STAFF, "They are in Room 12", client_id="nurse-0001")
    film.say(Voice.PEER, word="parking")
    with film.ward.world.db.read() as tx:
        facts = tx.session.scalars(
            select(JournalEntry)
            .where(JournalEntry.type == FactType.MESSAGE_SENT)
            .order_by(JournalEntry.seq)
        ).all()
    assert [(one.actor["kind"], one.data) for one in facts] == [
        ("staff", {"message": {"visit_id": film.visit_id, "seq": 1, "voice": "staff"}}),
        ("peer", {"message": {"visit_id": film.visit_id, "seq": 2, "voice": "peer"}}),
    ]


def test_how_long_it_is_kept_is_policy(ward: Ward, clock: ManualClock) -> None:
    with ward.world.db.transaction() as tx:
        network = tx.session.get_one(Network, ward.admin.network_id)
        network.policy = {"talk_kept_days": 2, "talk_after_s": 0}
    talk = begun(ward, clock, Modality.IN_PERSON)
    talk.say(Voice.STAFF, "Desk B")
    ward.world.do(staff.cancel, ward.nurse, talk.request_id, "other")
    assert not talk.whole()["may_write"]
    clock.advance(timedelta(days=2).total_seconds())
    talk.forget()
    assert talk.left() == (0, 0)


def test_many_messages_are_read_in_parts(talk: Talk) -> None:
    talk.say(Voice.PEER, "the first")
    with talk.ward.world.db.transaction() as tx:
        thread = tx.session.get_one(Thread, (talk.visit_id, STAFF))
        tx.session.add_all(
            Message(
                visit_id=talk.visit_id,
                party=STAFF,
                seq=seq,
                voice=Voice.PEER,
                client_id=f"bulk-{seq:06d}",
                text=f"message {seq}",
                at=tx.now - timedelta(hours=1),
            )
            for seq in range(2, 10_001)
        )
        thread.seq, thread.unread_other = 10_000, 10_000
    last = talk.whole()
    assert (len(last["items"]), last["more"], last["items"][-1]["seq"]) == (100, True, 10_000)
    earlier = talk.whole(before=last["items"][0]["seq"])
    assert [earlier["items"][0]["seq"], earlier["items"][-1]["seq"]] == [9_801, 9_900]
    assert [one["seq"] for one in talk.whole(after=9_998)["items"]] == [9_999, 10_000]
    first = talk.whole(after=0)
    assert (first["items"][0]["text"], len(first["items"]), first["more"]) == (
        "the first",
        100,
        True,
    )
    assert not talk.whole(before=3)["more"]
    talk.read(Voice.STAFF, 9_990)
    assert talk.whole()["unread"]["other"] == 10
