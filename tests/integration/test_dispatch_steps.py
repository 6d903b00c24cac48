"""Every step from every state, in person and by video: it goes where the table says, or leaves no trace."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from dispatch.access import Actor
from dispatch.actions import managers, peers, staff, stays, visits
from dispatch.models import Visit
from dispatch.states import FINAL, STEPS, Modality, RequestState, Role, Step, VisitState
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.traces import refused
from tests.harness.world import World

IN_PERSON, VIDEO = Modality.IN_PERSON, Modality.VIDEO
S = RequestState


@dataclass
class Scene:
    """One request brought to a state, and what each person would do to it."""

    stage: "Stage"
    request_id: str
    visit_id: str
    offer_id: str
    """Dana's."""

    def attempt(self, step: Step) -> Callable[[], Any]:
        """The action of a step, by somebody whose step it is."""
        here = self.stage
        do = here.world.do
        return {
            Step.ACCEPT: partial(do, peers.accept, here.dana, self.offer_id),
            Step.ASSIGN: partial(do, managers.assign, here.manager, self.request_id, here.dana.id),
            Step.RESUME: partial(do, managers.resume, here.manager, self.request_id),
            Step.CLOSE_UNFILLED: partial(do, staff.close, here.nurse, self.request_id, None),
            Step.DEPART: partial(do, visits.depart, here.marcus, self.visit_id),
            Step.ARRIVE: partial(do, visits.arrive, here.marcus, self.visit_id),
            Step.START: partial(do, visits.start, here.marcus, self.visit_id),
            Step.COMPLETE: partial(do, visits.complete, here.marcus, self.visit_id),
            Step.WITHDRAW: partial(do, visits.withdraw, here.nurse, self.visit_id),
            Step.HAND_OVER: partial(do, visits.hand_over, here.marcus, self.visit_id),
            Step.CANCEL: partial(do, staff.cancel, here.nurse, self.request_id, "leaving"),
            Step.KEEP_VIDEO: partial(do, staff.keep_video, here.nurse, self.request_id),
            Step.CARRY_ON: partial(do, stays.carry_on, here.marcus, self.visit_id),
        }[step]

    def state(self) -> RequestState:
        """Where the request is now."""
        return self.stage.world.request(self.request_id).state

    def end(self) -> None:
        """Bring the request to an end, so that everybody is free for the next."""
        if self.state() is S.IN_SESSION:
            with self.stage.world.db.read() as tx:
                live = Visit.state == VisitState.IN_SESSION
                query = select(Visit.id).where(Visit.request_id == self.request_id, live)
                visit_id = tx.session.scalars(query).one()
            self.stage.world.do(visits.complete, self.stage.nurse, visit_id)
        elif self.state() not in FINAL:
            self.stage.world.do(staff.cancel, self.stage.nurse, self.request_id, "over")


@dataclass
class Stage:
    """One hospital with two peers."""

    world: World
    nurse: Actor
    manager: Actor
    marcus: Actor
    dana: Actor

    def scene(self, state: RequestState, modality: Modality) -> Scene:
        """A request in `state`. Where nobody has said yes, the visit is one that was withdrawn."""
        request_id = self.world.ask(self.nurse, modality=modality)
        offer = self.world.offer_of(self.dana, request_id)
        visit_id = self.world.accept(self.marcus, request_id)
        if state in (S.SEARCHING, S.ESCALATED, S.UNFILLED):
            self.world.do(visits.withdraw, self.marcus, visit_id)
            offer = self.world.offer_of(self.dana, request_id)
            if state is not S.SEARCHING:
                self.world.forward(360, step_s=360)
            if state is S.UNFILLED:
                self.world.do(staff.close, self.nurse, request_id, None)
        elif state is S.CANCELLED:
            self.world.do(staff.cancel, self.nurse, request_id, "mistake")
        else:
            steps = [visits.depart, visits.arrive, visits.start, visits.complete]
            for step in steps if modality is IN_PERSON else steps[2:]:
                if self.world.request(request_id).state is not state:
                    self.world.do(step, self.marcus, visit_id)
        assert offer is not None
        found = Scene(self, request_id, visit_id, offer.id)
        assert found.state() is state
        return found


@pytest.fixture
def stage(db: Database, clock: ManualClock) -> Stage:
    """The people."""
    world = World(db, clock)
    admin = world.network()
    nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    manager = world.user(admin, "Renee A.", Role.MANAGER)
    marcus, dana = (world.peer(admin, name) for name in ("Marcus T.", "Dana W."))
    return Stage(world, nurse, manager, marcus, dana)


def reachable(modality: Modality) -> list[RequestState]:
    """The states there are for a visit in this modality."""
    journey = {S.EN_ROUTE, S.ARRIVED}
    return [state for state in S if modality is IN_PERSON or state not in journey]


def steps_from(state: RequestState, modality: Modality, *, legal: bool) -> list[Step]:
    """The steps that people take, which the table allows or does not allow here.

    Without a bridge there is no video to keep, and nobody who stays goes on after all: those steps
    have their own tests.
    """
    unless = {Step.ESCALATE, *([Step.KEEP_VIDEO, Step.CARRY_ON] if legal else [])}
    return [
        step
        for step, rule in STEPS.items()
        if (state in rule.sources_for(modality)) is legal and step not in unless
    ]


@pytest.mark.parametrize("modality", [IN_PERSON, VIDEO])
def test_a_legal_step_goes_where_the_table_says(stage: Stage, modality: Modality) -> None:
    for state in reachable(modality):
        for step in steps_from(state, modality, legal=True):
            here = stage.scene(state, modality)
            before = stage.world.snapshot(here.request_id)
            here.attempt(step)()
            assert here.state() is STEPS[step].target, f"{step} from {state}"
            after = stage.world.snapshot(here.request_id)
            assert stage.world.replayed(before) == after, f"{step} from {state}"
            if STEPS[step].visit_target is not None and after["visit"] is not None:
                assert after["visit"]["state"] == STEPS[step].visit_target
            here.end()


@pytest.mark.parametrize("modality", [IN_PERSON, VIDEO])
def test_every_illegal_step_is_refused_without_a_trace(
    stage: Stage, db: Database, modality: Modality
) -> None:
    for state in reachable(modality):
        here = stage.scene(state, modality)
        for step in steps_from(state, modality, legal=False):
            code = "illegal_step"
            if step is Step.ACCEPT:
                code = "offer_closed" if state is S.UNFILLED else "already_taken"
            with refused(db, code):
                here.attempt(step)()
        here.end()


WRONG = [
    (S.ACCEPTED, Step.DEPART, "staff"),
    (S.ACCEPTED, Step.DEPART, "manager"),
    (S.ACCEPTED, Step.ARRIVE, "manager"),
    (S.ARRIVED, Step.START, "staff"),
    (S.ARRIVED, Step.START, "manager"),
    (S.IN_SESSION, Step.COMPLETE, "manager"),
    (S.IN_SESSION, Step.HAND_OVER, "staff"),
    (S.IN_SESSION, Step.HAND_OVER, "manager"),
]


def test_a_step_of_somebody_else_is_forbidden(stage: Stage, db: Database) -> None:
    for state, step, role in WRONG:
        assert role not in STEPS[step].who
        here = stage.scene(state, IN_PERSON)
        actor = stage.nurse if role == "staff" else stage.manager
        with refused(db, "forbidden"):
            stage.world.do(getattr(visits, step.value), actor, here.visit_id)
        here.end()


def test_the_last_step_is_taken_back_by_who_took_it_within_ten_seconds(
    stage: Stage, db: Database, clock: ManualClock
) -> None:
    world = stage.world
    for number in (1, 2, 3):
        here = stage.scene(S.ACCEPTED, IN_PERSON)
        before = world.snapshot(here.request_id)
        for step in (visits.depart, visits.arrive, visits.start)[:number]:
            before = world.snapshot(here.request_id)
            world.do(step, stage.marcus, here.visit_id)
        with refused(db, "illegal_step"):
            world.do(visits.undo, stage.nurse, here.visit_id)
        clock.advance(10)
        world.do(visits.undo, stage.marcus, here.visit_id)
        after = world.snapshot(here.request_id)
        assert after | {"seq": 0} == before | {"seq": 0}
        assert world.replayed(before) == after
        with refused(db, "illegal_step"):
            world.do(visits.undo, stage.marcus, here.visit_id)
        here.end()


def test_after_ten_seconds_nothing_is_taken_back(
    stage: Stage, db: Database, clock: ManualClock
) -> None:
    here = stage.scene(S.ACCEPTED, IN_PERSON)
    stage.world.do(visits.depart, stage.marcus, here.visit_id)
    clock.advance(10.1)
    with refused(db, "illegal_step"):
        stage.world.do(visits.undo, stage.marcus, here.visit_id)


def test_staff_take_back_their_own_arrival(stage: Stage, db: Database) -> None:
    here = stage.scene(S.ACCEPTED, IN_PERSON)
    stage.world.do(visits.arrive, stage.nurse, here.visit_id)
    with refused(db, "illegal_step"):
        stage.world.do(visits.undo, stage.marcus, here.visit_id)
    stage.world.do(visits.undo, stage.nurse, here.visit_id)
    assert here.state() is S.ACCEPTED


def test_an_end_is_not_taken_back(stage: Stage, db: Database) -> None:
    for state in (S.COMPLETED, S.CANCELLED):
        here = stage.scene(state, IN_PERSON)
        for actor in (stage.marcus, stage.nurse):
            with refused(db, "illegal_step"):
                stage.world.do(visits.undo, actor, here.visit_id)
