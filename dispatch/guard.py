"""One step, one statement: the guarded UPDATE from which every change of state is made.

The sources come from the one table in `dispatch.states`. No row back means that somebody else was
first; what that means to the loser is the caller's to say.
"""

from typing import Any

from sqlalchemy import update

from dispatch.errors import Conflict
from dispatch.models import SupportRequest, Visit
from dispatch.states import LIVE_VISIT, STEPS, Modality, RequestState, Step
from storage.database import Transaction
from storage.failpoints import failpoint


def take(
    tx: Transaction,
    request_id: str,
    step: Step,
    *,
    modality: Modality = Modality.IN_PERSON,
    **values: Any,
) -> SupportRequest | None:
    """Take `step` if the request is in one of its sources, and hold the row; else None.

    `modality` is the visit's; it matters to the steps that differ for remote visits. `values` are
    further columns to set in the same statement.
    """
    rule = STEPS[step]
    taken = tx.session.scalars(
        update(SupportRequest)
        .where(
            SupportRequest.id == request_id,
            SupportRequest.state.in_(sorted(rule.sources_for(modality))),
        )
        .values(state=rule.target, **values)
        .returning(SupportRequest),
        execution_options={"populate_existing": True},
    ).one_or_none()
    failpoint("step.taken")
    return taken


def step(tx: Transaction, request: SupportRequest, step_: Step, **values: Any) -> SupportRequest:
    """Take a step of a request whose row was held before, or raise the refusal (`illegal_step`)."""
    state_before = request.state
    taken = take(tx, request.id, step_, **values)
    if taken is None:
        raise refuse(step_, state_before)
    return taken


def refuse(act: str, state: RequestState) -> Conflict:
    """The refusal for a step or another act that the state does not allow."""
    return Conflict(f"{act} is not possible while the request is {state.value}.")


def live_visit(tx: Transaction, request_id: str, **values: Any) -> Visit | None:
    """Set `values` on the own live visit (no bridge) of a request whose row is held, and return it."""
    return tx.session.scalars(
        update(Visit)
        .where(
            Visit.request_id == request_id,
            Visit.is_bridge.is_(False),
            Visit.state.in_(sorted(LIVE_VISIT)),
        )
        .values(**values)
        .returning(Visit),
        execution_options={"populate_existing": True},
    ).one_or_none()
