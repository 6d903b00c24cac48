"""When the alarms of a visit fall due: not moving, and no sign of life."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch.events import Alarm
from dispatch.models import Visit
from dispatch.policy import DEFAULT
from dispatch.states import Modality, VisitState
from dispatch.watch import alarm_times
from tests.harness.databases import START

NOT_MOVING, NOT_CONNECTED = Alarm.NOT_MOVING, Alarm.NOT_CONNECTED
LOST = Alarm.SIGN_OF_LIFE_LOST


def at(minutes: float) -> datetime:
    """So many minutes after the yes."""
    return START + timedelta(minutes=minutes)


def visit(state: VisitState, modality: Modality = Modality.IN_PERSON, **values: Any) -> Visit:
    """A visit of somebody who promised to be there in 20 minutes."""
    promised: dict[str, Any] = {"eta_at": at(20), "promised_at": at(20)}
    if modality is not Modality.IN_PERSON:
        promised = {}
    return Visit(state=state, modality=modality, accepted_at=START, **(promised | values))


@pytest.mark.parametrize(
    "what, heard, expected",
    [
        (visit(VisitState.ACCEPTED), 0, {NOT_MOVING: 5, LOST: 40}),
        (visit(VisitState.EN_ROUTE), 3, {LOST: 40}),
        (visit(VisitState.EN_ROUTE), 30, {LOST: 50}),
        (visit(VisitState.EN_ROUTE, eta_at=at(29.9)), 3, {LOST: 49.9}),
        (visit(VisitState.EN_ROUTE, eta_at=at(30)), 3, {NOT_MOVING: 0, LOST: 50}),
        (visit(VisitState.ARRIVED), 20, {}),
        (visit(VisitState.IN_SESSION, started_at=at(25)), 25, {LOST: 115}),
        (visit(VisitState.IN_SESSION, started_at=at(25)), 60, {LOST: 150}),
        (visit(VisitState.ACCEPTED, Modality.VIDEO), 0, {NOT_CONNECTED: 5}),
        (visit(VisitState.ACCEPTED, Modality.VIDEO, is_bridge=True), 0, {}),
        (visit(VisitState.IN_SESSION, Modality.PHONE, started_at=at(1)), 0, {LOST: 91}),
        (visit(VisitState.COMPLETED, started_at=at(25)), 25, {}),
    ],
)
def test_when_each_alarm_is_due(what: Visit, heard: float, expected: dict[Alarm, float]) -> None:
    times = alarm_times(what, at(heard), DEFAULT)
    assert times == {alarm: at(minutes) for alarm, minutes in expected.items()}
