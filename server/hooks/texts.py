"""Somebody texts our number: an answer to an offer, STOP, START, HELP, or anything else.

What is said back is an ordinary delivery, written in the commit of what it tells of. Who is not
known, or wants no texts, is answered in the answer to the provider, and learns nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from dispatch.actions import duty
from dispatch.models import Offer, User
from dispatch.states import OfferState
from notifications import callbacks, compose, numbers, reach, receipts, replies, texted
from notifications.models import Device, Gone
from notifications.replies import Answer, Ask, Standing, Texted, Word
from server.hooks import answering, twiml
from server.wiring import Wired
from storage.database import Transaction

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_STANDING = {
    OfferState.OPEN: Standing.OPEN,
    OfferState.DECLINED: Standing.DECLINED,
    OfferState.ACCEPTED: Standing.MINE,
}


def received(wired: Wired, form: Mapping[str, str]) -> bytes:
    """One text, once; the same text again (the provider repeats itself) changes nothing."""
    number = form.get("From", "")
    if not _NUMBER.fullmatch(number):
        return twiml.nothing()
    reply = replies.read(form.get("Body", ""))
    opened: list[tuple[str, str]] = []
    with wired.db.transaction() as tx:
        sid = form.get("MessageSid", "")
        if not sid or not callbacks.is_first(tx, f"in:{sid}"):
            return twiml.nothing()
        # The provider may answer STOP, START and HELP by itself; then nobody says it twice.
        is_answered = "OptOutType" in form
        device = numbers.active(tx, number)
        user = None if device is None else answering.person(tx, device.user_id)
        if device is None or user is None:
            said = _not_reachable(wired, tx, number, reply.word)
        elif reply.word is Word.STOP:
            reach.lose(tx, wired.directory, wired.kinds, device, Gone.STOPPED)
            said = _text("sms_stopped", device.locale or user.locale)
        elif reply.word in (Word.START, Word.HELP):
            said = None
            if not is_answered:
                key = "sms_started" if reply.word is Word.START else "sms_help"
                texted.say(tx, device, key, locale=user.locale, once=f"reply:{sid}")
        else:
            said = None
            opened = _answered(tx, device, user, reply, f"reply:{sid}")
    for user_id, delivery_id in opened:
        _note(wired, user_id, delivery_id)
    return twiml.nothing() if said is None or is_answered else twiml.message(said)


def _answered(
    tx: Transaction, device: Device, user: User, reply: replies.Reply, once: str
) -> list[tuple[str, str]]:
    """Do what the text means and say so; the deliveries that it shows to have been read."""
    asked = texted.offers(tx, device)
    known = _standing(tx, user, {offer_id: one.at for offer_id, one in asked.items()})
    test_id = texted.tested(tx, device)
    is_for_an_offer = any(one.standing is Standing.OPEN for one in known)
    if test_id is not None and reply.word is Word.YES and not is_for_an_offer:
        texted.say(tx, device, "sms_tested", locale=user.locale, once=once)
        return [(user.id, test_id)]
    decision = replies.decide(reply, known, texted.choice(tx, user.id), tx.now)
    args: dict[str, Any] = {}
    if isinstance(decision, Answer):
        ends = [
            answering.answer(tx, user, offer_id, is_yes=decision.is_yes)
            for offer_id in decision.offer_ids
        ]
        key = f"sms_{ends[-1]}"
    elif isinstance(decision, Ask):
        texted.ask(tx, user.id, decision.offer_ids)
        key = "sms_which_newer" if decision.is_newer else "sms_which"
        args = {"choices": [dict(asked[offer_id].args) for offer_id in decision.offer_ids]}
    else:
        key = decision.key
    is_private = any(one.is_private for one in asked.values())
    texted.say(tx, device, key, locale=user.locale, once=once, args=args, is_private=is_private)
    read = decision.offer_ids if isinstance(decision, Answer | Ask) else ()
    rungs = [texted.rung_of(tx, device, offer_id) for offer_id in read]
    return [(user.id, rung) for rung in rungs if rung is not None]


def _standing(tx: Transaction, user: User, sent_at: Mapping[str, Any]) -> list[Texted]:
    """Where the texted offers stand now."""
    if not sent_at:
        return []
    rows = tx.session.execute(
        select(Offer.id, Offer.state, Offer.answered_at, Offer.closed_at).where(
            Offer.id.in_(sent_at), Offer.peer_id == user.id
        )
    )
    return [
        Texted(
            row.id,
            sent_at[row.id],
            _STANDING.get(row.state, Standing.ENDED),
            row.closed_at or row.answered_at,
        )
        for row in rows
    ]


def _not_reachable(wired: Wired, tx: Transaction, number: str, word: Word) -> str | None:
    """A number under which nobody gets texts: stopped, or not known at all."""
    device = numbers.stopped(tx, number)
    user = None if device is None else answering.person(tx, device.user_id)
    if device is not None and user is not None:
        locale = device.locale or user.locale
        if word in (Word.START, Word.YES) and numbers.start(tx, device):
            if reach.rings(device.kind, wired.kinds):
                duty.reachable_again(tx, user.id)
            return _text("sms_started", locale)
        # Whoever stopped the texts gets none, but for the help that carriers ask for.
        return _text("sms_help", locale, wired) if word is Word.HELP else None
    if word is Word.STOP:
        return None
    # Once a day and number: two machines must not answer each other for ever.
    secret = wired.settings.secret_key.get_secret_value()
    mark = hmac.new(secret.encode(), number.encode(), hashlib.sha256).hexdigest()[:32]
    if not callbacks.is_first(tx, f"stranger:{mark}:{tx.now:%Y-%m-%d}"):
        return None
    return f"{_text('sms_stranger', 'en')} / {_text('sms_stranger', 'es')}"


def _text(key: str, locale: str, wired: Wired | None = None) -> str:
    link = "" if wired is None else wired.settings.public_url
    return compose.render(key, {"link": link}, locale=locale, is_private=False).body


def _note(wired: Wired, user_id: str, delivery_id: str) -> None:
    """The person read that text. In a transaction of its own: deliveries are locked last."""
    with wired.db.transaction() as tx:
        receipts.take(tx, user_id, delivery_id, receipts.Event.OPENED)
