"""The two screens of a visit by video or chat: at the bedside by a link, and the peer's own.

`/join/<token>` is for whoever opens the link first: that browser keeps a cookie and may come back.
Every other link and browser gets one page, the same whatever the reason. `/peer/room/<visit>` (or
`/peer/chat/<visit>`) is for the visit's peer. It knows links and cookies; it refuses to know what is said.
"""

from typing import Any

from flask import Flask, Response, g, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from dispatch import access, bedside
from dispatch import rooms as video
from dispatch.actions import rooms as acts
from dispatch.errors import DomainError
from dispatch.models import Network, Site, SupportRequest, User, Visit
from dispatch.policy import parse
from dispatch.rooms import ROOMED
from dispatch.states import Modality, Role
from server.api.layer import read_credential
from server.auth import guests
from server.auth.callers import authenticate
from server.auth.guests import Guest
from server.web import frame
from server.wiring import Wired
from storage.database import Transaction

_WAYS = {Modality.VIDEO: "room", Modality.CHAT: "chat"}
"""Where the peer's page of a visit stands."""


def install(app: Flask, wired: Wired) -> None:
    """Serve the pages of `app`."""

    def join(token: str = "") -> Response:
        # A tablet may also be somebody's desk: nothing of their sign-in is on this page.
        g.page_me = None
        cookie = request.cookies.get(guests.COOKIE)
        with wired.db.read() as tx:
            guest = guests.recognise(tx, cookie, token)
            is_fresh = guests.can_be_opened(tx, token)
        secret = None
        if guest is None and is_fresh and not _is_only_a_look():
            with wired.db.transaction() as tx:
                made = guests.claim(tx, token)
            if made is not None:
                secret = made.secret
                with wired.db.read() as tx:
                    guest = guests.guest_of(tx, made.link)
        page = _dead(wired) if guest is None else _bedside(wired, guest)
        if secret is not None:
            page.set_cookie(
                guests.COOKIE,
                secret,
                max_age=guests.COOKIE_LIFE_S,
                httponly=True,
                samesite="Lax",
                secure=wired.settings.is_production,
            )
        page.headers["X-Robots-Tag"] = "noindex, nofollow"
        return page

    def peer(visit_id: str) -> WerkzeugResponse:
        me = frame.signed_in(wired)
        if me is None:
            return frame.to_front()
        if me["role"] != Role.PEER.value:
            return redirect(frame.HOMES.get(Role(me["role"]), "/"), 303)
        try:
            with wired.db.read() as tx:
                actor = authenticate(tx, read_credential(request, wired)).as_actor()
                visit = acts.check(access.visit(tx, actor, visit_id))
                boot = _boot(wired, tx, visit)
        except DomainError:
            return redirect("/peer", 303)
        if request.path != (path := f"/peer/{_WAYS[visit.modality]}/{visit.id}"):
            return redirect(path, 303)
        return _screen(wired, visit, "peer", boot)

    app.add_url_rule("/join/", "join_nothing", join)
    app.add_url_rule("/join/<path:token>", "join", join)
    app.add_url_rule("/peer/room/<visit_id>", "peer_room", peer)
    app.add_url_rule("/peer/chat/<visit_id>", "peer_chat", peer)


def _is_only_a_look() -> bool:
    """Whether a machine looks at the link, and nobody opens it: a link is used up by a person."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method != "GET" or "prefetch" in purpose or "preview" in purpose


def _dead(wired: Wired) -> Response:
    return frame.render(
        wired,
        "room/dead.html",
        family="room",
        default_theme="dark",
        words_of=(
            "room",
            "meeting",
        ),
        status=404,
    )


def _bedside(wired: Wired, guest: Guest) -> Response:
    with wired.db.read() as tx:
        now = bedside.look(tx, guest.request_id)
        visit = _chosen(tx, guest, now["visit_id"])
        if visit is None:
            return _between(wired, now, _crisis_line(tx, guest.request_id))
        name = tx.session.get_one(User, visit.peer_id).name
        asked = tx.session.get_one(SupportRequest, visit.request_id)
        boot = {**_call(wired, tx, visit, asked), "me": None, "bedside": now}
    first, *others = name.split()
    shown = f"{first} {others[-1][0]}." if others else first
    # First name and initial: what a screen shows of a person.
    about = {"peer": shown, "first": first}
    return _screen(wired, visit, "bedside", {**boot, "with": about})


def _screen(wired: Wired, visit: Visit, side: str, boot: dict[str, Any]) -> Response:
    """The page of this side, by video or by chat."""
    return frame.render(
        wired,
        "room/chat.html" if visit.modality is Modality.CHAT else f"room/{side}.html",
        family="room",
        default_theme="dark",
        words_of=("room", "meeting", "needs", "stays", "follow", "talk", "talk_room"),
        boot=boot,
        side=side,
    )


def _boot(wired: Wired, tx: Transaction, visit: Visit) -> dict[str, Any]:
    asked = tx.session.get_one(SupportRequest, visit.request_id)
    site = tx.session.get_one(Site, asked.site_id)
    about = {"place": asked.place, "site": site.name, "desk_phone": site.desk_phone}
    return {
        **_call(wired, tx, visit, asked),
        "with": about,
        "needs": [one for one in asked.needs or [] if one["visit_id"] == visit.id],
        "phone": tx.session.get_one(Network, visit.network_id).phone,
    }


def _call(wired: Wired, tx: Transaction, visit: Visit, asked: SupportRequest) -> dict[str, Any]:
    """What both screens need: the room as it is, once somebody has come in, and what is allowed."""
    has_room = tx.session.get(video.Room, visit.id) is not None
    policy = parse(asked.policy)
    g.meeting_origin = wired.settings.meeting_origin or ""
    return {
        "visit_id": visit.id,
        "room": video.shape(tx, visit) if has_room else None,
        "meeting": None if wired.settings.video_rooms == "own" else wired.settings.video_rooms,
        "captions": policy.captions == "on_device",
        "crisis_line": policy.crisis_line,
    }


def _crisis_line(tx: Transaction, request_id: str) -> str:
    return parse(tx.session.get_one(SupportRequest, request_id).policy).crisis_line


def _chosen(tx: Transaction, guest: Guest, visit_id: str | None) -> Visit | None:
    """The visit in whose room the screen belongs, or the other that it was told of (`?to=`)."""
    wanted = request.args.get("to")
    found = {one.id: one for one in bedside.visits_of(tx, guest.request_id)}
    chosen = found.get(wanted or "")
    if chosen is not None and chosen.modality in ROOMED:
        return chosen
    return found.get(visit_id or "")


def _between(wired: Wired, now: dict[str, Any], crisis_line: str) -> Response:
    """Between two visits of one request: who comes, who is there, and that somebody is looked for."""
    return frame.render(
        wired,
        "room/between.html",
        family="room",
        default_theme="dark",
        words_of=("room", "meeting", "needs", "stays", "follow"),
        boot={"me": None, "bedside": now, "crisis_line": crisis_line},
    )
