"""What a past offer counts as. Pure; the one place that says so, for learning and for showing."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from dispatch.states import OfferState

SILENT_S = 180.0
"""From here on a peer is shown their silence as "no answer" (the policy's `offer_blocks_s`: by then
nobody waits for it any more). A shorter one counts less and less, and is shown as not counted."""


class Counted(StrEnum):
    """What it is worth."""

    YES = "yes"
    NO = "no"
    SILENT = "silent"
    NOT = "not"


class Offered(NamedTuple):
    """One past offer, as far as it matters here."""

    state: OfferState
    asked_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None
    is_unreachable: bool
    is_uncounted: bool


def after_s(offer: Offered, now: datetime) -> float:
    """How long the peer took to answer, or had without an answer. A clock that stepped back: 0."""
    until = offer.answered_at if offer.state in _ANSWERED else offer.closed_at
    return max(((until or now) - offer.asked_at).total_seconds(), 0.0)


def is_learned_from(offer: Offered) -> bool:
    """Whether it says anything: the peer could be reached, and has not taken it out."""
    return not offer.is_unreachable and not offer.is_uncounted


def counts_as(offer: Offered, now: datetime) -> Counted:
    """As a peer is shown it."""
    if not is_learned_from(offer):
        return Counted.NOT
    if offer.state is OfferState.ACCEPTED:
        return Counted.YES
    if offer.state is OfferState.DECLINED:
        return Counted.NO
    return Counted.SILENT if after_s(offer, now) >= SILENT_S else Counted.NOT


_ANSWERED = frozenset({OfferState.ACCEPTED, OfferState.DECLINED})
