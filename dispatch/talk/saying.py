"""A message is said once, whoever sends it how often, and gets the next number of its thread.

Callers have passed a gate. Everything that changes a thread holds its row first; it comes after the
visit in the order of locks, and before deliveries. That staff or peer wrote is a fact of the request;
what the person and the peer write to each other leaves no trace outside of their thread.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from dispatch import access, journal
from dispatch.errors import Invalid, TooFast
from dispatch.events import By, FactType
from dispatch.models import Visit
from dispatch.talk import gate
from dispatch.talk.threads import Message, Thread
from dispatch.talk.words import MOST_A_MINUTE, OTHER, Party, Voice, is_quick
from storage.database import Transaction

_MINUTE = timedelta(seconds=60)


@dataclass(frozen=True)
class Words:
    """What is said: a quick reply by its key, or a text; and the page's own name for it."""

    client_id: str
    word: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Said:
    """The message as it stands, and whether it is new and the first that its reader has not read."""

    message: Message
    is_new: bool
    is_first_unread: bool


def say(
    tx: Transaction,
    visit: Visit,
    party: Party,
    voice: Voice,
    words: Words,
    by: By | None = None,
) -> Said:
    """Add a message, or find the one that was sent before under the same client's id.

    Between staff and peer `by` says who wrote it; the person and the peer have no name there.

    Raises `Conflict` once nothing may be written there, `Invalid` for other words under a known id
    or a quick reply that this side has not, `TooFast` above `MOST_A_MINUTE`.
    """
    gate.check_write(tx, visit, party)
    if words.word is not None and not is_quick(party, voice, words.word):
        raise Invalid("There is no such quick reply here.", field="word")
    # Before the thread's row, in the order of locks: the fact's number is the request's.
    request = access.locked_request(tx, visit.request_id) if by is not None else None
    thread = _held(tx, visit, party)
    known = tx.session.scalars(
        select(Message).where(
            Message.visit_id == visit.id,
            Message.party == party,
            Message.voice == voice,
            Message.client_id == words.client_id,
        )
    ).one_or_none()
    if known is not None:
        if (known.word, known.text) != (words.word, words.text):
            raise Invalid("Another message was sent with this id.", field="id")
        return Said(known, is_new=False, is_first_unread=False)
    _check_pace(tx, visit, party, voice)
    thread.seq += 1
    thread.last_at = tx.now
    message = Message(
        visit_id=visit.id,
        party=party,
        seq=thread.seq,
        voice=voice,
        author_id=None if by is None else by.id,
        client_id=words.client_id,
        word=words.word,
        text=words.text,
        at=tx.now,
    )
    tx.session.add(message)
    if voice is Voice.PEER:
        thread.unread_other += 1
    else:
        thread.unread_peer += 1
    unread = thread.unread_other if voice is Voice.PEER else thread.unread_peer
    if by is not None and request is not None:
        data = {"message": {"visit_id": visit.id, "seq": thread.seq, "voice": voice.value}}
        journal.append(tx, request, FactType.MESSAGE_SENT, by, data)
    tx.session.flush()
    return Said(message, is_new=True, is_first_unread=unread == 1)


def read(tx: Transaction, visit: Visit, party: Party, voice: Voice, seq: int) -> Thread | None:
    """This side has read up to `seq`; a mark never goes back. None when nothing was ever said."""
    if tx.session.get(Thread, (visit.id, party)) is None:
        return None
    thread = _held(tx, visit, party)
    seq = min(seq, thread.seq)
    before = thread.read_peer if voice is Voice.PEER else thread.read_other
    if seq <= before:
        return thread
    theirs = OTHER[party] if voice is Voice.PEER else Voice.PEER
    left = tx.session.scalar(
        select(func.count()).where(
            Message.visit_id == visit.id,
            Message.party == party,
            Message.seq > seq,
            Message.voice == theirs,
        )
    )
    if voice is Voice.PEER:
        thread.read_peer, thread.unread_peer = seq, left or 0
    else:
        thread.read_other, thread.unread_other = seq, left or 0
    tx.session.flush()
    return thread


def _held(tx: Transaction, visit: Visit, party: Party) -> Thread:
    """The thread's row, held until the transaction ends; made when this is its first message."""
    connection = tx.session.connection()
    insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    tx.session.execute(
        insert(Thread)
        .values(
            visit_id=visit.id,
            party=party,
            network_id=visit.network_id,
            seq=0,
            read_peer=0,
            read_other=0,
            unread_peer=0,
            unread_other=0,
            begun_at=tx.now,
            last_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["visit_id", "party"])
    )
    return tx.session.scalars(
        select(Thread).where(Thread.visit_id == visit.id, Thread.party == party).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()


def _check_pace(tx: Transaction, visit: Visit, party: Party, voice: Voice) -> None:
    """Refuse more than `MOST_A_MINUTE` messages of one side, whichever process they come to."""
    earlier = tx.session.scalar(
        select(Message.at)
        .where(Message.visit_id == visit.id, Message.party == party, Message.voice == voice)
        .order_by(Message.seq.desc())
        .offset(MOST_A_MINUTE - 1)
        .limit(1)
    )
    if earlier is not None and earlier > tx.now - _MINUTE:
        raise TooFast("Too many messages at once; wait a moment.")
