"""Who could go to one request, with the reason for everybody whom the search does not ask."""

import base64
import binascii
import json
from itertools import islice
from typing import Annotated, Literal

from pydantic import Field

from dispatch import going, suits
from dispatch.going import Rank
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


class CandidatesQuery(Query):
    """Where to go on, and how many; or about one peer alone, wherever they are."""

    cursor: Annotated[str | None, Field(max_length=1000)] = None
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
    after = None if query.cursor is None else _place(query.cursor)
    left = (one for one in found if after is None or one.rank > after)
    shown = list(islice(left, query.limit))
    is_more = next(left, None) is not None
    phones = devices.phones(call.tx, [one.peer.id for one in shown])
    return {
        "items": [_shape(one, phones.get(one.peer.id)) for one in shown],
        "next_cursor": _cursor(shown[-1].rank) if is_more else None,
    }


def _cursor(rank: Rank) -> str:
    """Opaque: behind whom to go on."""
    return base64.urlsafe_b64encode(json.dumps(rank, ensure_ascii=False).encode()).decode()


def _place(cursor: str) -> Rank:
    """What `_cursor` made. Anything else is a 422 about `cursor`."""
    try:
        raw = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        is_far, by_video, no_call, help_s, name, peer_id = raw
        rank = (is_far, by_video, no_call, help_s, name, peer_id)
        if [type(one) for one in rank] != [bool, bool, bool, int, str, str]:
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise invalid("cursor", "is not a cursor of this list") from None
    return rank


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
