"""Care for peers: who asked to talk, and whose work of the last days is worth a word.

Only "Let's talk" is ever seen here, without its reason; a note and a feeling have no way to it.
"""

from collections.abc import Iterable

from dispatch import care
from dispatch.actions import notes
from dispatch.care import Load, Why
from dispatch.models import User
from dispatch.notes import CheckIn
from dispatch.shapes import person, stamp
from dispatch.states import Role
from notifications import devices
from server.api.answers import Count, Page, Person
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Body, Moment

routes = Routes("care", "Who asked to talk, and who may be glad of a word.")

CARING = {Role.SUPERVISOR}


class TalkAnswer(Answer):
    """Somebody who would like to talk, since when, and the number to call. Not why."""

    id: str
    peer: Person
    at: Moment
    talked_at: Moment | None
    phone: str | None


class TalkList(Page):
    """Who waits for a call, longest first; or with whom somebody talked, the latest first."""

    items: list[TalkAnswer]


class LoadAnswer(Answer):
    """A peer whose last seven days are worth a word: which rule says so, over how many visits.

    `called_at` and `called_by` are null until a supervisor has called, and after another visit again.
    """

    peer: Person
    why: Why
    visits: Count
    last_at: Moment
    called_at: Moment | None
    called_by: Person | None
    phone: str | None


class CalledBody(Body):
    """Which rule it was about."""

    why: Why


class LoadList(Page):
    """Whose work is worth a word, the latest first."""

    items: list[LoadAnswer]


def _talks(call: Call, found: Iterable[tuple[CheckIn, User]]) -> Json:
    rows = list(found)
    phones = devices.phones(call.tx, [peer.id for _, peer in rows])
    items = [
        {
            "id": row.id,
            "peer": person(peer),
            "at": stamp(row.at),
            "talked_at": stamp(row.talked_at),
            "phone": phones.get(peer.id),
        }
        for row, peer in rows
    ]
    return {"items": items, "next_cursor": None}


def _load(one: Load, phone: str | None) -> Json:
    return {
        "peer": person(one.peer),
        "why": one.why.value,
        "visits": one.visits,
        "last_at": stamp(one.last_at),
        "called_at": stamp(one.called_at),
        "called_by": person(one.called_by) if one.called_by is not None else None,
        "phone": phone,
    }


@routes.add("GET", "/care", roles=CARING, answer=TalkList, summary="Who would like to talk.")
def waiting(call: Call) -> Json:
    """Only those who asked for it."""
    return _talks(call, notes.asked_to_talk(call.tx, call.actor))


@routes.add(
    "GET", "/care/talked", roles=CARING, answer=TalkList, summary="With whom somebody talked."
)
def lately(call: Call) -> Json:
    """Of the last seven days."""
    return _talks(call, notes.talked_lately(call.tx, call.actor))


@routes.add(
    "GET", "/care/load", roles=CARING, answer=LoadList, summary="Whose work is worth a word."
)
def load(call: Call) -> Json:
    """By what was done, never by how it felt: three overdoses in seven days, a first time alone."""
    found = care.worth_a_check_in(call.tx, call.actor)
    phones = devices.phones(call.tx, [one.peer.id for one in found])
    return {"items": [_load(one, phones.get(one.peer.id)) for one in found], "next_cursor": None}


@routes.add(
    "POST",
    "/care/load/{peer_id}/called",
    roles=CARING,
    answer=LoadAnswer,
    summary="I have called.",
)
def called(call: Call, peer_id: str, body: CalledBody) -> Json:
    """Who and when, for the other supervisors; gone with what it was about, after seven days."""
    one = care.called(call.tx, call.actor, peer_id, body.why)
    return _load(one, devices.phones(call.tx, [one.peer.id]).get(one.peer.id))


@routes.add(
    "POST",
    "/care/{check_in_id}/talked",
    roles=CARING,
    answer=TalkAnswer,
    summary="We talked.",
)
def talked(call: Call, check_in_id: str) -> Json:
    """Takes them off the list; nothing is written about what was said."""
    row = notes.talked(call.tx, call.actor, check_in_id)
    [item] = _talks(call, [(row, call.tx.session.get_one(User, row.peer_id))])["items"]
    return dict(item)
