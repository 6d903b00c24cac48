"""Rows into the JSON that the API promises, and no more of them than the viewer may see.

The same functions shape a snapshot and the `data` of a fact, which is why a snapshot plus facts is
a fresh snapshot. It reads nothing: `dispatch.queries` hands it the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from dispatch.help_calls import HelpCall
from dispatch.models import Duty, JournalEntry, Offer, Site, SupportRequest, User, Visit
from dispatch.privacy import digit_warnings
from dispatch.states import FINAL, LIVE_VISIT, Role, VisitState

Shape = dict[str, Any]


def stamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, ending in `Z`, with microseconds; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class RequestRows:
    """One request with what its shape needs."""

    request: SupportRequest
    site: Site
    owner: User | None
    visit: Visit | None
    visitor: User | None
    duty: Duty | None
    bridge: Visit | None = None
    bridger: User | None = None
    staying: Visit | None = None
    stayer: User | None = None


def site(row: Site) -> Shape:
    """A site as a request and `/me` carry it."""
    return {
        "id": row.id,
        "name": row.name,
        "latitude": row.latitude,
        "longitude": row.longitude,
        "time_zone": row.time_zone,
        "desk_phone": row.desk_phone,
    }


class Named(Protocol):
    """Whoever has an id and a name: a user's row, or the signed-in actor."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


def person(row: Named) -> Shape:
    """A user by id and name."""
    return {"id": row.id, "name": row.name}


def visit(row: Visit, visitor: Named) -> Shape:
    """A visit as facts and snapshots carry it; a position is added only by `request`."""
    return {
        "id": row.id,
        "request_id": row.request_id,
        "state": row.state.value,
        "modality": row.modality.value,
        "is_bridge": row.is_bridge,
        "peer": person(visitor),
        "eta_at": stamp(row.eta_at),
        "eta_range": between(row.eta_from_at, row.eta_until_at),
        "near_at": stamp(row.near_at),
        "accepted_at": stamp(row.accepted_at),
        "departed_at": stamp(row.departed_at),
        "arrived_at": stamp(row.arrived_at),
        "started_at": stamp(row.started_at),
        "completed_at": stamp(row.completed_at),
    }


def staying(row: Visit, visitor: Named) -> Shape:
    """Who handed over and stays: since when, whether they were asked, and when it ends then."""
    return visit(row, visitor) | {
        "since": stamp(row.stay_since),
        "asked_at": stamp(row.stay_asked_at),
        "ends_at": stamp(row.stay_ends_at),
    }


def between(from_at: datetime | None, until_at: datetime | None) -> Shape | None:
    """When eight of ten arrive; None when nothing is expected."""
    if from_at is None or until_at is None:
        return None
    return {"from": stamp(from_at), "until": stamp(until_at)}


def help_call(row: HelpCall, peer: Named, holder: Named | None) -> Shape:
    """A call for help as everybody who sees the request sees it: who called, and who has it."""
    return {
        "id": row.id,
        "since": stamp(row.called_at),
        "visit_id": row.visit_id,
        "peer": person(peer),
        "held_by": person(holder) if holder is not None else None,
    }


def owner(request: SupportRequest, manager: User | None, visitor: Named | None) -> Shape | None:
    """Who holds the request now: its peer, else its manager, else the engine; nobody once final."""
    if request.state in FINAL:
        return None
    if visitor is not None:
        return {"kind": "peer", **person(visitor)}
    if manager is not None:
        return {"kind": manager.role.value, **person(manager)}
    return {"kind": "engine", "name": "Alongside"}


def position(duty: Duty | None, visit_row: Visit) -> Shape | None:
    """The exact position, which is shared only while the peer is on the road."""
    if duty is None:
        return None
    place = Place(duty.latitude, duty.longitude, duty.accuracy_m, duty.position_at)
    return shared(place, visit_row.state, visit_row.departed_at)


class Place(NamedTuple):
    """Where a peer was, in degrees and metres, and when."""

    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    position_at: datetime | None


def shared(place: Place, state: VisitState | None, departed_at: datetime | None) -> Shape | None:
    """What is shared of a place: all of it on the road, and of that nothing from before they left."""
    if state is not VisitState.EN_ROUTE or place.position_at is None:
        return None
    if departed_at is None or place.position_at < departed_at:
        return None
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "accuracy_m": place.accuracy_m,
        "recorded_at": stamp(place.position_at),
    }


def bridge_search(request_row: SupportRequest) -> Shape | None:
    """Since when somebody by video is looked for, and how many were asked; None when nobody is."""
    if request_row.bridge_since is None:
        return None
    return {"since": stamp(request_row.bridge_since), "asked": request_row.bridge_asked}


def request(rows: RequestRows, viewer_id: str | None = None) -> Shape:
    """A request as staff, managers and its peers see it.

    `viewer_id` is a peer's: where another peer is on the road is not theirs to see.
    """
    row = rows.request
    shown: Shape | None = None
    if rows.visit is not None and rows.visitor is not None:
        shown = visit(rows.visit, rows.visitor)
        where = position(rows.duty, rows.visit)
        if where is not None and viewer_id in (None, rows.visitor.id):
            shown["position"] = where
    bridge: Shape | None = None
    if rows.bridge is not None and rows.bridger is not None:
        bridge = visit(rows.bridge, rows.bridger)
    stays: Shape | None = None
    if rows.staying is not None and rows.stayer is not None:
        stays = staying(rows.staying, rows.stayer)
    is_live = rows.visit is not None and rows.visit.state in LIVE_VISIT
    return {
        "id": row.id,
        "site": site(rows.site),
        "state": row.state.value,
        "seq": row.seq,
        "modality": row.modality.value,
        "place": row.place,
        "language": row.language,
        "focus": row.focus.value if row.focus else None,
        "preferences": row.preferences,
        "video_fallback": row.video_fallback,
        "note": row.note,
        "warnings": digit_warnings({"place": row.place, "note": row.note}),
        "priority": row.priority.value,
        "wave": row.wave,
        "asked": row.asked,
        "eligible": row.eligible,
        "next_wave_at": stamp(row.next_wave_at),
        "owner": owner(row, rows.owner, rows.visitor if is_live else None),
        "alarm": row.alarm.value if row.alarm else None,
        "help": row.help,
        "needs": row.needs or [],
        "visit": shown,
        "bridge": bridge,
        "bridge_search": bridge_search(row),
        "staying": stays,
        "created_at": stamp(row.created_at),
        "closed_at": stamp(row.closed_at),
    }


def offer(row: Offer, request_row: SupportRequest, site_row: Site) -> Shape:
    """An offer as its peer sees it: the area, never the room or the note."""
    return {
        "id": row.id,
        "request_id": row.request_id,
        "state": row.state.value,
        "wave": row.wave,
        "modality": row.modality.value,
        "site": {"name": site_row.name, "area": site_row.area},
        "focus": request_row.focus.value if request_row.focus else None,
        "language": request_row.language,
        "priority": request_row.priority.value,
        "someone_stays": request_row.is_stayed,
        "distance_m": row.distance_m,
        "travel_seconds": row.travel_s,
        "travel_range": _seconds_between(row.travel_from_s, row.travel_until_s),
        "arrive_by": stamp(row.arrive_by),
        "reasons": row.reasons,
        "asked_at": stamp(row.asked_at),
        "next_wave_at": stamp(request_row.next_wave_at),
        "is_bridge": row.is_bridge,
        "until_about": stamp(row.until_about),
    }


def _seconds_between(from_s: int | None, until_s: int | None) -> Shape | None:
    if from_s is None or until_s is None:
        return None
    return {"from_seconds": from_s, "until_seconds": until_s}


def duty(row: Duty | None) -> Shape:
    """A peer's duty as they see it themselves."""
    if row is None:
        return {
            "on_duty": False,
            "since": None,
            "until": None,
            "modalities": [],
            "position_at": None,
        }
    return {
        "on_duty": row.on_duty,
        "since": stamp(row.since),
        "until": stamp(row.until),
        "modalities": row.modalities,
        "position_at": stamp(row.position_at),
    }


def fact(
    request_id: str,
    seq: int,
    type_: str,
    at: datetime,
    actor: Mapping[str, Any],
    data: Mapping[str, Any],
    viewer: Role,
) -> Shape:
    """A fact for a viewer. Only who manages a network sees which peers said no or did not answer."""
    if viewer in (Role.STAFF, Role.PEER):
        data = _without_asked_peers(data)
        if "offer" in data and actor.get("kind") == Role.PEER.value and "visit" not in data:
            actor = {"kind": Role.PEER.value}
    return {
        "request_id": request_id,
        "seq": seq,
        "type": type_,
        "at": stamp(at),
        "actor": dict(actor),
        "data": dict(data),
    }


def entry(row: JournalEntry, viewer: Role) -> Shape:
    """A row of the journal for a viewer."""
    return fact(row.request_id, row.seq, row.type.value, row.at, row.actor, row.data, viewer)


_ABOUT_THE_ASKED = frozenset({"peer", "reason", "id"})


def _without_asked_peers(data: Mapping[str, Any]) -> Shape:
    """The same data with offers that name nobody."""
    shown = dict(data)
    if "offer" in shown:
        shown["offer"] = _anonymous(shown["offer"])
    if "offers" in shown:
        shown["offers"] = [_anonymous(one) for one in shown["offers"]]
    return shown


def _anonymous(one: Mapping[str, Any]) -> Shape:
    return {name: value for name, value in one.items() if name not in _ABOUT_THE_ASKED}
