"""A yes or a no for an offer from a text or a call: the same actions as the app's, one winner.

The caller's transaction goes on after a refusal, because what is said back is written in it too; so
an action that is refused is rolled back by itself.
"""

from collections.abc import Callable
from enum import StrEnum

from dispatch.access import Actor
from dispatch.actions import peers
from dispatch.errors import Conflict, DomainError
from dispatch.models import Offer, User
from dispatch.states import REMOTE, OfferState, Role
from storage.database import Transaction


class Ended(StrEnum):
    """What became of an answer; with `sms_` or `voice_` before it, the text that says so."""

    YES = "yes"
    YES_REMOTE = "yes_remote"
    NO = "no"
    STANDS = "stands"
    """A no to what this peer said yes to."""
    TAKEN = "taken"
    BUSY = "busy"
    ENDED = "ended"


def person(tx: Transaction, user_id: str) -> User | None:
    """The active user behind a phone."""
    user = tx.session.get(User, user_id)
    return user if user is not None and user.is_active else None


def answer(tx: Transaction, user: User, offer_id: str, *, is_yes: bool) -> Ended:
    """The peer's answer to their own offer. Twice is the same as once, with the same end."""
    if user.role is not Role.PEER:
        return Ended.ENDED
    actor = Actor(user.id, user.network_id, user.role, user.name, user.site_id)
    if is_yes:
        return _try(tx, lambda: _accept(tx, actor, offer_id))
    return _try(tx, lambda: _decline(tx, actor, offer_id))


def _accept(tx: Transaction, actor: Actor, offer_id: str) -> Ended:
    _, visit = peers.accept(tx, actor, offer_id)
    return Ended.YES_REMOTE if visit.modality in REMOTE else Ended.YES


def _decline(tx: Transaction, actor: Actor, offer_id: str) -> Ended:
    offer = tx.session.get(Offer, offer_id)
    if offer is not None and offer.peer_id == actor.id and offer.state is OfferState.ACCEPTED:
        return Ended.STANDS
    peers.decline(tx, actor, offer_id)
    return Ended.NO


def _try(tx: Transaction, action: Callable[[], Ended]) -> Ended:
    facts = len(tx.facts)
    try:
        with tx.session.begin_nested():
            return action()
    except DomainError as refused:
        del tx.facts[facts:]
        if isinstance(refused, Conflict) and refused.refusal in ("already_taken", "busy"):
            return Ended.TAKEN if refused.refusal == "already_taken" else Ended.BUSY
        return Ended.ENDED
