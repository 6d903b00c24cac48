"""A priced decision in parts: kept with the wave, read by managers. Pure; it decides nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence

from dispatch.geo import distance_m, is_place
from dispatch.matching import Candidate, Need, PeerView, Reason
from dispatch.prices.outlook import Outlook
from dispatch.prices.pricing import Pricing
from dispatch.prices.score import Scored
from dispatch.recorded.because import Part
from dispatch.states import Modality
from dispatch.waves import Search

_FOR_NOW = frozenset({Reason.BUSY, Reason.ASKED_ELSEWHERE, Reason.MUTED, Reason.UNREACHABLE})
"""What keeps somebody who is on duty for the moment: worth a word when they are nearer."""


def in_parts(
    first: Sequence[Scored],
    outlook: Outlook,
    eligible: int,
    search: Search,
    pricing: Pricing,
    nearer: Part | None = None,
) -> tuple[Part, ...]:
    """Who was asked and why so many, or why nobody was."""
    more = {
        "gain_min": round(max(outlook.next_gain_min, 0.0), 1),
        "price_min": round(pricing.ask_min, 2),
    }
    if not outlook.ask:
        waiting = {"awaited": len(search.awaited), "asked": len(search.asked)}
        if first:
            return ({"code": "waiting_by_price", **waiting, **more},)
        return ({"code": "nobody_left", **waiting},)
    asked = first[: outlook.ask]
    parts: list[Part] = [
        {
            "code": "asked_by_price",
            "asked": len(asked),
            "eligible": eligible,
            "people": [_who(one, place) for place, one in enumerate(asked, start=1)],
        }
    ]
    if nearer:
        parts.append(nearer)
    if len(first) > len(asked):
        parts.append({"code": "one_more", **more})
    return tuple(parts)


def _who(scored: Scored, place: int) -> Part:
    one = scored.candidate
    return {
        "place": place,
        "modality": one.modality.value,
        "min": round(one.help_s / 60),
        "chance_pct": round(100 * scored.chance),
    }


def who_is_nearer(
    barred: Iterable[tuple[PeerView, Reason]],
    need: Need,
    asked: Sequence[Candidate],
) -> Part | None:
    """Those on duty who are nearer than the first asked in person, and what keeps them for now.

    `barred`: all who are on duty and cannot be asked, each with the reason.
    """
    metres = next((one.distance_m for one in asked if one.distance_m is not None), None)
    if metres is None or not is_place(need.site):
        return None
    found: Counter[Reason] = Counter()
    for peer, reason in barred:
        at = peer.position
        if reason in _FOR_NOW and at is not None and Modality.IN_PERSON in peer.modalities:
            found[reason] += is_place(at) and distance_m(at, need.site) < metres
    told = {reason.value: found[reason] for reason in Reason if found[reason]}
    return {"code": "nearer", "reasons": told} if told else None
