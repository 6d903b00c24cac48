"""Every number of the clock: validated here, frozen onto a request when it is made.

The defaults are the product's (see `docs/glossary.md`, "policy"); a network overrides them, a site
overrides its network. Units stand in the names: `_s` seconds, `_m` metres, `_kmh` km/h. A request
keeps the policy it was made under, so a change of settings never moves a search under way.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dispatch.errors import Invalid
from dispatch.prices.pricing import Pricing

Seconds = Annotated[int, Field(ge=0, le=24 * 3600)]


class Wave(BaseModel):
    """One step of the search: at `after_s` from its start, ask `size` more (None: everyone)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after_s: Seconds
    size: Annotated[int, Field(ge=1, le=100)] | None = None


class Policy(BaseModel):
    """The rules of one search and one visit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    waves: Annotated[tuple[Wave, ...], Field(min_length=1, max_length=10)] = (
        Wave(after_s=0, size=3),
        Wave(after_s=90, size=4),
        Wave(after_s=180, size=None),
    )
    """Who is asked when: 3 at 0:00, 4 more at 1:30, everyone else eligible at 3:00."""

    alarm_after_s: Seconds = 180
    """"No yes yet" goes to the managers."""

    escalate_after_s: Seconds = 360
    """Still no yes: a named manager owns the request."""

    nobody_left_s: Seconds = 20
    """With nobody left to ask and no answer awaited, how long until the request is escalated."""

    escalated_recheck_s: Annotated[int, Field(ge=5, le=3600)] = 45
    """How often an escalated request looks for peers who have become eligible since."""

    video_fallback_after_s: Seconds = 180
    """When staff ticked "offer video": ask video peers too from here on ..."""

    video_fallback_eta_s: Seconds = 1200
    """... when no asked in-person peer could be there within this time (20 min)."""

    push_again_s: Seconds = 20
    """The same push again, for an offer without an answer."""

    sms_s: Seconds = 30
    """A text message, for an offer without an answer."""

    voice_s: Seconds = 45
    """A call, for an offer without an answer, when the peer allows calls."""

    not_departed_s: Seconds = 300
    """Said yes in person and not left: alarm "Not moving"."""

    not_connected_s: Seconds = 300
    """Said yes by video, phone or chat and not connected: alarm "Not connected"; as long as a way
    may take to begin."""

    eta_slip_s: Seconds = 600
    """The expected arrival slipped by this much: alarm "Not moving"."""

    lost_after_eta_s: Seconds = 1200
    """No app contact this long past the expected arrival: alarm "Sign of life lost"."""

    session_check_s: Seconds = 5400
    """No app contact this long into a conversation: alarm "Sign of life lost"."""

    undo_s: Annotated[int, Field(ge=0, le=60)] = 10
    """How long depart, arrive and start can be taken back."""

    guest_link_s: Annotated[int, Field(ge=60, le=24 * 3600)] = 1800
    """How long the link for the bedside screen can be opened."""

    room_ask_s: Annotated[int, Field(ge=10, le=3600)] = 60
    """Somebody left the video: after this long, who is left is asked whether they are there ..."""

    room_end_s: Annotated[int, Field(ge=10, le=3600)] = 120
    """... and this long after the question, without an answer, the conversation ends."""

    need_after_s: Annotated[int, Field(ge=15, le=3600)] = 60
    """A visit called for the nurse or a supervisor: who is told next hears this much later, unless
    somebody named has it by then."""

    crisis_line: Annotated[str, Field(pattern=r"^[0-9]{2,15}$|^\+[0-9]{4,15}$")] = "988"
    """The number of the crisis line, as it is dialled where the network is."""

    captions: Literal["on_device", "off"] = "on_device"
    """Captions of a call: made by the screen that shows them, where its browser can, or nowhere."""

    talk_after_s: Seconds = 1800
    """How long after a visit its peer and the staff can still write to each other."""

    talk_kept_days: Annotated[int, Field(ge=1, le=90)] = 14
    """How long what they wrote is kept after the visit; what a person wrote goes with its end."""

    calls_per_visit: Annotated[int, Field(ge=1, le=30)] = 6
    """How many calls by telephone one visit may have."""

    call_limit_s: Annotated[int, Field(ge=300, le=4 * 3600)] = 7200
    """A call ends by itself after this long (2 h)."""

    call_end_s: Annotated[int, Field(ge=30, le=3600)] = 180
    """After a call it is asked whether they are finished; without an answer the conversation ends."""
    stay_ask_s: Annotated[int, Field(ge=300, le=24 * 3600)] = 1800
    """Who handed over and stays until the next is there is asked after this long whether they can ..."""

    stay_end_s: Annotated[int, Field(ge=60, le=24 * 3600)] = 600
    """... and this long after the question, without an answer, nobody stays any more."""

    offer_blocks_s: Seconds = 180
    """An unanswered offer elsewhere keeps a peer from being asked for this long."""

    duty_stale_s: Annotated[int, Field(ge=600, le=24 * 3600)] = 12 * 3600
    """A duty without an end and without any app contact for this long ends by itself."""

    position_fresh_s: Seconds = 1800
    """A position older than this is not used for travel times; the home area is."""

    prepare_s: Seconds = 120
    """From yes to leaving: shoes, keys, coat. Counted into the expected arrival."""

    answer_s: Seconds = 60
    """Expected time to an answer, counted into the minutes to help."""

    road_factor: Annotated[float, Field(ge=1.0, le=3.0)] = 1.3
    """Road kilometres per kilometre as the crow flies (about 1.3 in the US, Ballou et al. 2002)."""

    speed_kmh: Annotated[float, Field(ge=5.0, le=130.0)] = 48.0
    """Mean driving speed, door to door, mixed town and country."""

    park_s: Seconds = 240
    """From the car park to the desk."""

    arrival_radius_m: Annotated[int, Field(ge=30, le=2000)] = 150
    """A phone within this of the site is taken to be at the entrance: a hint to ask, never a step."""

    default_travel_limit_m: Annotated[int, Field(ge=1000, le=500_000)] = 40_000
    """How far a peer is asked to go who has set no limit (25 miles)."""

    video_setup_s: Seconds = 120
    """From yes to a connected video, call or chat."""

    strategy: Literal["waves", "simple", "priced"] = "waves"
    """How many are asked: by the clock of `waves`, `simple_at_once` at a time, or each at the price of
    `pricing`."""

    simple_at_once: Annotated[int, Field(ge=1, le=10)] = 2
    """With the strategy `simple`: so many are asked at a time, the next after a no or `review_s`."""

    bridge: Literal["off", "on_request", "automatic"] = "on_request"
    """Video until somebody arrives: never, when staff or a manager ask for it, or by itself when
    staff offered video."""

    bridge_eta_s: Seconds = 1200
    """A bridge begins by itself while the expected arrival is at least this far away (20 min, as
    for the fallback to video)."""

    bridge_stop_s: Seconds = 300
    """Nearer than this (5 min), nobody is looked for by video any more."""

    bridge_size: Annotated[int, Field(ge=1, le=10)] = 2
    """With waves: how many are asked to bridge at a time."""

    bridge_every_s: Annotated[int, Field(ge=10, le=600)] = 45
    """With waves: how long after them the next are asked to bridge."""

    bridge_connect_s: Annotated[int, Field(ge=60, le=3600)] = 300
    """Said yes by video and neither connected nor in the room after this long (5 min): somebody else
    is asked while the other is still on the way."""

    bridge_goodbye_s: Seconds = 600
    """A bridge ends by itself this long after the conversation in person began (10 min)."""

    pricing: Pricing = Field(default_factory=Pricing)
    """The numbers of priced asking."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        moments = [wave.after_s for wave in self.waves]
        if moments != sorted(set(moments)):
            raise ValueError("waves must come one after another")
        if moments[0] != 0:
            raise ValueError("the first wave must go at 0 s")
        if self.escalate_after_s < moments[-1]:
            raise ValueError("escalate_after_s must not come before the last wave")
        if self.escalate_after_s < self.alarm_after_s:
            raise ValueError("escalate_after_s must not come before alarm_after_s")
        if not self.push_again_s <= self.sms_s <= self.voice_s:
            raise ValueError("the ladder must climb: push_again_s, sms_s, voice_s")
        return self

    def frozen(self) -> dict[str, Any]:
        """The JSON that is kept on a request."""
        return self.model_dump(mode="json")


DEFAULT = Policy()


def parse(*layers: Mapping[str, Any]) -> Policy:
    """The policy from the defaults and `layers`, the later over the earlier.

    Raises `Invalid` naming the first setting that cannot be used.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        before, part = merged.get("pricing"), layer.get("pricing")
        merged |= layer
        if isinstance(before, Mapping) and isinstance(part, Mapping):
            # A layer that sets one price leaves the others as they were.
            merged["pricing"] = {**before, **part}
    try:
        return Policy.model_validate(merged)
    except ValueError as error:
        field, message = _first(error)
        raise Invalid(f"The policy cannot be used: {message}", field=field) from error


def _first(error: ValueError) -> tuple[str, str]:
    """Field and message of the first complaint of a validation error."""
    errors: Any = getattr(error, "errors", None)
    if errors is None:
        return "policy", str(error)
    complaint = errors()[0]
    field = ".".join(str(part) for part in complaint["loc"]) or "policy"
    return field, f"{field}: {complaint['msg']}"
