"""Why a decision is as it is: codes and numbers, and the English sentence that is made of them.

A screen makes its own sentence from the same parts, in its own language. A part is plain JSON, as
it is kept; it names nobody, only places in the list. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dispatch.matching import REASON_WORDS, Reason
from dispatch.states import Modality

Part = Mapping[str, Any]
"""A `code` of `CODES` and its numbers; `_min` are minutes."""

CODES: dict[str, str] = {
    "asked": "so many (`asked`) of those who could be (`eligible`), the soonest of them `soonest_min` "
    "away; `cannot` could not be asked then",
    "asked_by_price": "so many of those who could be; of each the place in the list, the way, the "
    "minutes and how likely a yes is in percent (`people`)",
    "nearer": "who is nearer and cannot be asked for the moment: how many by reason (`reasons`)",
    "one_more": "what one more ask would have saved, and its price",
    "waiting": "nobody new; an answer is awaited from `awaited` of `asked`",
    "waiting_by_price": "the same; one more would save less than its price",
    "nobody_left": "the same; nobody else can be asked now",
    "not_by_price": "the numbers of asking by price did not add up: what follows is the simple rule",
    "escalated": "no yes from `asked` in time, or nobody left: a manager owns the request",
}
"""What each code says; `docs/matching.md` is made from it."""

_WAY = {Modality.VIDEO: "by video", Modality.PHONE: "by phone", Modality.CHAT: "by chat"}


def in_english(parts: Sequence[Part]) -> str:
    """The sentence that is kept beside the parts and read where nobody translates."""
    return " ".join(_SAID[part["code"]](part) for part in parts)


def _asked(part: Part) -> str:
    return (
        f"{part['asked']} of {part['eligible']} eligible asked, the soonest about "
        f"{part['soonest_min']} min away; {part['cannot']} cannot be asked now."
    )


def _by_price(part: Part) -> str:
    people = "; ".join(map(_who, part["people"]))
    return f"{part['asked']} of {part['eligible']} eligible asked: {people}."


def _who(one: Part) -> str:
    way = _WAY.get(one["modality"])
    where = f"{way} in {one['min']} min" if way else f"{one['min']} min away"
    return f"no. {one['place']} {where}, about {one['chance_pct']} % likely"


def _nearer(part: Part) -> str:
    reasons: Mapping[str, int] = part["reasons"]
    told = [f"{count} {REASON_WORDS[Reason(code)]}" for code, count in reasons.items()]
    return f"Nearer but not asked: {', '.join(sorted(told))}."


def _more(part: Part) -> str:
    return f"ne more would save {part['gain_min']:.1f} min at a price of {part['price_min']:g}."


def _waiting(part: Part) -> str:
    return f"Waiting for {part['awaited']} of {part['asked']} asked"


_SAID: dict[str, Callable[[Part], str]] = {
    "asked": _asked,
    "asked_by_price": _by_price,
    "nearer": _nearer,
    "one_more": lambda part: f"O{_more(part)}",
    "waiting": lambda part: f"{_waiting(part)}.",
    "waiting_by_price": lambda part: f"{_waiting(part)}; o{_more(part)}",
    "nobody_left": lambda part: f"{_waiting(part)}; nobody else can be asked now.",
    "not_by_price": lambda _part: "Prices did not add up, so by the simple rule:",
    "escalated": lambda part: f"No yes from {part['asked']} asked; a manager owns it now.",
}
