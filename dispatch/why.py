"""A priced decision in words: kept with the wave, read by managers. Pure; it decides nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence

from dispatch.geo import distance_m
from dispatch.matching import REASON_WORDS, Candidate, Need, PeerView, Ranking, Reason
from dispatch.outlook import Outlook
from dispatch.pricing import Pricing
from dispatch.score import Scored
from dispatch.states import Modality
from dispatch.waves import Search

_WAY = {Modality.VIDEO: "by video", Modality.PHONE: "by phone", Modality.CHAT: "by chat"}
_FOR_NOW = frozenset({Reason.BUSY, Reason.ASKED_ELSEWHERE, Reason.MUTED, Reason.UNREACHABLE})
"""What keeps somebody who is on duty for the moment: worth a word when they are nearer."""


def in_words(
    first: Sequence[Scored],
    outlook: Outlook,
    ranking: Ranking,
    search: Search,
    pricing: Pricing,
    nearer: str = "",
) -> str:
    """Who was asked and why so many, or why nobody was."""
    price = f"at a price of {pricing.ask_min:g}"
    more = f"one more would save {outlook.next_gain_min:.1f} min {price}"
    if not outlook.ask:
        waiting = f"Waiting for {len(search.awaited)} of {len(search.asked)} asked"
        return f"{waiting}; {more}." if first else f"{waiting}; nobody else can be asked now."
    asked = first[: outlook.ask]
    people = "; ".join(_who(one, place) for place, one in enumerate(asked, start=1))
    parts = [f"{len(asked)} of {len(ranking.candidates)} eligible asked: {people}"]
    if nearer:
        parts.append(nearer)
    if len(first) > len(asked):
        parts.append(more[0].upper() + more[1:])
    return ". ".join(parts) + "."


def _who(scored: Scored, place: int) -> str:
    one = scored.candidate
    minutes = round(one.help_s / 60)
    way = _WAY.get(one.modality)
    where = f"{way} in {minutes} min" if way else f"{minutes} min away"
    return f"no. {place} {where}, about {100 * scored.chance:.0f} % likely"


def who_is_nearer(
    peers: Iterable[PeerView], ranking: Ranking, need: Need, asked: Sequence[Candidate]
) -> str:
    """Those on duty who are nearer than the first asked in person, and what keeps them for now."""
    metres = next((one.distance_m for one in asked if one.distance_m is not None), None)
    if metres is None:
        return ""
    kept = {id_: why for id_, why in ranking.excluded.items() if why in _FOR_NOW}
    found: Counter[Reason] = Counter()
    for peer in peers if kept else ():
        if peer.id in kept and peer.position is not None and Modality.IN_PERSON in peer.modalities:
            found[kept[peer.id]] += distance_m(peer.position, need.site) < metres
    told = [f"{count} {REASON_WORDS[reason]}" for reason, count in found.items() if count]
    return f"Nearer but not asked: {', '.join(sorted(told))}" if told else ""
