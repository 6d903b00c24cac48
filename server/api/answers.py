"""What the answers of the API are made of, field by field, for the reference and for the tests.

`dispatch.shapes` fills them; these declare them. A field that is not declared here fails a test.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from dispatch.events import Alarm, FactType
from dispatch.states import (
    Focus,
    Modality,
    OfferState,
    Priority,
    RequestState,
    Role,
    VisitState,
)
from server.api.models import Answer, Moment

Count = Annotated[int, Field(ge=0)]


class Page(Answer):
    """One page of a list; `next_cursor` is null on the last."""

    next_cursor: str | None


class Person(Answer):
    """Somebody by id and name."""

    id: str
    name: str


class SiteAnswer(Answer):
    """An emergency department, as a request carries it."""

    id: str
    name: str
    latitude: float
    longitude: float
    time_zone: str
    desk_phone: str


class PositionAnswer(Answer):
    """Where a peer on the road is; shared only from en_route to arrived."""

    latitude: float
    longitude: float
    accuracy_m: float | None
    recorded_at: Moment


class RangeAnswer(Answer):
    """Eight of ten arrive between these."""

    from_: Annotated[Moment, Field(alias="from")]
    until: Moment


class VisitAnswer(Answer):
    """One peer's support, from accepted to the end."""

    id: str
    request_id: str
    state: VisitState
    modality: Modality
    is_bridge: bool
    peer: Person
    eta_at: Moment | None
    eta_range: RangeAnswer | None
    near_at: Annotated[
        Moment | None, Field(description="When the phone was seen at the entrance: a hint only.")
    ]
    position: PositionAnswer | None = None
    accepted_at: Moment
    departed_at: Moment | None
    arrived_at: Moment | None
    started_at: Moment | None
    completed_at: Moment | None


class StayAnswer(VisitAnswer):
    """Who handed over and stays until the next one is there."""

    since: Moment
    asked_at: Annotated[
        Moment | None, Field(description="When they were asked whether they still can.")
    ]
    ends_at: Moment | None


class BridgeSearchAnswer(Answer):
    """Somebody by video is looked for until the peer on the way arrives."""

    since: Moment
    asked: Count


class OwnerAnswer(Answer):
    """Who holds the request now."""

    kind: Literal["peer", "manager", "admin", "engine"]
    id: str | None = None
    name: str


class HelpAnswer(Answer):
    """A peer who does not feel safe: since when, who, and who has it."""

    id: str
    since: Moment
    visit_id: str
    peer: Person
    held_by: Person | None


class CallerAnswer(Answer):
    """Who called: the peer of the visit, or the person on the bedside screen, whom nothing names."""

    kind: Literal["peer", "guest"]
    id: str | None = None
    name: str | None = None


class NeedAnswer(Answer):
    """A visit needs more: for whom it calls, since when, and who said "I'm coming"."""

    id: str
    kind: Literal["nurse", "supervisor"]
    since: Moment
    visit_id: str
    by: CallerAnswer
    peer: Person
    held_by: Person | None
    held_at: Moment | None


class RequestCore(Answer):
    """What everybody who sees a request sees of it."""

    id: str
    site: SiteAnswer
    state: RequestState
    seq: Count
    modality: Modality
    place: str
    language: str
    focus: Focus | None
    preferences: list[Any] | dict[str, Any]
    video_fallback: bool
    priority: Priority
    wave: Count
    asked: Count
    eligible: Count
    next_wave_at: Moment | None
    owner: OwnerAnswer | None
    alarm: Alarm | None
    help: HelpAnswer | None
    needs: list[NeedAnswer]
    visit: VisitAnswer | None
    bridge: VisitAnswer | None
    bridge_search: BridgeSearchAnswer | None
    staying: StayAnswer | None
    created_at: Moment
    closed_at: Moment | None


class RequestAnswer(RequestCore):
    """A support request. `warnings` name fields whose text may hold a record number."""

    note: str | None
    warnings: list[str]


class RequestPage(Page):
    """Support requests, newest first."""

    items: list[RequestAnswer]


class ActorAnswer(Answer):
    """Who caused a fact."""

    kind: Literal["staff", "peer", "manager", "supervisor", "admin", "engine", "guest"]
    id: str | None = None
    name: str | None = None


class FactAnswer(Answer):
    """Something that happened to one request."""

    request_id: str
    seq: Annotated[int, Field(ge=1)]
    type: FactType
    at: Moment
    actor: ActorAnswer
    data: dict[str, Any]


class FactsAnswer(Answer):
    """The facts after a given one, in order, and the request's newest `seq`."""

    items: list[FactAnswer]
    seq: Count


class OfferSite(Answer):
    """What a peer learns of a site before saying yes."""

    name: str
    area: str


class SecondsAnswer(Answer):
    """Eight of ten ways like this take between these."""

    from_seconds: Count
    until_seconds: Count


class OfferAnswer(Answer):
    """One peer is asked about one request."""

    id: str
    request_id: str
    state: OfferState
    wave: Count
    modality: Modality
    site: OfferSite
    focus: Focus | None
    language: str
    priority: Priority
    someone_stays: bool
    distance_m: int | None
    travel_seconds: int | None
    travel_range: SecondsAnswer | None
    arrive_by: Moment | None
    reasons: list[Any]
    asked_at: Moment
    next_wave_at: Moment | None
    is_bridge: bool
    until_about: Moment | None


class AcceptedOffer(OfferAnswer):
    """The offer a peer said yes to, and the visit that begins."""

    visit: VisitAnswer


class OfferList(Page):
    """Open offers, oldest first."""

    items: list[OfferAnswer]


class DutyAnswer(Answer):
    """Whether a peer can be asked now."""

    on_duty: bool
    since: Moment | None
    until: Moment | None
    modalities: list[Modality]
    position_at: Moment | None


class PeerProfile(Answer):
    """What a peer sees of their own profile."""

    id: str
    modalities: list[Modality]
    languages: list[str]
    focus: list[Focus]
    travel_limit_m: int | None


class MeAnswer(Answer):
    """Who is signed in."""

    id: str
    role: Role
    name: str
    network: Person
    site: SiteAnswer | None = None
    peer: PeerProfile | None = None


class TokensAnswer(Answer):
    """A fresh access token, the refresh token that replaces it once, and who they are for."""

    access_token: str
    refresh_token: str
    expires_in: Annotated[int, Field(ge=1, description="Seconds until the access token expires.")]
    user: MeAnswer
