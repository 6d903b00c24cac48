"""Messages between the peer of a visit and the staff of its site.

A text is in no idempotency key, which would keep it with the stored answer: a message has an id of
its page's own instead, and the same id again is the same message. What the person and the peer
write travels on the socket only (`server.realtime.talking`).
"""

from typing import Annotated

from pydantic import Field, model_validator

from dispatch import access
from dispatch.access import MANAGING
from dispatch.shapes import stamp
from dispatch.states import Role
from dispatch.talk import gate, reading
from dispatch.talk.saying import Words
from dispatch.talk.threads import Thread
from dispatch.talk.words import Party
from server import talking
from server.api.declare import Call, Json, Routes
from server.api.models import Query
from server.api.talk_answers import (
    ReadBody,
    SaidAnswer,
    SayBody,
    TalkAbout,
    TalkPage,
    ThreadMarks,
    UnreadList,
)

routes = Routes("talk", "Messages between the peer of a visit and the staff of its site.")

TALKING = {Role.STAFF, Role.PEER}
_Place = Annotated[int, Field(ge=0, le=2**31 - 1)]


class TalkQuery(Query):
    """Which part: the first after a message, the last before one, or (neither) the last of all."""

    after: _Place | None = None
    before: _Place | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "TalkQuery":
        if self.after is not None and self.before is not None:
            raise ValueError("after or before")
        return self


@routes.add(
    "GET",
    "/visits/{visit_id}/talk",
    roles=TALKING,
    answer=TalkPage,
    summary="What was written, in order, at most a hundred at a time.",
)
def show(call: Call, visit_id: str, query: TalkQuery) -> Json:
    """For the peer of the visit and the staff of its site; a text is shown to nobody else."""
    visit, _ = gate.with_staff(call.tx, call.actor, visit_id)
    return reading.whole(call.tx, visit, Party.STAFF, after=query.after, before=query.before)


@routes.add(
    "POST",
    "/visits/{visit_id}/talk",
    roles=TALKING,
    answer=SaidAnswer,
    status=201,
    takes_key=False,
    summary="Write a message; the same `id` again is the same message.",
    problems=("illegal_step", "too_fast"),
)
def say(call: Call, visit_id: str, body: SayBody) -> Json:
    """While the visit lasts and `talk_after_s` after. No names, no record numbers."""
    visit, voice = gate.with_staff(call.tx, call.actor, visit_id)
    words = Words(body.id, body.word, body.text)
    said = talking.say(call.tx, visit, Party.STAFF, voice, words, call.actor.by())
    return talking.taken(said)


@routes.add(
    "PUT",
    "/visits/{visit_id}/talk/read",
    roles=TALKING,
    answer=ThreadMarks,
    summary="Read up to this message; a mark never goes back.",
)
def read(call: Call, visit_id: str, body: ReadBody) -> Json:
    """For the whole side: what one nurse has read is read."""
    visit, voice = gate.with_staff(call.tx, call.actor, visit_id)
    thread = talking.read(call.tx, visit, Party.STAFF, voice, body.seq)
    return reading.marks(visit.id, Party.STAFF, thread)


@routes.add(
    "GET",
    "/visits/{visit_id}/talk/about",
    roles=MANAGING,
    answer=TalkAbout,
    summary="Whether staff and peer wrote to each other; never what.",
)
def about(call: Call, visit_id: str) -> Json:
    """Those who manage see that there is a thread, and nothing that was written in it."""
    visit = access.visit(call.tx, call.actor, visit_id)
    thread = call.tx.session.get(Thread, (visit.id, Party.STAFF))
    return {
        "visit_id": visit.id,
        "messages": thread.seq if thread else 0,
        "last_at": stamp(thread.last_at) if thread else None,
    }


@routes.add(
    "GET",
    "/talk/unread",
    roles=TALKING,
    answer=UnreadList,
    summary="Where something is unread: in my visits, or at my site.",
)
def unread(call: Call) -> Json:
    """Counts, and no words."""
    return {
        "items": [
            {
                "visit_id": thread.visit_id,
                "party": thread.party.value,
                "seq": thread.seq,
                "unread": count,
            }
            for thread, count in reading.unread(call.tx, call.actor)
        ]
    }
