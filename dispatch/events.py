"""The facts: something that happened to one request, past tense, numbered per request by `seq`.

**The reducer rule.** A fact's `data` carries, under the request's own field names
(`REQUEST_FIELDS`), the new value of every request field that it changed. A reader that holds a
snapshot applies a fact without knowing its type: see `apply`. Everything else in `data` has other
names (`offer`, `offers`, `reason`, `alarm` ...). A type is never reused with another shape.

This is all that the notifications floor reads of dispatch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class FactType(StrEnum):
    """Every kind of fact, with its meaning in `FACT_MEANINGS`."""

    REQUEST_CREATED = "request_created"
    WAVE_SENT = "wave_sent"
    SEARCH_CHANGED = "search_changed"
    OFFER_MADE = "offer_made"
    OFFER_SEEN = "offer_seen"
    OFFER_DECLINED = "offer_declined"
    OFFER_ACCEPTED = "offer_accepted"
    OFFERS_CLOSED = "offers_closed"
    OFFER_UNREACHABLE = "offer_unreachable"
    ETA_CHANGED = "eta_changed"
    VISIT_DEPARTED = "visit_departed"
    VISIT_NEAR = "visit_near"
    VISIT_ARRIVED = "visit_arrived"
    VISIT_STARTED = "visit_started"
    VISIT_COMPLETED = "visit_completed"
    VISIT_WITHDRAWN = "visit_withdrawn"
    VISIT_HANDED_OVER = "visit_handed_over"
    VISIT_STAYS = "visit_stays"
    STAY_ASKED = "stay_asked"
    STAY_GOES_ON = "stay_goes_on"
    STAY_ENDED = "stay_ended"
    STAY_TAKEN_BACK = "stay_taken_back"
    STEP_UNDONE = "step_undone"
    ALARM_RAISED = "alarm_raised"
    ALARM_ENDED = "alarm_ended"
    HELP_CALLED = "help_called"
    HELP_HELD = "help_held"
    HELP_CLOSED = "help_closed"
    NEED_CALLED = "need_called"
    NEED_HELD = "need_held"
    NEED_ENDED = "need_ended"
    REQUEST_ESCALATED = "request_escalated"
    REQUEST_CLAIMED = "request_claimed"
    OWNER_CHANGED = "owner_changed"
    REQUEST_WIDENED = "request_widened"
    REQUEST_RESUMED = "request_resumed"
    REQUEST_ASSIGNED = "request_assigned"
    REQUEST_CANCELLED = "request_cancelled"
    REQUEST_UNFILLED = "request_unfilled"
    BRIDGE_WANTED = "bridge_wanted"
    BRIDGE_ASKED = "bridge_asked"
    BRIDGE_STOPPED = "bridge_stopped"
    BRIDGE_ACCEPTED = "bridge_accepted"
    BRIDGE_STARTED = "bridge_started"
    BRIDGE_UNDONE = "bridge_undone"
    BRIDGE_RELIEVED = "bridge_relieved"
    BRIDGE_LEFT = "bridge_left"
    BRIDGE_ENDED = "bridge_ended"
    BRIDGE_KEPT = "bridge_kept"
    CALL_PLACED = "call_placed"
    CALL_CONNECTED = "call_connected"
    CALL_ENDED = "call_ended"
    MESSAGE_SENT = "message_sent"


FACT_MEANINGS: dict[FactType, str] = {
    FactType.REQUEST_CREATED: "Staff asked for a peer; the person had said yes.",
    FactType.WAVE_SENT: "The engine asked more peers; `offers` lists them.",
    FactType.SEARCH_CHANGED: "Nobody new was asked; how many could be, or when, is different now.",
    FactType.OFFER_MADE: "One peer was asked.",
    FactType.OFFER_SEEN: "The peer's app showed the offer.",
    FactType.OFFER_DECLINED: "The peer said not this time.",
    FactType.OFFER_ACCEPTED: "The peer said yes; `visit` begins.",
    FactType.OFFERS_CLOSED: "Offers ended without a yes of their peer; `offers` lists each end.",
    FactType.OFFER_UNREACHABLE: "No address of an asked peer works any more.",
    FactType.ETA_CHANGED: "The expected arrival moved by three minutes, or is known much better.",
    FactType.VISIT_DEPARTED: "The peer left; the site and managers see the position.",
    FactType.VISIT_NEAR: "The phone was seen at the entrance; whether they are there, people say.",
    FactType.VISIT_ARRIVED: "The peer is at the site; position sharing ended.",
    FactType.VISIT_STARTED: "The conversation began.",
    FactType.VISIT_COMPLETED: "The conversation is over.",
    FactType.VISIT_WITHDRAWN: "The visit ended before it began; another peer is looked for.",
    FactType.VISIT_HANDED_OVER: "The peer handed over; another peer is looked for.",
    FactType.VISIT_STAYS: "The peer handed over and stays till the next is there, who is looked for.",
    FactType.STAY_ASKED: "Who stays has stayed long and is asked whether they still can.",
    FactType.STAY_GOES_ON: "Who stays still can.",
    FactType.STAY_ENDED: "Nobody stays any more: the next is there, or `reason` says why.",
    FactType.STAY_TAKEN_BACK: "Who handed over and stayed goes on after all; it is the `visit` again.",
    FactType.STEP_UNDONE: "The last step was taken back within its ten seconds.",
    FactType.ALARM_RAISED: "A person must act; `alarm` says which of the clock's alarms it is.",
    FactType.ALARM_ENDED: "The alarm named in `ended` is over.",
    FactType.HELP_CALLED: "The peer does not feel safe; `help` stands until it is closed.",
    FactType.HELP_HELD: "Somebody said of a call for help: I have this. It stands.",
    FactType.HELP_CLOSED: "A supervisor or manager closed the call for help; may follow the end.",
    FactType.NEED_CALLED: "A visit calls for the ED nurse or a supervisor: `need` in `needs`.",
    FactType.NEED_HELD: "Somebody said of a need: I'm coming. It stands until it is done.",
    FactType.NEED_ENDED: "A need is over: done, taken back, or with its request; may follow the end.",
    FactType.REQUEST_ESCALATED: "The clock ran out; a named manager owns the request.",
    FactType.REQUEST_CLAIMED: "A manager said: I have this.",
    FactType.OWNER_CHANGED: "The manager who owned the request is no longer there; another holds it.",
    FactType.REQUEST_WIDENED: "More peers may be asked than the policy first allowed.",
    FactType.REQUEST_RESUMED: "The search began again.",
    FactType.REQUEST_ASSIGNED: "A manager assigned a peer after a call; `visit` begins.",
    FactType.REQUEST_CANCELLED: "The request ended because it is no longer wanted.",
    FactType.REQUEST_UNFILLED: "The request ended because no one could come.",
    FactType.BRIDGE_WANTED: "Somebody by video is looked for until the peer on the way arrives.",
    FactType.BRIDGE_ASKED: "More peers were asked to bridge by video; `offers` lists them.",
    FactType.BRIDGE_STOPPED: "Nobody is looked for by video any more; `reason` says why.",
    FactType.BRIDGE_ACCEPTED: "A peer said yes to bridging by video; `bridge` begins.",
    FactType.BRIDGE_STARTED: "The bridge is connected; the peer on the way still comes.",
    FactType.BRIDGE_UNDONE: "The start of the bridge was taken back within its ten seconds.",
    FactType.BRIDGE_RELIEVED: "Who was awaited is there; the bridge says goodbye when it suits.",
    FactType.BRIDGE_LEFT: "The peer by video left; while somebody is awaited, the next is asked.",
    FactType.BRIDGE_ENDED: "The bridge is over; the request goes on, or ends with its own fact.",
    FactType.BRIDGE_KEPT: "Video is enough: the bridge is the `visit` now.",
    FactType.CALL_PLACED: "Somebody asked for a call by telephone; `call` says what becomes of it.",
    FactType.CALL_CONNECTED: "Peer and ED are on the line together.",
    FactType.CALL_ENDED: "The call is over, `call.reason` says why; may follow the end.",
    FactType.MESSAGE_SENT: "Staff or peer wrote to the other; what, stands in their thread alone.",
}


class Alarm(StrEnum):
    """The alarms that the clock can raise; each has an owner and an end."""

    NO_YES_YET = "no_yes_yet"
    NOT_MOVING = "not_moving"
    NOT_CONNECTED = "not_connected"
    SIGN_OF_LIFE_LOST = "sign_of_life_lost"


REQUEST_FIELDS = frozenset(
    {
        "state",
        "wave",
        "asked",
        "eligible",
        "next_wave_at",
        "owner",
        "alarm",
        "help",
        "needs",
        "staying",
        "visit",
        "priority",
        "video_fallback",
        "closed_at",
        "bridge",
        "bridge_search",
    }
)
"""The fields of a request that change after it was made."""


@dataclass(frozen=True)
class By:
    """Who caused a fact: a person by role, or the engine."""

    kind: str
    id: str | None = None
    name: str | None = None

    def as_dict(self) -> dict[str, str]:
        """The JSON shape `{kind, id?, name?}`."""
        shape = {"kind": self.kind}
        if self.id is not None:
            shape["id"] = self.id
        if self.name is not None:
            shape["name"] = self.name
        return shape


ENGINE = By("engine", name="Alongside")


@dataclass(frozen=True)
class Fact:
    """One row of the journal, as the hooks of a transaction see it."""

    network_id: str
    site_id: str
    request_id: str
    seq: int
    type: FactType
    at: datetime
    actor: By
    data: Mapping[str, Any] = field(default_factory=dict)


def apply(snapshot: Mapping[str, Any], seq: int, data: Mapping[str, Any]) -> dict[str, Any]:
    """The snapshot after the fact `seq` with `data`: the reducer rule, in one line.

    Raises `ValueError` when a fact is missing in between: the reader must fetch the gap.
    """
    if seq != snapshot["seq"] + 1:
        raise ValueError(f"fact {seq} does not follow {snapshot['seq']}")
    changed = {name: value for name, value in data.items() if name in REQUEST_FIELDS}
    return {**snapshot, **changed, "seq": seq}
