"""Offers that must not have been made, found in the journal alone.

A peer is never asked twice about one request while the first asking stands, never while with
someone, and never about a second request while an unanswered first one still holds them. Pure; it
trusts no code of the product.

What ends at the moment at which something else begins does not overlap it: a clock that jumps has
many such moments, and one that runs has none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch.policy import DEFAULT

Json = Mapping[str, Any]
HELD_S = DEFAULT.offer_blocks_s
_ENDS_OF_A_VISIT = frozenset(
    {"visit_completed", "visit_withdrawn", "visit_handed_over", "request_cancelled"}
)
_ENDS_OF_A_BRIDGE = frozenset({"bridge_left", "bridge_ended"})


@dataclass
class Span:
    """Something with a beginning and, perhaps, an end: an offer or a visit."""

    request_id: str
    begins: datetime
    answered: datetime | None = None
    """An offer: when its peer's answer was no longer awaited."""
    ends: datetime | None = None
    is_bridge: bool = False
    """A visit by video that goes on when the request's own ends."""

    def has_ended(self, moment: datetime) -> bool:
        """Whether it stands no longer at `moment`."""
        return self.ends is not None and self.ends <= moment

    def is_answered(self, moment: datetime) -> bool:
        """Whether nobody waits for an answer any more at `moment`."""
        return self.has_ended(moment) or (self.answered is not None and self.answered <= moment)


@dataclass
class Diary:
    """What the journal says of one peer."""

    name: str = ""
    offers: list[Span] = field(default_factory=list)
    visits: list[Span] = field(default_factory=list)


def find(stories: Iterable[tuple[Json, Iterable[Json]]]) -> list[str]:
    """One sentence for each offer that must not have been made; `stories` as (request, facts)."""
    diaries: dict[str, Diary] = {}
    for _, facts in stories:
        # Each request by itself: its own numbers are the only order there is.
        for fact in facts:
            _write_down(fact, diaries)
    return [found for diary in diaries.values() for found in _doubles(diary)]


def moment_of(text: str) -> datetime:
    """A time of the contract."""
    return datetime.fromisoformat(text)


def _write_down(fact: Json, diaries: dict[str, Diary]) -> None:
    """Note a fact in the diaries of those it concerns."""
    at, request_id, data = moment_of(fact["at"]), str(fact["request_id"]), fact["data"]
    kind = fact["type"]
    if kind == "offer_made":
        _diary(diaries, data["offer"]["peer"]).offers.append(Span(request_id, at))
    elif kind == "offer_declined":
        for offer in _standing(_diary(diaries, data["offer"]["peer"]), request_id):
            offer.answered = at
    elif kind == "offers_closed":
        for closed in data["offers"]:
            _end(_diary(diaries, closed["peer"]), request_id, at)
    elif kind in ("offer_accepted", "request_assigned"):
        diary = _diary(diaries, data["visit"]["peer"])
        _end(diary, request_id, at)
        diary.visits.append(Span(request_id, at))
    elif kind in _ENDS_OF_A_VISIT:
        _end_visits(diaries, request_id, at)
    elif kind.startswith("bridge_"):
        _write_down_bridge(fact, diaries)


def _write_down_bridge(fact: Json, diaries: dict[str, Diary]) -> None:
    """The same for a second visit by video, which stands beside the request's own."""
    at, request_id, data = moment_of(fact["at"]), str(fact["request_id"]), fact["data"]
    kind = fact["type"]
    if kind == "bridge_asked":
        for offer in data["offers"]:
            _diary(diaries, offer["peer"]).offers.append(Span(request_id, at))
    elif kind == "bridge_accepted":
        diary = _diary(diaries, data["bridge"]["peer"])
        _end(diary, request_id, at)
        diary.visits.append(Span(request_id, at, is_bridge=True))
    elif kind in _ENDS_OF_A_BRIDGE:
        _end_visits(diaries, request_id, at, is_bridge=True)
    elif kind == "bridge_kept":
        _end_visits(diaries, request_id, at)
        for visit in _visits(diaries, request_id, is_bridge=True):
            visit.is_bridge = False


def _visits(diaries: dict[str, Diary], request_id: str, *, is_bridge: bool) -> list[Span]:
    """The visits of one kind that go on."""
    return [
        visit
        for diary in diaries.values()
        for visit in diary.visits
        if visit.request_id == request_id and visit.ends is None and visit.is_bridge is is_bridge
    ]


def _end_visits(
    diaries: dict[str, Diary], request_id: str, at: datetime, *, is_bridge: bool = False
) -> None:
    for visit in _visits(diaries, request_id, is_bridge=is_bridge):
        visit.ends = at


def _diary(diaries: dict[str, Diary], peer: Json) -> Diary:
    diary = diaries.setdefault(str(peer["id"]), Diary())
    diary.name = str(peer["name"])
    return diary


def _standing(diary: Diary, request_id: str) -> Iterator[Span]:
    return (
        offer for offer in diary.offers if offer.request_id == request_id and offer.ends is None
    )


def _end(diary: Diary, request_id: str, at: datetime) -> None:
    for offer in _standing(diary, request_id):
        offer.ends = at


def _doubles(diary: Diary) -> Iterator[str]:
    offers = sorted(diary.offers, key=lambda offer: offer.begins)
    for number, offer in enumerate(offers):
        at, asked = offer.begins, f"{diary.name} was asked about request {offer.request_id}"
        for earlier in offers[:number]:
            if earlier.request_id == offer.request_id and not earlier.has_ended(at):
                yield f"{asked} twice"
            elif (
                earlier.request_id != offer.request_id
                and not earlier.is_answered(at)
                and (at - earlier.begins).total_seconds() < HELD_S
            ):
                yield f"{asked} while {earlier.request_id} awaited their answer"
        for visit in diary.visits:
            if visit.begins <= at and not visit.has_ended(at):
                yield f"{asked} while with someone"
