"""The table of steps says what the product says: every state, step and modality, one by one."""

from itertools import product

import pytest

from dispatch.states import (
    FINAL,
    LIVE_VISIT,
    LOOKING,
    REMOTE,
    STEPS,
    UNDOABLE,
    VISITED,
    Modality,
    RequestState,
    Step,
    VisitState,
)

# The product's own table, written down a second time on purpose.
IN_PERSON: dict[str, dict[str, str]] = {
    "accept": {"searching": "accepted", "escalated": "accepted"},
    "assign": {"searching": "accepted", "escalated": "accepted"},
    "escalate": {"searching": "escalated"},
    "resume": {"escalated": "searching"},
    "close_unfilled": {"escalated": "unfilled"},
    "depart": {"accepted": "en_route"},
    "arrive": {"accepted": "arrived", "en_route": "arrived"},
    "start": {"arrived": "in_session"},
    "complete": {"in_session": "completed"},
    "withdraw": {"accepted": "searching", "en_route": "searching", "arrived": "searching"},
    "hand_over": {"in_session": "searching"},
    "cancel": {
        "searching": "cancelled",
        "escalated": "cancelled",
        "accepted": "cancelled",
        "en_route": "cancelled",
        "arrived": "cancelled",
    },
    "keep_video": {
        "searching": "in_session",
        "escalated": "in_session",
        "accepted": "in_session",
        "en_route": "in_session",
        "arrived": "in_session",
    },
    "carry_on": {"searching": "in_session", "escalated": "in_session"},
}
BY_SCREEN = IN_PERSON | {"depart": {}, "arrive": {}, "start": {"accepted": "in_session"}}

WHO = {
    "accept": {"peer"},
    "assign": {"manager"},
    "escalate": {"engine"},
    "resume": {"manager"},
    "close_unfilled": {"manager", "staff"},
    "depart": {"peer"},
    "arrive": {"peer", "staff"},
    "start": {"peer", "engine"},
    "complete": {"peer", "staff", "guest", "engine"},
    "withdraw": {"peer", "manager", "staff"},
    "hand_over": {"peer"},
    "cancel": {"staff", "manager"},
    "keep_video": {"staff", "manager"},
    "carry_on": {"peer"},
}


@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("state", list(RequestState))
def test_a_step_leaves_exactly_the_states_it_may(
    state: RequestState, step: Step, modality: Modality
) -> None:
    table = IN_PERSON if modality is Modality.IN_PERSON else BY_SCREEN
    allowed = table[step.value].get(state.value)
    rule = STEPS[step]
    assert (state in rule.sources_for(modality)) == (allowed is not None)
    assert allowed in (None, rule.target.value)


def test_each_step_belongs_to_who_the_product_says() -> None:
    assert {step.value: set(rule.who) for step, rule in STEPS.items()} == WHO


def test_final_is_final() -> None:
    for step, state in product(Step, FINAL):
        assert state not in STEPS[step].sources
    assert {"completed", "cancelled", "unfilled"} == FINAL


def test_every_state_is_looking_or_visited_or_final_and_only_one() -> None:
    for state in RequestState:
        assert (state in LOOKING) + (state in VISITED) + (state in FINAL) == 1
    assert {state.value for state in VISITED} == {state.value for state in LIVE_VISIT}


def test_every_open_state_has_a_way_on_and_a_way_out() -> None:
    for state in set(RequestState) - FINAL:
        assert any(state in rule.sources for rule in STEPS.values()), state
    reached = {rule.target for rule in STEPS.values()} | {RequestState.SEARCHING}
    assert reached == set(RequestState)


def test_a_visit_has_the_name_of_its_request_while_it_lives() -> None:
    for step, rule in STEPS.items():
        if rule.target in VISITED:
            assert rule.visit_target == rule.target.value, step
        elif rule.visit_target is not None:
            assert rule.visit_target not in LIVE_VISIT, step


def test_only_going_arriving_and_beginning_can_be_taken_back() -> None:
    assert UNDOABLE == {
        VisitState.EN_ROUTE: Step.DEPART,
        VisitState.ARRIVED: Step.ARRIVE,
        VisitState.IN_SESSION: Step.START,
    }


def test_everything_but_in_person_is_remote() -> None:
    assert set(Modality) - {Modality.IN_PERSON} == REMOTE
