"""Offers that must not have been made, found in the journal alone.

A peer is never asked twice about one request while the first asking stands, never while with
someone, and never about a second request while an unanswered first one still holds them. Pure; it
trusts no code of the product.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch.policy import DEFAULT

Json = Mapping[str, Any]
HELD_S = DEFAULT.offer_blocks_s


@dataclass
class Span:
    """Something with a beginning and, perhaps, an end."""

    request_id: str
    begins: datetime
    ends: datetime | None = None
    is_open: bool = True
    """An offer: whether its peer's answer is still awaited."""

    def covers(self, moment: datetime) -> bool:
        """Whether it has begun and not ended by `moment`; its end is no longer in it."""
        return self.begins <= moment and (self.ends is None or moment < self.ends)


@dataclass
class Diary:
    """What the journal says of one peer."""

    name: str = ""
    offers: list[Span] = field(default_factory=list)
    visits: list[Span] = field(default_factory=list)


def find(stories: Iterable[tuple[Json, Iterable[Json]]]) -> list[str]:
    """One sentence for each offer that must not have been made; `stories` as (request, facts)."""
    facts = [fact for _, told in stories for fact in told]
    # Facts of one moment stay in the order of their request's own numbers.
    facts.sort(key=lambda fact: moment_of(fact["at"]))
    diaries: dict[str, Diary] = {}
    found: list[str] = []
    for fact in facts:
        found += _read(fact, diaries)
    return found


def moment_of(text: str) -> datetime:
    """A time of the contract."""
    return datetime.fromisoformat(text)


def _read(fact: Json, diaries: dict[str, Diary]) -> list[str]:
    """Write a fact down in the diaries it concerns; what it should not have done."""
    at, request_id, data = moment_of(fact["at"]), str(fact["request_id"]), fact["data"]
    kind = fact["type"]
    found: list[str] = []
    if kind == "offer_made":
        diary = _diary(diaries, data["offer"]["peer"])
        found = _doubles(diary, request_id, at)
        diary.offers.append(Span(request_id, at))
    elif kind in ("offer_accepted", "offer_declined"):
        _answer(_diary(diaries, data["offer"]["peer"]), request_id, at, kind)
    elif kind == "offers_closed":
        for offer in data["offers"]:
            _close(_diary(diaries, offer["peer"]), request_id, at)
    if kind in ("offer_accepted", "request_assigned"):
        peer = _diary(diaries, data["visit"]["peer"])
        peer.visits.append(Span(request_id, at))
        _close(peer, request_id, at)
    elif kind in ("visit_completed", "visit_withdrawn", "visit_handed_over", "request_cancelled"):
        for diary in diaries.values():
            for visit in diary.visits:
                if visit.request_id == request_id and visit.ends is None:
                    visit.ends = at
    return found


def _diary(diaries: dict[str, Diary], peer: Json) -> Diary:
    diary = diaries.setdefault(str(peer["id"]), Diary())
    diary.name = str(peer["name"])
    return diary


def _answer(diary: Diary, request_id: str, at: datetime, kind: str) -> None:
    for offer in diary.offers:
        if offer.request_id == request_id and offer.ends is None:
            offer.is_open = False
            if kind == "offer_accepted":
                offer.ends = at


def _close(diary: Diary, request_id: str, at: datetime) -> None:
    for offer in diary.offers:
        if offer.request_id == request_id and offer.ends is None:
            offer.is_open = False
            offer.ends = at


def _doubles(diary: Diary, request_id: str, at: datetime) -> list[str]:
    found = []
    for offer in diary.offers:
        if not offer.covers(at):
            continue
        if offer.request_id == request_id:
            found.append(f"{diary.name} was asked twice about request {request_id}")
        elif offer.is_open and (at - offer.begins).total_seconds() < HELD_S:
            found.append(
                f"{diary.name} was asked about request {request_id} while "
                f"{offer.request_id} awaited their answer"
            )
    found += [
        f"{diary.name} was asked about request {request_id} while with someone"
        for visit in diary.visits
        if visit.covers(at)
    ]
    return found
