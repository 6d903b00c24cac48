"""What a peer means by a text message, and what follows from it. Pure: values in, values out.

`read` understands the words; `decide` binds them to what was asked. Nothing is guessed: what might
mean two offers is asked, and an offer that was not texted to this phone is never answered by one.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CROSSING = timedelta(seconds=20)
"""So long a text may take to be read: an answer sooner than this may be meant for the one before."""
JUST_NOW = timedelta(minutes=2)
"""How lately an offer must have ended, or been declined, for an answer to be meant for it still."""
CHOICE_HOLDS = timedelta(minutes=30)
"""How long a numbered question can be answered by number."""


class Word(StrEnum):
    """What was said."""

    YES = "yes"
    NO = "no"
    NUMBER = "number"
    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"


@dataclass(frozen=True)
class Reply:
    """A text message, understood."""

    word: Word
    number: int | None = None
    """The line of a numbered question, from 1."""


_YES = frozenset({"y", "yes", "si"})
_NO = frozenset({"n", "no"})
_STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "alto", "parar"})
_START = frozenset({"start", "unstop"})
_HELP = frozenset({"help", "ayuda", "info"})
_POLITE = frozenset({"please", "thanks", "thank", "you", "gracias", "por", "favor"})
_WHAT = frozenset({"all", "texting", "texts", "messages", "me", "now"}) | _POLITE
"""What may stand behind STOP without changing it."""
_TOKEN = re.compile(r"[a-z]+|[0-9]+")
LONGEST = 160
"""A longer text is a letter, not an answer."""


def read(text: str) -> Reply:
    """The meaning of a text, whatever case, accents, punctuation or pictures are around it."""
    if len(text) > LONGEST:
        return Reply(Word.OTHER)
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = _TOKEN.findall(plain)
    # Letters and digits of other scripts are words that we do not understand, no decoration.
    if not words or any(sign.isalnum() and not sign.isascii() for sign in plain):
        return Reply(Word.OTHER)
    if words[0] in _STOP and set(words[1:]) <= (_WHAT if words[0] == "stop" else set()):
        return Reply(Word.STOP)
    if len(words) == 1:
        if words[0] in _START:
            return Reply(Word.START)
        if words[0] in _HELP:
            return Reply(Word.HELP)
    return _answer([word for word in words if word not in _POLITE])


def _answer(words: Sequence[str]) -> Reply:
    """Yes, no, or a number with or without one of them."""
    numbers = [int(word) for word in words if word.isdigit() and len(word) <= 2]
    said = [word for word in words if not word.isdigit()]
    if len(words) != len(numbers) + len(said) or len(numbers) > 1 or len(said) > 1:
        return Reply(Word.OTHER)
    number = numbers[0] if numbers else None
    if not said:
        return Reply(Word.OTHER) if number is None else Reply(Word.NUMBER, number)
    if said[0] in _YES:
        return Reply(Word.YES, number)
    if said[0] in _NO:
        return Reply(Word.NO, number)
    return Reply(Word.OTHER)


class Standing(StrEnum):
    """Where a texted offer is."""

    OPEN = "open"
    DECLINED = "declined"
    """By this peer; a yes can take it back while the search lasts."""
    MINE = "mine"
    """This peer said yes."""
    ENDED = "ended"


@dataclass(frozen=True)
class Texted:
    """An offer that was texted to this phone."""

    offer_id: str
    at: datetime
    standing: Standing
    changed_at: datetime | None = None
    """When it was answered or ended."""


@dataclass(frozen=True)
class Choice:
    """A numbered question that was sent to this phone."""

    offer_ids: tuple[str, ...]
    asked_at: datetime


@dataclass(frozen=True)
class Answer:
    """Say yes to the one offer, or no to all of these."""

    offer_ids: tuple[str, ...]
    is_yes: bool


@dataclass(frozen=True)
class Ask:
    """Ask which of these is meant."""

    offer_ids: tuple[str, ...]
    is_newer: bool = False
    """There is one only, and it came when the one before had just ended."""


@dataclass(frozen=True)
class Say:
    """Answer with this text; nothing changes."""

    key: str


def decide(
    reply: Reply, texted: Sequence[Texted], choice: Choice | None, now: datetime
) -> Answer | Ask | Say:
    """What a yes, a no, a number or anything else means for the offers texted to this phone."""
    known = sorted(texted, key=lambda one: (one.at, one.offer_id))
    if choice is not None and now - choice.asked_at > CHOICE_HOLDS:
        choice = None
    if reply.word not in (Word.YES, Word.NO, Word.NUMBER):
        is_asked = any(one.standing is Standing.OPEN for one in known)
        return Say("sms_unclear" if is_asked else "sms_nothing")
    if not known:
        return Say("sms_nothing")
    if reply.number is not None:
        return _by_number(reply, reply.number, known, choice)
    if reply.word is Word.NO:
        return _no(known, choice, now)
    return _yes(known, now)


def _by_number(
    reply: Reply, number: int, known: Sequence[Texted], choice: Choice | None
) -> Answer | Ask | Say:
    texted_ids = {one.offer_id for one in known}
    if choice is None or not texted_ids.issuperset(choice.offer_ids):
        return Say("sms_unclear" if _open(known) else "sms_nothing")
    if not 1 <= number <= len(choice.offer_ids):
        return Ask(choice.offer_ids)
    return Answer((choice.offer_ids[number - 1],), is_yes=reply.word is not Word.NO)


def _no(known: Sequence[Texted], choice: Choice | None, now: datetime) -> Answer | Ask:
    open_ = _open(known)
    if not open_:
        return Answer((known[-1].offer_id,), is_yes=False)
    was_asked = choice is not None and set(choice.offer_ids) >= set(open_)
    if was_asked:
        return Answer(tuple(open_), is_yes=False)
    if len(open_) > 1:
        return Ask(tuple(open_))
    if _may_be_meant_for_the_one_before(known, now):
        return Ask(tuple(open_), is_newer=True)
    return Answer(tuple(open_), is_yes=False)


def _yes(known: Sequence[Texted], now: datetime) -> Answer | Ask:
    open_ = _open(known)
    if not open_:
        return Answer((known[-1].offer_id,), is_yes=True)
    again = [
        one.offer_id
        for one in known
        if one.standing is Standing.OPEN
        or (one.standing is Standing.DECLINED and _is_just_now(one, now))
    ]
    if len(again) > 1:
        return Ask(tuple(again))
    if _may_be_meant_for_the_one_before(known, now):
        return Ask(tuple(open_), is_newer=True)
    return Answer(tuple(open_), is_yes=True)


def _open(known: Sequence[Texted]) -> list[str]:
    return [one.offer_id for one in known if one.standing is Standing.OPEN]


def _may_be_meant_for_the_one_before(known: Sequence[Texted], now: datetime) -> bool:
    """The only open one was texted seconds ago, and another had just ended."""
    (newest,) = [one for one in known if one.standing is Standing.OPEN]
    return now - newest.at < CROSSING and any(
        one.standing is Standing.ENDED and one.at <= newest.at and _is_just_now(one, now)
        for one in known
    )


def _is_just_now(one: Texted, now: datetime) -> bool:
    return one.changed_at is not None and now - one.changed_at < JUST_NOW
