"""Why each wave of a request asked whom it asked, and why not the others: as of then, from the record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select

from dispatch import access
from dispatch.matching import Reason
from dispatch.models import Offer, Site, User
from dispatch.recorded import decisions, recording
from dispatch.recorded.decisions import RecordedDecision
from dispatch.recorded.plainly import Unreadable
from dispatch.recorded.recording import LATER, OUTSIDE, Who
from dispatch.shapes import stamp
from dispatch.states import FINAL, Modality, OfferState, Role
from server import audit
from server.api.answers import Count, Page, Person
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment, OpaqueId, Query

routes = Routes("waves", "Why these peers were asked, and why not the others.")


class WavesQuery(Query):
    """`only` one of them, by its `id`; without `peers` those who were not asked are counted only.

    With `peer_id` the reason of this one peer alone is told, by name.
    """

    only: OpaqueId | None = None
    peers: bool = True
    peer_id: OpaqueId | None = None


class MadeAnswer(Answer):
    """An offer of the wave, and what has become of it by now."""

    id: str
    peer: Person
    modality: Modality
    state: OfferState
    travel_s: Count | None
    distance_m: Count | None


class PassedAnswer(Answer):
    """Somebody who was not asked; `place` in the list of those who could have been, from 1."""

    peer: Person
    place: Annotated[int, Field(ge=1)] | None


class NotAskedAnswer(Answer):
    """Everybody with one reason. `later`: could have been asked, and was further down the list.

    `outside_region`: was not looked at, because a network this large is searched near the site. They
    are counted only, but for a `peer_id` that is asked about.
    """

    reason: Reason | Literal["later", "outside_region"]
    count: Count
    peers: list[PassedAnswer] | None


class WaveAnswer(Answer):
    """One decision that asked somebody, or (`wave` null) handed the request to a manager.

    `is_bridge`: asked to be there by video until somebody arrives; these waves are counted by themselves.

    `why` is an English sentence; `because` says the same in codes and numbers (`docs/reasons.md`).
    `not_asked` is null when it was kept in a form that this version does not read.
    """

    id: str
    wave: Count | None
    is_bridge: bool
    at: Moment
    strategy: str
    why: str
    because: list[dict[str, Any]]
    offers: list[MadeAnswer]
    not_asked: list[NotAskedAnswer] | None


class WaveList(Page):
    """All of a request, in the order in which they were decided."""

    items: list[WaveAnswer]


@routes.add(
    "GET",
    "/requests/{request_id}/waves",
    roles={Role.MANAGER},
    answer=WaveList,
    summary="Why these peers were asked, and why not the others.",
)
def index(call: Call, request_id: str, query: WavesQuery) -> Json:
    """What held at the moment of each decision, not what holds now."""
    request = access.request(call.tx, call.actor, request_id)
    if request.state in FINAL:
        site = call.tx.session.get_one(Site, request.site_id)
        call.looks.append(audit.case(request, site.name))
    rows = [
        row
        for row in decisions.of_request(call.tx, request.id)
        if query.only is None or row.id == query.only
    ]
    kept = {row.id: _who(row) for row in rows}
    about = None
    if query.peer_id is not None:
        about = access.user(call.tx, call.actor, access.peer(call.tx, call.actor, query.peer_id).id)
        names: Mapping[str, str] | None = {about.id: about.name}
    else:
        names = _names(call, kept.values()) if query.peers else None
    made = _made(call, request.id)
    items = [_shape(row, kept[row.id], made.get(_of(row), []), names, about) for row in rows]
    return {"items": items, "next_cursor": None}


def _who(row: RecordedDecision) -> Who | None:
    try:
        return recording.who(row.who)
    except Unreadable:
        return None


def _names(call: Call, kept: Any) -> Mapping[str, str]:
    """Of everybody in these decisions; a record holds no names."""
    ids = {one for who in kept if who is not None for one in (*who.order, *who.excluded)}
    rows = call.tx.session.execute(select(User.id, User.name).where(User.id.in_(sorted(ids))))
    return dict(rows.all())


def _of(row: RecordedDecision) -> int | datetime | None:
    """Which offers a decision made: those of its wave; of a bridge, which may be looked for more than
    once, those of its moment.
    """
    return row.at if row.is_bridge else row.wave


def _made(call: Call, request_id: str) -> Mapping[int | datetime | None, list[Json]]:
    """The offers of each decision (`_of`), soonest first."""
    rows = call.tx.session.execute(
        select(Offer, User.name)
        .join(User, User.id == Offer.peer_id)
        .where(Offer.request_id == request_id)
        .order_by(Offer.wave, Offer.arrive_by, Offer.id)
    )
    found: dict[int | datetime | None, list[Json]] = {}
    for offer, name in rows:
        shape = {
            "id": offer.id,
            "peer": {"id": offer.peer_id, "name": name},
            "modality": offer.modality.value,
            "state": offer.state.value,
            "travel_s": offer.travel_s,
            "distance_m": offer.distance_m,
        }
        found.setdefault(offer.asked_at if offer.is_bridge else offer.wave, []).append(shape)
    return found


def _shape(
    row: RecordedDecision,
    who: Who | None,
    made: list[Json],
    names: Mapping[str, str] | None,
    about: User | None,
) -> Json:
    return {
        "id": row.id,
        "wave": row.wave,
        "is_bridge": row.is_bridge,
        "at": stamp(row.at),
        "strategy": row.strategy,
        "why": row.why,
        "because": row.because,
        "offers": made if row.wave is not None else [],
        "not_asked": None if who is None else _not_asked(_groups(row, who, about), names),
    }


_Group = tuple[int, list[tuple[str, int | None]] | None]
"""How many have one reason; and who they are with their places, where that is known."""


def _groups(row: RecordedDecision, who: Who, about: User | None) -> dict[str, _Group]:
    """By reason: who could have been asked first, then by the order of the reasons.

    With `about` only what is said of this peer.
    """
    found: dict[str, list[tuple[str, int | None]]] = {}
    if who.later:
        found[LATER] = list(who.later)
    for reason in Reason:
        ids = [one for one, why in who.excluded.items() if why is reason]
        if ids:
            found[reason.value] = [(one, None) for one in ids]
    groups: dict[str, _Group] = {reason: (len(some), some) for reason, some in found.items()}
    if who.outside:
        groups[OUTSIDE] = who.outside, None
    if about is None:
        return groups
    if who.outside and about.id not in {*who.order, *who.excluded} and about.created_at <= row.at:
        return {OUTSIDE: (who.outside, [(about.id, None)])}
    named = {
        reason: (count, [one for one in some or () if one[0] == about.id])
        for reason, (count, some) in groups.items()
    }
    return {reason: group for reason, group in named.items() if group[1]}


def _not_asked(groups: Mapping[str, _Group], names: Mapping[str, str] | None) -> list[Json]:
    return [
        {"reason": reason, "count": count, "peers": _passed(found, names)}
        for reason, (count, found) in groups.items()
    ]


def _passed(
    found: Sequence[tuple[str, int | None]] | None, names: Mapping[str, str] | None
) -> list[Json] | None:
    if names is None or found is None:
        return None
    named = [(names.get(one, ""), one, place) for one, place in found]
    return [
        {"peer": {"id": one, "name": name}, "place": place}
        for name, one, place in sorted(named, key=lambda each: (each[2] or 0, each[0], each[1]))
    ]
