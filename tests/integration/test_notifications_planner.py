"""The planner: facts into deliveries in the same commit, once, and stopped in the same commit."""

from datetime import timedelta

import pytest

from dispatch.events import FactType
from notifications.directory import Recipient
from notifications.models import Delivery, DeliveryState, Kind, Rung
from notifications.planner import Planner
from storage.clock import ManualClock
from storage.database import Database, Transaction
from tests.harness.phones import LADDER, Phones, offer_shape

PENDING, CANCELLED = DeliveryState.PENDING, DeliveryState.CANCELLED


def test_an_offer_plans_a_push_and_the_same_push_again_on_every_device(
    db: Database, clock: ManualClock
) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a", "token-b", locale="es")
    (offer_id,) = phones.offer(marcus)

    rows = phones.rows(user_id=marcus)
    assert {(row.rung, row.key, row.due_at) for row in rows} == {
        (Rung.PUSH, "offer.in_person", clock.now()),
        (Rung.PUSH_AGAIN, "offer_again.in_person", clock.now() + timedelta(seconds=20)),
    }
    assert len(rows) == 4
    for row in rows:
        assert row.state is PENDING
        assert row.args == {"modality": "in_person", "minutes": 14}
        assert (row.locale, row.collapse_id, row.offer_id) == ("es", offer_id, offer_id)
        assert row.device_id is not None


def test_a_policy_with_other_timings_moves_the_second_push(
    db: Database, clock: ManualClock
) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    offer = offer_shape(marcus)
    phones.tell(FactType.OFFER_MADE, offer=offer, ladder=LADDER | {"push_again_s": 7})
    row = phones.row(rung=Rung.PUSH_AGAIN)
    assert row.due_at == clock.now() + timedelta(seconds=7)


def test_an_offer_with_an_end_is_worth_nothing_after_it(db: Database, clock: ManualClock) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    end = clock.now() + timedelta(minutes=5)
    phones.offer(marcus, expires_at=end.isoformat().replace("+00:00", "Z"))
    assert {row.expires_at for row in phones.rows()} == {end}


def test_a_person_without_a_device_gets_one_line_on_the_console(db: Database) -> None:
    phones = Phones(db, kinds=[Kind.CONSOLE])
    marcus = phones.person("a token of a channel that is not in use")
    phones.offer(marcus)
    rows = phones.rows(user_id=marcus)
    assert [(row.channel, row.device_id, row.rung) for row in rows] == [
        (Kind.CONSOLE, None, Rung.PUSH),
        (Kind.CONSOLE, None, Rung.PUSH_AGAIN),
    ]


def test_the_rungs_of_channels_not_in_use_are_not_planned(db: Database) -> None:
    phones = Phones(db, kinds=[Kind.FCM])
    marcus = phones.person("token-a")
    phones.device(marcus, "+16145550100", kind=Kind.SMS)
    phones.offer(marcus)
    assert {row.rung for row in phones.rows()} == {Rung.PUSH, Rung.PUSH_AGAIN}


def test_every_rung_of_the_ladder_finds_its_device(db: Database, clock: ManualClock) -> None:
    phones = Phones(db, kinds=[Kind.FCM, Kind.SMS, Kind.VOICE])
    marcus = phones.person("token-a")
    phones.device(marcus, "+16145550100", kind=Kind.SMS)
    phones.device(marcus, "+16145550100", kind=Kind.VOICE)
    phones.offer(marcus)
    start = clock.now()
    assert {
        (row.rung.value, row.key, (row.due_at - start).seconds)
        for row in phones.rows()
        if row.due_at
    } == {
        ("push", "offer.in_person", 0),
        ("push_again", "offer_again.in_person", 20),
        ("sms", "sms.in_person", 30),
        ("voice", "voice.in_person", 45),
    }


def test_a_state_change_that_rolls_back_takes_its_deliveries_with_it(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")

    def fail(tx: Transaction) -> None:
        raise RuntimeError("after the planner")

    db.before_commit.append(fail)
    with pytest.raises(RuntimeError):
        phones.offer(marcus)
    db.before_commit.remove(fail)
    assert phones.rows() == []


def test_a_planner_that_fails_rolls_the_state_change_back(db: Database) -> None:
    phones = Phones(db)
    kept = phones.person("token-a")

    def change_state() -> None:
        with db.transaction() as tx:
            tx.session.add(Delivery(**_copied(phones, kept)))
            phones.fact(tx, FactType.OFFER_MADE, {"offer": {"id": "broken"}})

    with pytest.raises(KeyError):
        change_state()
    assert phones.rows() == []


def test_planning_the_same_facts_twice_is_harmless(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    with db.transaction() as tx:
        shape = {"offer": offer_shape(marcus), "ladder": LADDER}
        fact = phones.fact(tx, FactType.OFFER_MADE, shape)
    first = {row.id for row in phones.rows()}
    with db.transaction() as tx:
        tx.add_fact(fact)
        Planner(phones.directory, [Kind.FCM]).plan(tx)
    assert {row.id for row in phones.rows()} == first


@pytest.mark.parametrize(
    "type_", [FactType.OFFER_SEEN, FactType.OFFER_DECLINED, FactType.OFFER_ACCEPTED]
)
def test_an_answer_stops_the_ladder_of_its_offer_only(db: Database, type_: FactType) -> None:
    phones = Phones(db)
    marcus, elena = phones.person("token-a"), phones.person("token-b")
    first, second = phones.offer(marcus, elena)
    phones.answer(type_, first)
    assert {row.state for row in phones.rows(offer_id=first)} == {CANCELLED}
    assert {row.due_at for row in phones.rows(offer_id=first)} == {None}
    assert {row.state for row in phones.rows(offer_id=second)} == {PENDING}


def test_an_offer_that_nobody_was_told_of_ends_without_a_word(db: Database) -> None:
    phones = Phones(db)
    (offer_id,) = phones.offer(phones.person("token-a"))
    phones.close(offer_id)
    assert {row.state for row in phones.rows()} == {CANCELLED}


def test_an_offer_made_and_ended_in_one_transaction_rings_nowhere(db: Database) -> None:
    phones = Phones(db)
    offer = offer_shape(phones.person("token-a"))
    with db.transaction() as tx:
        phones.fact(tx, FactType.OFFER_MADE, {"offer": offer, "ladder": LADDER})
        ends = [{"id": offer["id"], "state": "withdrawn"}]
        phones.fact(tx, FactType.OFFERS_CLOSED, {"offers": ends})
    assert phones.rows() == []


@pytest.mark.parametrize(
    "state_before, key",
    [("en_route", "turn_around"), ("accepted", "visit_ended"), ("arrived", "visit_ended")],
)
def test_a_peer_whose_visit_others_ended_is_told(db: Database, state_before: str, key: str) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    ended = {"id": "v" * 32, "peer": {"id": marcus}, "state_before": state_before, "by": "staff"}
    phones.tell(FactType.REQUEST_CANCELLED, visit_ended=ended)
    row = phones.row()
    assert (row.key, row.rung, row.user_id) == (key, Rung.NOTICE, marcus)


def test_a_peer_who_withdrew_is_not_told_so(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    ended = {"id": "v" * 32, "peer": {"id": marcus}, "state_before": "en_route", "by": "peer"}
    phones.tell(FactType.VISIT_WITHDRAWN, visit_ended=ended)
    assert phones.rows() == []


def test_a_peer_who_cannot_be_told_is_left_out(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    phones.offer(marcus, "f" * 32)
    assert {row.user_id for row in phones.rows()} == {marcus}


def test_the_extra_private_choice_is_kept_with_the_delivery(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a", is_private=True)
    assert phones.directory.peers[marcus] == Recipient(marcus, "en", is_private=True)
    phones.offer(marcus)
    assert all(row.is_private for row in phones.rows())


def _copied(phones: Phones, user_id: str) -> dict[str, object]:
    now = phones.db.clock.now()
    return {
        "network_id": phones.network_id,
        "user_id": user_id,
        "channel": Kind.CONSOLE,
        "once": "kept",
        "key": "test",
        "rung": Rung.NOTICE,
        "args": {},
        "locale": "en",
        "is_private": False,
        "collapse_id": "c",
        "state": PENDING,
        "created_at": now,
        "due_at": now,
        "expires_at": now,
    }
