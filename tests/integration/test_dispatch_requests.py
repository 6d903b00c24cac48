"""Asking, widening, closing, owning, resuming, assigning, answering: done right, and every refusal."""

from datetime import timedelta
from typing import Any

import pytest

from dispatch.actions import managers, peers, people, staff, visits
from dispatch.actions.people import Profile
from dispatch.states import Focus, Modality, OfferState, RequestState, Role
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.traces import refused
from tests.integration.conftest import Ward

VIDEO = Modality.VIDEO


def escalated(ward: Ward, **ask: Any) -> str:
    """A request that nobody answered."""
    request_id = ward.world.ask(ward.nurse, **ask)
    ward.world.forward(360, step_s=90)
    assert ward.world.request(request_id).state == "escalated"
    return request_id


# Asking.


def test_without_the_persons_yes_nothing_is_sent(ward: Ward, db: Database) -> None:
    with refused(db, "consent_required") as refusal:
        ward.world.ask(ward.nurse, consent=False)
    assert refusal.value.field == "consent"


def test_a_request_is_asked_in_the_same_commit(ward: Ward, clock: ManualClock) -> None:
    request_id = ward.world.ask(ward.nurse, focus=Focus.OVERDOSE, note="quiet voice please")
    assert ward.world.asked(request_id) == ["Dana W.", "Marcus T."]
    row = ward.world.request(request_id)
    assert (row.state, row.wave, row.asked, row.eligible) == ("searching", 1, 2, 2)
    assert row.consent_at == row.created_at == clock.now()
    assert ward.world.facts(request_id)[:2] == ["request_created", "wave_sent"]


def test_a_site_that_is_closed_takes_none(ward: Ward, db: Database) -> None:
    ward.world.do(people.update_site, ward.admin, ward.site, {"is_active": False})
    with refused(db, "invalid") as refusal:
        ward.world.ask(ward.nurse)
    assert refusal.value.field == "site_id"


def test_a_manager_says_for_which_site(ward: Ward, db: Database) -> None:
    with refused(db, "invalid"):
        ward.world.ask(ward.manager)
    request_id = ward.world.ask(ward.manager, site_id=ward.site)
    assert ward.world.asked(request_id) == ["Dana W.", "Marcus T."]


def test_a_change_of_policy_moves_no_search_under_way(ward: Ward) -> None:
    request_id = ward.world.ask(ward.nurse)
    ward.world.do(people.set_policy, ward.admin, {"escalate_after_s": 3600})
    ward.world.forward(360, step_s=90)
    assert ward.world.request(request_id).state == "escalated"
    later = ward.world.ask(ward.nurse)
    assert ward.world.request(later).policy["escalate_after_s"] == 3600


# Widening and video.


def test_widening_asks_further_and_by_video(ward: Ward) -> None:
    far = ward.world.peer(ward.admin, "Far F.", km_north=60)
    ward.world.do(people.update_peer, ward.admin, far.id, Profile(modalities=["in_person"]))
    ward.world.peer(ward.admin, "Vera V.", badges=[], modalities=["video"], on_duty=False)
    ward.world.on_duty(ward.world.actors["Vera V."], modalities=[VIDEO])
    request_id = ward.world.ask(ward.nurse)
    assert ward.world.asked(request_id) == ["Dana W.", "Marcus T."]
    ward.world.do(staff.widen, ward.nurse, request_id)
    assert ward.world.asked(request_id) == ["Dana W.", "Far F.", "Marcus T."]
    ward.world.do(staff.widen, ward.nurse, request_id, video_fallback=True)
    offer = ward.world.offer_of(ward.world.actors["Vera V."], request_id)
    assert offer is not None
    assert offer.modality is VIDEO


def test_what_has_a_yes_is_not_widened(ward: Ward, db: Database) -> None:
    request_id = ward.world.ask(ward.nurse)
    ward.world.accept(ward.marcus, request_id)
    with refused(db, "illegal_step"):
        ward.world.do(staff.widen, ward.nurse, request_id)


# Owning, resuming, assigning.


def test_owning_a_search_names_the_owner_and_survives_escalation(ward: Ward) -> None:
    second = ward.world.user(ward.admin, "Sol M.", Role.MANAGER)
    request_id = ward.world.ask(ward.nurse)
    ward.world.do(managers.claim, second, request_id)
    assert ward.world.snapshot(request_id)["owner"]["name"] == "Sol M."
    ward.world.forward(360, step_s=90)
    assert ward.world.snapshot(request_id)["owner"]["name"] == "Sol M."


def test_an_end_has_no_owner_to_become(ward: Ward, db: Database) -> None:
    request_id = ward.world.ask(ward.nurse)
    ward.world.do(staff.cancel, ward.nurse, request_id, "mistake")
    with refused(db, "illegal_step"):
        ward.world.do(managers.claim, ward.manager, request_id)


def test_who_is_on_call_owns_what_escalates_and_without_managers_an_admin(ward: Ward) -> None:
    on_call = ward.world.user(ward.admin, "Olga C.", Role.MANAGER)
    ward.world.do(people.update_user, ward.admin, on_call.id, {"is_on_call": True})
    assert ward.world.snapshot(escalated(ward))["owner"]["name"] == "Olga C."
    for manager in (on_call, ward.manager):
        ward.world.do(people.update_user, ward.admin, manager.id, {"is_active": False})
    owner = ward.world.snapshot(escalated(ward))["owner"]
    assert (owner["kind"], owner["name"]) == ("admin", "Ada A.")


def test_resuming_asks_those_anew_who_did_not_answer_and_leaves_decliners_in_peace(
    ward: Ward,
) -> None:
    request_id = ward.world.ask(ward.nurse)
    ward.world.decline(ward.dana, request_id)
    ward.world.forward(360, step_s=90)
    ward.world.do(managers.resume, ward.manager, request_id)
    assert ward.world.asked(request_id) == ["Marcus T."]
    row = ward.world.request(request_id)
    assert (row.state, row.wave, row.asked, row.eligible) == ("searching", 2, 2, 2)
    ward.world.accept(ward.dana, request_id)


def test_assigning_needs_no_duty_and_no_offer(ward: Ward) -> None:
    lee = ward.world.peer(ward.admin, "Lee K.", on_duty=False)
    request_id = ward.world.ask(ward.nurse)
    ward.world.do(managers.assign, ward.manager, request_id, lee.id)
    snapshot = ward.world.snapshot(request_id)
    assert (snapshot["state"], snapshot["visit"]["peer"]["name"]) == ("accepted", "Lee K.")
    assert snapshot["visit"]["eta_at"] is not None
    marcus = ward.world.offer_of(ward.marcus, request_id)
    assert marcus is not None
    assert marcus.state is OfferState.SUPERSEDED


def test_assigning_who_was_asked_turns_their_offer_into_the_yes(ward: Ward) -> None:
    request_id = escalated(ward)
    ward.world.decline(ward.dana, request_id)
    ward.world.do(managers.assign, ward.manager, request_id, ward.dana.id)
    offer = ward.world.offer_of(ward.dana, request_id)
    assert offer is not None
    assert offer.state is OfferState.ACCEPTED


@pytest.mark.parametrize(
    "profile, modality, field",
    [
        ({"certificates": []}, None, "peer_id"),
        ({"badges": []}, None, "peer_id"),
        ({"languages": ["es"]}, VIDEO, "peer_id"),
        ({"modalities": ["in_person"]}, VIDEO, "peer_id"),
    ],
)
def test_what_a_call_cannot_mend_bars_assigning(
    ward: Ward, db: Database, profile: dict[str, Any], modality: Modality | None, field: str
) -> None:
    lee = ward.world.peer(ward.admin, "Lee K.", on_duty=False)
    ward.world.do(people.update_peer, ward.admin, lee.id, Profile(**profile))
    request_id = ward.world.ask(ward.nurse)
    with refused(db, "invalid") as refusal:
        ward.world.do(managers.assign, ward.manager, request_id, lee.id, modality)
    assert refusal.value.field == field
    assert "Lee K." in refusal.value.detail


def test_nobody_is_assigned_who_is_busy_left_this_request_or_is_gone(
    ward: Ward, db: Database
) -> None:
    first = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, first)
    second = ward.world.ask(ward.nurse)
    with refused(db, "busy"):
        ward.world.do(managers.assign, ward.manager, second, ward.marcus.id)
    ward.world.do(visits.withdraw, ward.marcus, visit_id)
    with refused(db, "invalid"):
        ward.world.do(managers.assign, ward.manager, first, ward.marcus.id)
    ward.world.do(people.update_user, ward.admin, ward.dana.id, {"is_active": False})
    with refused(db, "invalid"):
        ward.world.do(managers.assign, ward.manager, first, ward.dana.id)


# Answering.


def test_seeing_is_noted_once(ward: Ward, db: Database, clock: ManualClock) -> None:
    request_id = ward.world.ask(ward.nurse)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    for _ in range(2):
        seen = ward.world.do(peers.see, ward.marcus, offer.id)
        assert seen.seen_at == ward.world.request(request_id).created_at
        clock.advance(5)
    assert ward.world.facts(request_id).count("offer_seen") == 1
    ward.world.do(staff.cancel, ward.nurse, request_id, "mistake")
    dana = ward.world.offer_of(ward.dana, request_id)
    assert dana is not None
    with refused(db, "offer_closed"):
        ward.world.do(peers.see, ward.dana, dana.id)
    with refused(db, "offer_closed"):
        ward.world.decline(ward.dana, request_id)


def test_a_second_no_changes_the_reason_only(ward: Ward) -> None:
    request_id = ward.world.ask(ward.nurse)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    for reason in (None, "tired", None):
        ward.world.do(peers.decline, ward.marcus, offer.id, reason)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    assert (offer.state, offer.decline_reason) == (OfferState.DECLINED, "tired")
    assert ward.world.facts(request_id).count("offer_declined") == 1


def test_a_yes_out_of_an_offline_queue_hours_later(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    clock.advance(3 * 3600)
    with refused(db, "already_taken"):
        ward.world.accept(ward.dana, request_id)
    assert ward.world.accept(ward.marcus, request_id) == visit_id, "the same answer as then"
    for step in (visits.arrive, visits.start, visits.complete):
        ward.world.do(step, ward.marcus, visit_id)
    assert ward.world.accept(ward.marcus, request_id) == visit_id
    with refused(db, "already_taken"):
        ward.world.accept(ward.dana, request_id)


def test_who_withdrew_cannot_say_yes_again(ward: Ward, db: Database) -> None:
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    ward.world.do(visits.withdraw, ward.marcus, visit_id)
    with refused(db, "offer_closed"):
        ward.world.accept(ward.marcus, request_id)
    ward.world.forward(360, step_s=90)
    ward.world.do(staff.widen, ward.nurse, request_id)
    ward.world.do(managers.resume, ward.manager, request_id)
    assert ward.world.asked(request_id) == ["Dana W."]


def test_a_yes_that_came_too_late_stays_too_late_when_the_winner_has_withdrawn(
    ward: Ward, db: Database
) -> None:
    """The request looks for somebody again, and the offer that was closed is no answer to that."""
    request_id = ward.world.ask(ward.nurse)
    closed = ward.world.offer_of(ward.dana, request_id)
    assert closed is not None
    visit_id = ward.world.accept(ward.marcus, request_id)
    ward.world.do(visits.withdraw, ward.marcus, visit_id)
    assert ward.world.request(request_id).state is RequestState.SEARCHING
    before = ward.world.facts(request_id)
    with refused(db, "already_taken"):
        ward.world.do(peers.accept, ward.dana, closed.id)
    assert ward.world.facts(request_id) == before


def test_an_arrival_is_promised_with_the_yes(ward: Ward, clock: ManualClock) -> None:
    request_id = ward.world.ask(ward.nurse)
    ward.world.accept(ward.marcus, request_id)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    assert offer.travel_s is not None
    promised = clock.now() + timedelta(seconds=120 + offer.travel_s)
    assert ward.world.snapshot(request_id)["visit"]["eta_at"] == (
        promised.isoformat(timespec="microseconds").replace("+00:00", "Z")
    )


def test_a_visit_by_video_has_no_arrival(ward: Ward) -> None:
    request_id = ward.world.ask(ward.nurse, modality=VIDEO)
    ward.world.accept(ward.marcus, request_id)
    assert ward.world.snapshot(request_id)["visit"]["eta_at"] is None
