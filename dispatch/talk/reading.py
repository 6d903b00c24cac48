"""Threads and messages into the shapes of answers. Callers have passed a gate."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from dispatch import access
from dispatch.access import Actor
from dispatch.models import SupportRequest, User, Visit
from dispatch.shapes import stamp
from dispatch.states import Role
from dispatch.talk import gate
from dispatch.talk.threads import Message, Thread
from dispatch.talk.words import Party
from storage.database import Transaction

AT_ONCE = 100
"""Messages in one answer, however many there are."""

Json = dict[str, Any]


def page(
    tx: Transaction,
    visit: Visit,
    party: Party,
    *,
    after: int | None = None,
    before: int | None = None,
    most: int = AT_ONCE,
) -> tuple[list[tuple[Message, str | None]], bool]:
    """Messages in order, each with its author's name, and whether there are more that way.

    With `after` the first that follow it; else the last of all, or the last before `before`.
    """
    query = (
        select(Message, User.name)
        .outerjoin(User, User.id == Message.author_id)
        .where(Message.visit_id == visit.id, Message.party == party)
        .limit(most + 1)
    )
    if after is not None:
        rows = tx.session.execute(query.where(Message.seq > after).order_by(Message.seq)).all()
        return [(row[0], row[1]) for row in rows[:most]], len(rows) > most
    if before is not None:
        query = query.where(Message.seq < before)
    rows = tx.session.execute(query.order_by(Message.seq.desc())).all()
    return [(row[0], row[1]) for row in rows[:most][::-1]], len(rows) > most


def message(row: Message, name: str | None) -> Json:
    """One message. The names of staff and peer stand beside what they wrote."""
    return {
        "seq": row.seq,
        "id": row.client_id,
        "voice": row.voice.value,
        "author": None if row.author_id is None else {"id": row.author_id, "name": name},
        "word": row.word,
        "text": row.text,
        "at": stamp(row.at),
    }


def marks(visit_id: str, party: Party, thread: Thread | None) -> Json:
    """The last number, and what each side has read: all that an announcement carries."""
    about: Json = {"visit_id": visit_id, "party": party.value}
    if thread is None:
        none = {"peer": 0, "other": 0}
        return about | {"seq": 0, "read": none, "unread": none}
    return about | {
        "seq": thread.seq,
        "read": {"peer": thread.read_peer, "other": thread.read_other},
        "unread": {"peer": thread.unread_peer, "other": thread.unread_other},
    }


def unread(tx: Transaction, actor: Actor, most: int = 200) -> Sequence[tuple[Thread, int]]:
    """The threads of this peer, or of the site of this nurse, with unread messages."""
    query = select(Thread).join(Visit, Visit.id == Thread.visit_id)
    query = query.where(Thread.network_id == actor.network_id).limit(most)
    if actor.role is Role.PEER:
        query = query.where(
            Visit.peer_id == actor.id,
            Visit.state.in_(access.KEPT_VISITS),
            Thread.unread_peer > 0,
        )
        return [(row, row.unread_peer) for row in tx.session.scalars(query)]
    query = query.join(SupportRequest, SupportRequest.id == Visit.request_id).where(
        SupportRequest.site_id == actor.site_id,
        Thread.party == Party.STAFF,
        Thread.unread_other > 0,
    )
    return [(row, row.unread_other) for row in tx.session.scalars(query)]


def whole(
    tx: Transaction,
    visit: Visit,
    party: Party,
    *,
    after: int | None = None,
    before: int | None = None,
    most: int = AT_ONCE,
) -> Json:
    """A page of messages with the marks of its thread."""
    rows, more = page(tx, visit, party, after=after, before=before, most=most)
    return {
        **marks(visit.id, party, tx.session.get(Thread, (visit.id, party))),
        "items": [message(row, name) for row, name in rows],
        "more": more,
        "may_write": gate.may_write(tx, visit, party),
    }
