"""A call that was picked up: what it says, and the key that is pressed.

A mailbox picks up too; only a key shows that a person was there. Whether the offer is still open is
looked at when the phone is picked up, and again by the action when a key is pressed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.models import Offer
from dispatch.states import OfferState
from notifications import compose, receipts
from notifications.models import Delivery, Kind
from server.hooks import answering, twiml
from server.hooks.answering import Ended
from server.wiring import Wired
from storage.database import Transaction

YES_KEY, NO_KEY = "1", "2"
AGAIN = "again"
"""In the address of the second question: there is no third."""


@dataclass(frozen=True)
class _Call:
    """What a call is about."""

    id: str
    user_id: str
    offer_id: str | None
    key: str
    text: str
    locale: str

    def says(self, key: str) -> str:
        """Another sentence in the language of this call."""
        return compose.render(key, {}, locale=self.locale, is_private=False).body

    @property
    def is_test(self) -> bool:
        """Whether it only tries the phone."""
        return self.key == "voice_test"


def picked_up(
    wired: Wired,
    form: Mapping[str, str],  # noqa: ARG001  # every hook is handed the form
    delivery_id: str,
) -> bytes:
    """The question, twice; or, when it is over, how it ended."""
    with wired.db.read() as tx:
        call = _call(tx, delivery_id)
        if call is None:
            return twiml.nothing()
        open_ = wired.directory.open_offers(tx, {call.offer_id}) if call.offer_id else set()
        if call.offer_id is not None and call.offer_id not in open_:
            return _farewell(call, _ended(tx, call, call.offer_id))
    return _question(wired, call, is_again=False)


def key_pressed(
    wired: Wired, form: Mapping[str, str], delivery_id: str, query: Mapping[str, str] | None = None
) -> bytes:
    """1 is yes, 2 is not this time; any other key hears the question once more."""
    key = form.get("Digits", "")
    with wired.db.transaction() as tx:
        call = _call(tx, delivery_id)
        if call is None:
            return twiml.nothing()
        said = _act(tx, call, key)
    # Somebody pressed a key: a person was there. Deliveries are locked last, so it comes after.
    with wired.db.transaction() as tx:
        receipts.take(tx, call.user_id, call.id, receipts.Event.OPENED)
    if said is not None:
        return _farewell(call, said)
    if query is None:
        return _question(wired, call, is_again=True)
    return twiml.farewell([call.says("voice_bye")], call.locale)


def _act(tx: Transaction, call: _Call, key: str) -> str | None:
    """The key of the text that says what became of it; None for a key without a meaning."""
    if call.is_test:
        return "voice_tested"
    user = answering.person(tx, call.user_id)
    if key not in (YES_KEY, NO_KEY) or call.offer_id is None or user is None:
        return None
    return f"voice_{answering.answer(tx, user, call.offer_id, is_yes=key == YES_KEY)}"


def _ended(tx: Transaction, call: _Call, offer_id: str) -> str:
    """How an offer that is not open any more ended, for its peer."""
    offer = tx.session.get(Offer, offer_id)
    if offer is None or offer.peer_id != call.user_id:
        return f"voice_{Ended.ENDED}"
    if offer.state is OfferState.ACCEPTED:
        return f"voice_{Ended.YES}"
    if offer.state is OfferState.DECLINED:
        return f"voice_{Ended.NO}"
    is_taken = offer.state is OfferState.SUPERSEDED
    return f"voice_{Ended.TAKEN if is_taken else Ended.ENDED}"


def _call(tx: Transaction, delivery_id: str) -> _Call | None:
    row = tx.session.get(Delivery, delivery_id)
    if row is None or row.channel is not Kind.VOICE:
        return None
    words = compose.render(row.key, row.args, locale=row.locale, is_private=row.is_private)
    text = f"{words.title}. {words.body}" if words.title else words.body
    return _Call(row.id, row.user_id, row.offer_id, row.key, text, row.locale)


def _question(wired: Wired, call: _Call, *, is_again: bool) -> bytes:
    action = f"{wired.settings.public_url}/hooks/voice/{call.id}/key"
    if is_again:
        action += f"?{AGAIN}=1"
    return twiml.question(call.text, call.locale, action, after=call.says("voice_bye"))


def _farewell(call: _Call, key: str) -> bytes:
    return twiml.farewell([call.says(key), call.says("voice_bye")], call.locale)
