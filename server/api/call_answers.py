"""What is answered about the calls of a visit. No number of anybody is part of it but the desk's own."""

from typing import Literal

from dispatch.calls import CallEnd, CallState, CallTo
from server.api.answers import Count
from server.api.models import Answer, Moment


class CallAnswer(Answer):
    """A call by telephone. `ends_at`: after it, when the conversation ends unless somebody says."""

    id: str
    visit_id: str
    state: CallState
    to: CallTo
    placed_at: Moment
    connected_at: Moment | None
    ended_at: Moment | None
    reason: CallEnd | None
    ends_at: Moment | None


class CallView(Answer):
    """Whether a call can be made now, why not, and how the newest one is.

    `desk_phone` is the desk's own public number: what is shown when no call can be made.
    """

    visit_id: str
    why_not: Literal["over", "off", "no_number", "no_desk", "full", "away"] | None
    desk_phone: str
    has_bedside_phone: bool
    calls_left: Count
    call: CallAnswer | None
