"""Desks: an ED workstation or tablet that shows its site's names and asks for a PIN.

Signing in there sets the page's session cookie, so these calls come from our own pages only.
"""

from typing import Annotated

from flask import after_this_request, request
from pydantic import Field
from sqlalchemy import select
from werkzeug.wrappers import Response

from dispatch import queries, shapes
from dispatch.models import Site, SupportRequest
from dispatch.states import FINAL, RequestState, Role
from server.api import people
from server.api.answers import MeAnswer, Page, Person, SiteAnswer
from server.api.declare import ANYONE, Call, Json, Routes
from server.api.layer import COOKIE
from server.api.models import LINE, Answer, Body, Moment, OpaqueId
from server.auth import desks, passwords, pins
from server.auth.origin import refuse_other_origins
from server.errors import Problem
from server.models import Desk
from server.wiring import Wired
from storage.database import Transaction

routes = Routes("desks", "Workstations and tablets of an emergency department.")

DESK_COOKIE = "alongside_desk"
KEEPING = {Role.STAFF, Role.MANAGER, Role.ADMIN}

DeskName = Annotated[str, Field(min_length=1, max_length=60, pattern=LINE)]
PinDigits = Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]
Token = Annotated[str, Field(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


class NewDesk(Body):
    """What the desk is called; staff make desks of their own site."""

    name: DeskName
    site_id: OpaqueId | None = None


class Claim(Body):
    """The token of a desk's link."""

    token: Token


class PinSignIn(Body):
    """Who it is, by the names the desk shows, and their PIN."""

    user_id: OpaqueId
    pin: PinDigits


class NewPin(Body):
    """Four to eight digits."""

    pin: PinDigits


class DeskAnswer(Answer):
    """A desk and its site."""

    id: str
    name: str
    site: SiteAnswer
    claimed_at: Moment | None


class MadeDesk(DeskAnswer):
    """A new desk with the link that makes one device this desk. It is shown this once."""

    link: str
    link_expires_at: Moment


class DeskPage(Page):
    """Desks, newest first."""

    items: list[DeskAnswer]


class LiveLine(Answer):
    """What a desk shows without sign-in: a room, a state, minutes. Nothing else."""

    place: str
    state: RequestState
    since: Moment
    eta_at: Moment | None


class DeskView(Answer):
    """What a desk shows before anybody signs in."""

    desk: DeskAnswer
    people: list[Person]
    now: list[LiveLine]


class DeskSignedIn(Answer):
    """Who signed in, and after how many quiet seconds the page signs them out."""

    user: MeAnswer
    quiet_s: int


class DeskStayAnswer(Answer):
    """When the session ends unless somebody is there."""

    expires_at: Moment


def shape(tx: Transaction, desk: Desk) -> Json:
    """A desk as its keepers see it."""
    return {
        "id": desk.id,
        "name": desk.name,
        "site": shapes.site(tx.session.get_one(Site, desk.site_id)),
        "claimed_at": shapes.stamp(desk.claimed_at),
    }


def view(tx: Transaction, desk: Desk) -> Json:
    """What the desk shows without sign-in."""
    rows = list(
        tx.session.scalars(
            select(SupportRequest)
            .where(SupportRequest.site_id == desk.site_id, SupportRequest.state.not_in(FINAL))
            .order_by(SupportRequest.created_at)
        )
    )
    return {
        "desk": shape(tx, desk),
        "people": [shapes.person(user) for user in desks.staff_of(tx, desk)],
        "now": [_line(found) for found in queries.request_rows(tx, rows)],
    }


def _line(rows: shapes.RequestRows) -> Json:
    visit = rows.visit
    begun = {
        RequestState.EN_ROUTE: visit and visit.departed_at,
        RequestState.ARRIVED: visit and visit.arrived_at,
        RequestState.IN_SESSION: visit and visit.started_at,
        RequestState.ACCEPTED: visit and visit.accepted_at,
    }
    state = rows.request.state
    is_coming = state in (RequestState.ACCEPTED, RequestState.EN_ROUTE)
    return {
        "place": rows.request.place,
        "state": state.value,
        "since": shapes.stamp(begun.get(state) or rows.request.created_at),
        "eta_at": shapes.stamp(visit.eta_at) if visit and is_coming else None,
    }


@routes.add(
    "POST",
    "/desks",
    roles=KEEPING,
    answer=MadeDesk,
    status=201,
    summary="Make a desk; its link works once.",
    problems=("not_found",),
)
def create(call: Call, body: NewDesk) -> Json:
    """Whoever opens the link on a device makes it this desk. `site_id` defaults to one's own."""
    site_id = body.site_id or call.actor.site_id
    if site_id is None:
        raise Problem("invalid", errors=[{"field": "site_id", "message": "Say which site."}])
    made = desks.make(call.tx, call.actor, site_id, body.name)
    return {
        **shape(call.tx, made.desk),
        "link": f"{call.wired.settings.public_url}/desk/{made.secret}",
        "link_expires_at": shapes.stamp(made.desk.link_expires_at),
    }


@routes.add("GET", "/desks", roles=KEEPING, answer=DeskPage, summary="The desks one keeps.")
def index(call: Call) -> Json:
    """Staff see those of their site, managers those of their network."""
    found = desks.listed(call.tx, call.actor)
    return {"items": [shape(call.tx, desk) for desk in found], "next_cursor": None}


@routes.add(
    "DELETE",
    "/desks/{desk_id}",
    roles=KEEPING,
    status=204,
    summary="This device is no desk any more.",
    problems=("not_found",),
)
def remove(call: Call, desk_id: str) -> None:
    """Who is signed in there is out at once."""
    desks.revoke(call.tx, call.actor, desk_id)


@routes.add(
    "POST",
    "/desks/claims",
    roles=ANYONE,
    answer=DeskAnswer,
    summary="This browser is the desk of a link, from now on.",
    problems=("not_found", "cross_origin"),
)
def claim(wired: Wired, body: Claim) -> Json:
    """Sets the desk's cookie; the link is used up."""
    refuse_other_origins(request, wired.settings.public_url)
    with wired.db.transaction() as tx:
        made = desks.claim(tx, body.token)
        answer = shape(tx, made.desk)
    _keep(wired, DESK_COOKIE, made.secret, int(desks.DESK_LIFE.total_seconds()))
    return answer


@routes.add(
    "GET",
    "/desks/current",
    roles=ANYONE,
    answer=DeskView,
    summary="What this desk shows before anybody signs in.",
    problems=("no_desk",),
)
def current(wired: Wired) -> Json:
    """Names of the site's staff; of its requests only room, state and minutes."""
    with wired.db.read() as tx:
        return view(tx, desks.recognise(tx, request.cookies.get(DESK_COOKIE)))


@routes.add(
    "POST",
    "/desks/current/sessions",
    roles=ANYONE,
    answer=DeskSignedIn,
    status=201,
    summary="Sign in at this desk with a PIN.",
    problems=("no_desk", "bad_pin", "pin_locked", "cross_origin"),
)
def sign_in(wired: Wired, body: PinSignIn) -> Json:
    """Sets the page's session cookie. Five wrong PINs lock the name for five minutes."""
    refuse_other_origins(request, wired.settings.public_url)
    opened = pins.sign_in(
        wired.db,
        desk_secret=request.cookies.get(DESK_COOKIE),
        user_id=body.user_id,
        pin=body.pin,
    )
    with wired.db.read() as tx:
        user = people.me(tx, opened.user_id)
    _keep(wired, COOKIE, opened.secret, None)
    return {"user": user, "quiet_s": pins.QUIET_S}


@routes.add(
    "POST",
    "/desks/current/stay",
    roles={Role.STAFF},
    answer=DeskStayAnswer,
    takes_key=False,
    summary="Somebody is there.",
    problems=("no_desk",),
)
def stay(call: Call) -> Json:
    """Puts the end of a desk's session off; other sessions are no desk's."""
    if pins.desk_of(call.tx, call.caller.session_id) is None:
        raise Problem("no_desk")
    return {"expires_at": shapes.stamp(pins.stay(call.tx, call.caller.session_id))}


@routes.add(
    "PUT",
    "/me/pin",
    roles={Role.STAFF},
    status=204,
    summary="One's own PIN from now on.",
    prepare=lambda body: passwords.hash_password(body.pin),
    problems=("forbidden",),
)
def set_pin(call: Call, body: NewPin) -> None:  # noqa: ARG001  # hashed before, by `prepare`
    """From a sign-in with a password only: a PIN does not make a PIN."""
    if pins.desk_of(call.tx, call.caller.session_id) is not None:
        raise Problem("forbidden", "Sign in with your password to set a PIN.")
    pins.set_pin(call.tx, call.caller.user_id, call.prepared)


def _keep(wired: Wired, name: str, secret: str, max_age_s: int | None) -> None:
    """Hand the browser a cookie with this answer."""

    def put(response: Response) -> Response:
        response.set_cookie(
            name,
            secret,
            max_age=max_age_s,
            httponly=True,
            samesite="Lax",
            secure=wired.settings.is_production,
        )
        return response

    after_this_request(put)
