"""Who could go to one request, with the reason for everybody whom the search does not ask."""

from dispatch import going, suits
from dispatch.matching import Reason
from dispatch.shapes import stamp
from dispatch.states import Modality, Role
from notifications import devices
from server.api.answers import Count, Page, Person
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment

routes = Routes("candidates", "Who could go, and why the others could not.")


class CandidateAnswer(Answer):
    """One peer. Without a `reason` the search may ask them; `modality` is how they could help.

    `fit` are the codes of an offer's reasons; `can_assign` says whether a call could send them.
    """

    peer: Person
    modality: Modality | None
    help_s: Count | None
    travel_s: Count | None
    distance_m: Count | None
    arrive_by: Moment | None
    fit: list[str]
    reason: Reason | None
    can_assign: bool
    asks_24h: Count
    phone: str | None


class CandidateList(Page):
    """Everybody: those who can be asked first, soonest help first."""

    items: list[CandidateAnswer]


@routes.add(
    "GET",
    "/requests/{request_id}/candidates",
    roles={Role.MANAGER},
    answer=CandidateList,
    summary="Who could go, and why not.",
)
def index(call: Call, request_id: str) -> Json:
    """Once somebody said yes they alone are named. The telephone numbers are for managers only."""
    found = going.who(call.tx, call.actor, request_id)
    phones = devices.phones(call.tx, [one.peer.id for one in found])
    return {"items": [_shape(one, phones.get(one.peer.id)) for one in found], "next_cursor": None}


def _shape(one: going.Going, phone: str | None) -> Json:
    way = one.way
    return {
        "peer": {"id": one.peer.id, "name": one.peer.name},
        "modality": way.modality.value if way else None,
        "help_s": way.help_s if way else None,
        "travel_s": way.travel_s if way else None,
        "distance_m": way.distance_m if way else None,
        "arrive_by": stamp(way.arrive_by) if way else None,
        "fit": suits.for_others(way.reasons) if way else [],
        "reason": one.reason.value if one.reason else None,
        "can_assign": one.can_assign,
        "asks_24h": one.asks,
        "phone": phone,
    }
