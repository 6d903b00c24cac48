"""Who could go to one request, with the reason for everybody whom the search does not ask."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from dispatch import going, suits
from dispatch.matching import Reason
from dispatch.recorded.recording import OUTSIDE
from dispatch.shapes import stamp
from dispatch.states import Modality, Role
from notifications import devices
from server.api.answers import Count, Page, Person
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment, OpaqueId, Query
from server.errors import invalid

routes = Routes("candidates", "Who could go, and why the others could not.")

MOST = 1000
"""On one page, and by default: an ordinary network stands on the first."""

_ROUGHLY = 4
"""So much of a rank is in a cursor: all but the name and the id."""


class CandidatesQuery(Query):
    """Where to go on, and how many; or about one peer alone, wherever they are."""

    cursor: Annotated[str | None, Field(max_length=200)] = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST
    peer_id: OpaqueId | None = None


class CandidateAnswer(Answer):
    """One peer. Without a `reason` the search may ask them; `modality` is how they could help.

    `fit` are the codes of an offer's reasons; `can_assign` says whether a call could send them.
    `outside_region`: nothing is against them, but a network this large is searched near the site.
    """

    peer: Person
    modality: Modality | None
    help_s: Count | None
    travel_s: Count | None
    distance_m: Count | None
    arrive_by: Moment | None
    fit: list[str]
    reason: Reason | Literal["outside_region"] | None
    can_assign: bool
    asks_24h: Count
    phone: str | None


class CandidateList(Page):
    """Everybody, or of a very large network its region: who can be asked first, soonest help first."""

    items: list[CandidateAnswer]


@routes.add(
    "GET",
    "/requests/{request_id}/candidates",
    roles={Role.MANAGER},
    answer=CandidateList,
    summary="Who could go, and why not.",
)
def index(call: Call, request_id: str, query: CandidatesQuery) -> Json:
    """Once somebody said yes they alone are named. The telephone numbers are for managers only.

    The list is worked out anew for each page: who moves meanwhile may stand on two, or on none.
    """
    found = going.who(call.tx, call.actor, request_id, only=query.peer_id)
    begin = 0 if query.cursor is None else _behind(found, query.cursor)
    shown = found[begin : begin + query.limit]
    is_more = len(found) > begin + query.limit
    phones = devices.phones(call.tx, [one.peer.id for one in shown])
    return {
        "items": [_shape(one, phones.get(one.peer.id)) for one in shown],
        "next_cursor": _cursor(shown[-1]) if is_more else None,
    }


def _cursor(last: going.Going) -> str:
    """Opaque: behind whom to go on. It names nobody, because it stands in an address."""
    raw = json.dumps([*last.rank[:_ROUGHLY], last.peer.id])
    return base64.urlsafe_b64encode(raw.encode()).decode()


def _behind(found: Sequence[going.Going], cursor: str) -> int:
    """The place behind the one whom `_cursor` meant; when they are gone, behind all who stood as far up.

    Anything else is a 422 about `cursor`.
    """
    try:
        raw = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        if [type(one) for one in raw] != [bool, bool, bool, int, str]:
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise invalid("cursor", "is not a cursor of this list") from None
    *rank, peer_id = raw
    for place, one in enumerate(found, start=1):
        if one.peer.id == peer_id:
            return place
    return sum(list(one.rank[:_ROUGHLY]) <= rank for one in found)


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
        "reason": OUTSIDE if one.is_outside else one.reason.value if one.reason else None,
        "can_assign": one.can_assign,
        "asks_24h": one.asks,
        "phone": phone,
    }
