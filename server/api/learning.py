"""What is learned of how people answer, and how the asking is spread: for managers, and the part about
one peer for that peer.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from dispatch.learning import current, history, kept, loads, said
from dispatch.learning.answers import LEAST
from dispatch.learning.counting import Counted
from dispatch.learning.current import Standing
from dispatch.learning.loads import Group
from dispatch.learning.model import Bin, examples
from dispatch.models import Network
from dispatch.policy import parse
from dispatch.shapes import stamp
from dispatch.states import Focus, Modality, Role, Trait
from server.api.answers import Count, Page
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Body, Moment, Query

routes = Routes("learning", "What is learned of answers, and whether the asking is fair.")

WATCHING = {Role.MANAGER, Role.SUPERVISOR, Role.ADMIN}
Chance = Annotated[float, Field(ge=0.0, le=1.0)]
Sum = Annotated[float, Field(ge=0.0)]


class BinAnswer(Answer):
    """Asks whose chance was said to be from `low` to `high`. `expected` counts how long each waited."""

    low: Chance
    high: Chance
    asked: Count
    chance: Chance
    expected: Sum
    came: Count


class CheckAnswer(Answer):
    """How well the version foresaw the latest fifth of the answers, which it had not seen.

    The scores are mean logarithms of likelihood, nearer to 0 is better: its own, by the policy's
    numbers, and with everybody alike.
    """

    answers: Sum
    learned: float
    policy: float
    alike: float
    bins: list[BinAnswer]


class CoefficientsAnswer(Answer):
    """By how much the logarithm of the odds of a yes moves."""

    base: float
    way: float
    remote: float
    alerts: float
    day: float
    evening: float


class ExampleAnswer(Answer):
    """A chance of somebody of whom nothing is known: 5 km away at noon, and with one thing changed."""

    code: Literal["near", "far", "night", "remote", "tired"]
    chance: Chance


class SpokenAnswer(Answer):
    """What a version said when people were asked (null: the policy's own numbers), and what came."""

    version: int | None
    bins: list[BinAnswer]


class LearnedAnswer(Answer):
    """The newest version and whether it is used; if not, why."""

    strategy: Literal["waves", "simple", "priced"]
    is_used: bool
    why_not: Literal["not_priced", "none", "old", "spoiled", "no_better"] | None
    version: int | None
    made_at: Moment | None
    rows: Count
    least: Count
    """Answers that are needed before anything is learned."""
    offers: Count
    """Offers of the last 180 days."""
    yes: Sum
    no: Sum
    silent: Sum
    coefficients: CoefficientsAnswer | None
    examples: list[ExampleAnswer]
    check: CheckAnswer | None
    said: list[SpokenAnswer]


class LoadQuery(Query):
    """How far back."""

    days: Annotated[int, Field(ge=1, le=90)] = 30


class GroupAnswer(Answer):
    """Some peers together. `hours` are those in which they were available."""

    kind: Literal["language", "modality", "area", "time", "focus"]
    name: str
    peers: Count
    asks: Count
    visits: Count
    hours: Sum
    said: Count
    expected: Sum
    came: Count
    gini_asks: float | None


class SpreadAnswer(Answer):
    """How asks and visits are spread, over all and by group; too small groups are only counted."""

    since: Moment
    peers: Count
    asks: Count
    visits: Count
    hours: Sum
    said: Count
    expected: Sum
    came: Count
    gini_asks: float | None
    gini_visits: float | None
    groups: list[GroupAnswer]
    least_shown: Count
    hidden: Count


class AreaAnswer(Answer):
    """The middle of an area of about a kilometre."""

    latitude: float
    longitude: float


class PastAnswer(Answer):
    """One past offer and what it counts as: `not` is left out of what is learned."""

    id: str
    at: Moment
    modality: Modality
    is_open: bool
    counts: Counted
    is_uncounted: bool


class KeptAnswer(Page):
    """What is kept about me for deciding whom to ask. No rate is among it."""

    modalities: list[Modality]
    languages: list[str]
    focus: list[Focus]
    traits: list[Trait]
    travel_limit_m: int | None
    area: AreaAnswer | None
    asked_day: Count
    asked_month: Count
    visits_month: Count
    is_learned: bool
    counted_from: Moment | None
    items: list[PastAnswer]


class Counting(Body):
    """Whether it counts."""

    counts: bool


@routes.add(
    "GET",
    "/matching/learned",
    roles=WATCHING,
    answer=LearnedAnswer,
    summary="What is learned of answers.",
)
def learned(call: Call) -> Json:
    """Nobody's name and no peer's own number is in it."""
    tx, network_id = call.tx, call.caller.network_id
    strategy = parse(tx.session.get_one(Network, network_id).policy).strategy
    found = current.standing(tx, network_id)
    why_not = "not_priced" if strategy != "priced" else found.why_not
    return {
        "strategy": strategy,
        "is_used": why_not is None,
        "why_not": why_not,
        "version": found.version,
        "made_at": stamp(found.made_at),
        "rows": found.rows,
        "least": round(LEAST),
        "offers": history.count(tx, network_id),
        **_model(found),
        "said": [
            {"version": one.version, "bins": _bins(one.bins)}
            for one in said.by_version(tx, network_id)
        ],
    }


@routes.add(
    "GET",
    "/matching/load",
    roles=WATCHING,
    answer=SpreadAnswer,
    summary="How asks are spread over groups of peers.",
)
def load(call: Call, query: LoadQuery) -> Json:
    """By what the network knows of its peers anyway; a group of fewer than five is not shown."""
    found = loads.load(call.tx, call.caller.network_id, query.days)
    everybody = _group(found.everybody)
    del everybody["kind"], everybody["name"]
    return {
        "since": stamp(found.since),
        **everybody,
        "gini_visits": found.gini_visits,
        "groups": [_group(one) for one in found.groups],
        "least_shown": loads.LEAST_SHOWN,
        "hidden": found.hidden,
    }


@routes.add(
    "GET", "/me/kept", roles={Role.PEER}, answer=KeptAnswer, summary="What is kept about me."
)
def mine(call: Call) -> Json:
    """To decide whom to ask; nobody else can read it here."""
    return _kept(call)


@routes.add(
    "PUT",
    "/me/kept/offers/{offer_id}",
    roles={Role.PEER},
    answer=KeptAnswer,
    summary="This one should not count, or count again.",
)
def count_offer(call: Call, offer_id: str, body: Counting) -> Json:
    """For what is learned from now on. No reason is asked."""
    kept.count_offer(call.tx, call.actor, offer_id, counts=body.counts)
    return _kept(call)


@routes.add("POST", "/me/kept/restart", roles={Role.PEER}, answer=KeptAnswer, summary="Begin anew.")
def begin_anew(call: Call) -> Json:
    """What was learned of me until now is not used any more, from the next decision on."""
    kept.begin_anew(call.tx, call.actor)
    return _kept(call)


def _bins(found: tuple[Bin, ...]) -> list[Json]:
    return [one.model_dump() for one in found]


def _model(found: Standing) -> Json:
    model = found.model
    if model is None:
        nothing = {"yes": 0.0, "no": 0.0, "silent": 0.0, "coefficients": None}
        return {**nothing, "examples": [], "check": None}
    return {
        "yes": model.yes,
        "no": model.no,
        "silent": model.silent,
        "coefficients": model.coefficients.model_dump(),
        "examples": [{"code": code, "chance": chance} for code, chance in examples(model).items()],
        "check": {**model.check.model_dump(), "bins": _bins(model.check.bins)},
    }


def _group(one: Group) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "peers": one.peers,
        "asks": one.asks,
        "visits": one.visits,
        "hours": one.hours,
        "said": one.said,
        "expected": one.expected,
        "came": one.came,
        "gini_asks": one.gini_asks,
    }


def _kept(call: Call) -> Json:
    found = kept.show(call.tx, call.actor)
    peer, area = found.peer, found.area
    return {
        "modalities": peer.modalities,
        "languages": peer.languages,
        "focus": peer.focus,
        "traits": peer.traits,
        "travel_limit_m": peer.travel_limit_m,
        "area": area and {"latitude": area.latitude, "longitude": area.longitude},
        "asked_day": found.asked_day,
        "asked_month": found.asked_month,
        "visits_month": found.visits_month,
        "is_learned": found.is_learned,
        "counted_from": stamp(peer.counted_from),
        "items": [
            {
                "id": one.id,
                "at": stamp(one.at),
                "modality": one.modality.value,
                "is_open": one.is_open,
                "counts": one.counts.value,
                "is_uncounted": one.is_uncounted,
            }
            for one in found.offers
        ],
        "next_cursor": None,
    }
