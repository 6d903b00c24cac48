""" "I don't feel safe": it stands through everything, and only a note ends it."""

from datetime import timedelta
from typing import Any

import pytest

from dispatch import board, invariants, queries
from dispatch.access import Actor
from dispatch.actions import help_calls, managers, people, staff, visits
from dispatch.errors import Conflict, NotFound
from dispatch.events import apply
from dispatch.states import Role
from storage.clock import ManualClock
from tests.harness.story import without_position
from tests.integration.conftest import Ward

NOTE = "Security came; he is safe in the lobby."


def begun(ward: Ward) -> tuple[str, str]:
    """A request that Marcus said yes to, and his visit."""
    request_id = ward.world.ask(ward.nurse)
    return request_id, ward.world.accept(ward.marcus, request_id)


def standing(ward: Ward, request_id: str) -> dict[str, Any] | None:
    found = ward.world.snapshot(request_id)["help"]
    assert found is None or isinstance(found, dict)
    return found


def call(ward: Ward, visit_id: str, peer: Actor | None = None) -> None:
    ward.world.do(help_calls.call, peer or ward.marcus, visit_id)


def on_board(ward: Ward, request_id: str) -> bool:
    with ward.world.db.read() as tx:
        shown = board.board(tx, ward.manager)
    return request_id in {row["id"] for row in shown["requests"]}


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_it_works_in_every_state_of_a_visit(ward: Ward, steps: int) -> None:
    request_id, visit = begun(ward)
    for step in (visits.depart, visits.arrive, visits.start)[:steps]:
        ward.world.do(step, ward.marcus, visit)
    before = ward.world.snapshot(request_id)
    call(ward, visit)
    after = ward.world.snapshot(request_id)
    assert (after["state"], after["owner"]) == (before["state"], before["owner"])
    assert after["help"]["peer"] == {"id": ward.marcus.id, "name": "Marcus T."}
    assert after["help"]["visit_id"] == visit
    assert after["help"]["held_by"] is None


def test_twice_is_once(ward: Ward) -> None:
    request_id, visit = begun(ward)
    call(ward, visit)
    first = ward.world.snapshot(request_id)
    call(ward, visit)
    assert ward.world.snapshot(request_id) == first


def test_steps_do_not_end_it_nor_does_the_end_of_the_request(
    ward: Ward, clock: ManualClock
) -> None:
    request_id, visit = begun(ward)
    call(ward, visit)
    for step in (visits.depart, visits.undo, visits.depart, visits.arrive, visits.start):
        ward.world.do(step, ward.marcus, visit)
        assert standing(ward, request_id) is not None
    ward.world.do(managers.claim, ward.manager, request_id)
    clock.advance(5400)
    ward.world.tick()
    ward.world.do(visits.complete, ward.marcus, visit)
    assert standing(ward, request_id) is not None
    clock.advance(timedelta(days=2).total_seconds())
    ward.world.tick()
    assert standing(ward, request_id) is not None
    assert on_board(ward, request_id), "it stays where somebody sees it"
    ward.world.do(help_calls.close, ward.manager, request_id, NOTE)
    assert standing(ward, request_id) is None
    assert not on_board(ward, request_id)


def test_it_outlives_the_search_for_somebody_else(ward: Ward, clock: ManualClock) -> None:
    """The alarms of the new search stand beside it; neither hides the other."""
    request_id, visit = begun(ward)
    call(ward, visit)
    ward.world.do(visits.withdraw, ward.marcus, visit, "unsafe")
    clock.advance(180)
    ward.world.tick()
    snapshot = ward.world.snapshot(request_id)
    assert (snapshot["alarm"], snapshot["help"]["visit_id"]) == ("no_yes_yet", visit)
    second = ward.world.accept(ward.dana, request_id)
    snapshot = ward.world.snapshot(request_id)
    assert (snapshot["alarm"], snapshot["help"]["visit_id"]) == (None, visit)
    call(ward, second, ward.dana)
    assert ward.world.snapshot(request_id)["help"]["peer"]["name"] == "Dana W."
    ward.world.do(help_calls.close, ward.manager, request_id, NOTE)
    assert standing(ward, request_id) is None
    with ward.world.db.read() as tx:
        rows = help_calls.history(tx, queries.open_requests(tx, ward.manager.network_id)[0])
        assert [row.note for row in rows] == [NOTE, NOTE]
        assert invariants.check(tx) == []


def test_up_to_two_hours_after_the_visit_and_no_longer(ward: Ward, clock: ManualClock) -> None:
    request_id, visit = begun(ward)
    ward.world.do(staff.cancel, ward.nurse, request_id, "a mistake")
    clock.advance(7200)
    call(ward, visit)
    assert standing(ward, request_id) is not None
    assert on_board(ward, request_id)
    ward.world.do(help_calls.close, ward.manager, request_id, NOTE)
    clock.advance(1)
    with pytest.raises(Conflict, match="too long"):
        call(ward, visit)


def test_i_have_this_says_who_and_ends_nothing(ward: Ward) -> None:
    request_id, visit = begun(ward)
    call(ward, visit)
    sam = ward.world.user(ward.admin, "Sam S.", Role.SUPERVISOR)
    ward.world.do(help_calls.hold, sam, request_id)
    held = standing(ward, request_id)
    assert held is not None
    assert held["held_by"] == {"id": sam.id, "name": "Sam S."}
    seq = ward.world.snapshot(request_id)["seq"]
    ward.world.do(help_calls.hold, sam, request_id)
    assert ward.world.snapshot(request_id)["seq"] == seq, "said twice, it is the same"
    ward.world.do(help_calls.hold, ward.manager, request_id)
    held = standing(ward, request_id)
    assert held is not None
    assert held["held_by"]["name"] == "Renee A."


def test_what_does_not_stand_is_neither_held_nor_closed(ward: Ward) -> None:
    request_id, visit = begun(ward)
    with pytest.raises(Conflict):
        ward.world.do(help_calls.hold, ward.manager, request_id)
    with pytest.raises(Conflict):
        ward.world.do(help_calls.close, ward.manager, request_id, NOTE)
    call(ward, visit)
    ward.world.do(help_calls.close, ward.manager, request_id, NOTE)
    with pytest.raises(Conflict):
        ward.world.do(help_calls.close, ward.manager, request_id, NOTE)
    call(ward, visit)
    assert standing(ward, request_id) is not None, "and can be called anew"


def test_only_the_peer_of_the_visit_calls(ward: Ward) -> None:
    _, visit = begun(ward)
    with pytest.raises(NotFound):
        call(ward, visit, ward.dana)


def test_snapshots_follow_the_facts_also_after_the_end(ward: Ward) -> None:
    request_id, visit = begun(ward)
    seen = [without_position(ward.world.snapshot(request_id))]
    for action, actor, args in (
        (help_calls.call, ward.marcus, (visit,)),
        (visits.withdraw, ward.marcus, (visit,)),
        (staff.cancel, ward.nurse, (request_id, "over")),
        (help_calls.hold, ward.manager, (request_id,)),
        (help_calls.close, ward.manager, (request_id, NOTE)),
    ):
        ward.world.do(action, actor, *args)
        seen.append(without_position(ward.world.snapshot(request_id)))
    with ward.world.db.read() as tx:
        facts = queries.facts_after(tx, request_id, 0, 100)
    for snapshot in seen:
        for fact in facts[snapshot["seq"] :]:
            snapshot = apply(snapshot, fact.seq, fact.data)
        assert snapshot == seen[-1]
    assert NOTE not in str([(fact.data, fact.actor) for fact in facts])


def test_a_name_that_changes_later_changes_no_story(ward: Ward) -> None:
    request_id, visit = begun(ward)
    call(ward, visit)
    before = ward.world.snapshot(request_id)["help"]
    ward.world.do(people.update_user, ward.admin, ward.marcus.id, {"name": "Mark T."})
    assert ward.world.snapshot(request_id)["help"] == before
