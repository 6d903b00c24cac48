"""The reducer rule: a reader applies a fact without knowing its type, and notices a gap."""

import pytest

from dispatch.errors import ERROR_CODES, Conflict, DomainError, Gone, Invalid, NotFound
from dispatch.events import FACT_MEANINGS, REQUEST_FIELDS, By, FactType, apply

SNAPSHOT = {"id": "r1", "seq": 4, "state": "searching", "asked": 3, "place": "Room 12"}


def test_a_fact_changes_the_fields_it_names() -> None:
    after = apply(SNAPSHOT, 5, {"state": "escalated", "asked": 7})
    assert after == SNAPSHOT | {"seq": 5, "state": "escalated", "asked": 7}


def test_what_is_no_field_of_a_request_changes_nothing() -> None:
    data = {"offer": {"id": "o1"}, "offers": [], "reason": "mistake", "place": "Room 1", "id": "r2"}
    assert apply(SNAPSHOT, 5, data) == SNAPSHOT | {"seq": 5}


def test_a_field_can_become_empty() -> None:
    assert apply(SNAPSHOT | {"alarm": "not_moving"}, 5, {"alarm": None})["alarm"] is None


def test_the_old_snapshot_is_left_as_it_was() -> None:
    before = dict(SNAPSHOT)
    apply(SNAPSHOT, 5, {"state": "cancelled"})
    assert before == SNAPSHOT


@pytest.mark.parametrize("seq", [3, 4, 6])
def test_a_gap_or_a_repeat_is_an_error(seq: int) -> None:
    with pytest.raises(ValueError, match="does not follow 4"):
        apply(SNAPSHOT, seq, {})


def test_every_fact_has_a_meaning() -> None:
    assert FACT_MEANINGS.keys() == set(FactType)
    assert all(meaning.endswith(".") for meaning in FACT_MEANINGS.values())


def test_the_moving_fields_do_not_hold_what_is_only_said_once() -> None:
    assert REQUEST_FIELDS.isdisjoint({"id", "seq", "site", "place", "note", "focus", "language"})


def test_who_did_it_names_no_more_than_there_is() -> None:
    assert By("engine").as_dict() == {"kind": "engine"}
    assert By("peer", "p1", "Marcus T.").as_dict() == {
        "kind": "peer",
        "id": "p1",
        "name": "Marcus T.",
    }


def test_a_refusal_has_a_listed_code() -> None:
    assert (NotFound("x").refusal, Invalid("x").refusal) == ("not_found", "invalid")
    assert (Conflict("x").refusal, Gone("x").refusal) == ("illegal_step", "offer_closed")
    assert Conflict("x", code="busy").refusal == "busy"
    assert {"already_taken", "busy", "illegal_step", "consent_required"} <= ERROR_CODES.keys()
    with pytest.raises(ValueError, match="unlisted"):
        DomainError("x", code="made_up")
