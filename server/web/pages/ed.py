"""The ED's screens: asking for a peer, and following one request to its end.

`/ed` is the form with what goes on in this ED beside it; `/ed/requests/<id>` is one request. Only
staff see them, and of their own site only. Who is not signed in meets the desk's names.
"""

from datetime import timedelta
from typing import Any

from babel import Locale
from flask import Flask, redirect, request
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from dispatch import access, queries, shapes
from dispatch.access import Actor
from dispatch.errors import NotFound
from dispatch.models import Network, Peer, Rating, Site, SupportRequest, User
from dispatch.policy import parse
from dispatch.states import FINAL, Focus, Modality, Role, Trait
from server.api.layer import read_credential
from server.auth import pins
from server.auth.callers import Caller, authenticate
from server.web import frame
from server.web.pages import desk
from server.wiring import Wired
from storage.database import Transaction

STILL_SHOWN = timedelta(hours=2)
"""How long a request that has ended stays in the list."""
FACTS = 500
LANGUAGES = ("en", "es")
"""The two that are one tap; others follow behind "More"."""


def install(app: Flask, wired: Wired) -> None:
    """Serve the pages of `app`; staff live here."""
    frame.HOMES[Role.STAFF] = "/ed"

    def ask() -> WerkzeugResponse:
        if (elsewhere := _elsewhere(wired)) is not None:
            return elsewhere
        with wired.db.read() as tx:
            caller = authenticate(tx, read_credential(request, wired))
            site = access.site(tx, caller.as_actor(), caller.site_id or "")
            boot = {**_shared(tx, caller), "requests": _requests(tx, caller.as_actor())}
            rooms = [str(room) for room in site.rooms]
            spoken = _spoken(tx, site)
        return frame.render(
            wired,
            "ed/ask.html",
            family="ed",
            default_theme="light",
            words_of=("ed", "arrival", "desk", "alarm_help", "suits", "needs", "talk"),
            boot=boot,
            rooms=[(room, short_room(room)) for room in rooms],
            more=[(code, _name_of(code)) for code in spoken if code not in LANGUAGES],
            focuses=list(Focus),
            modalities=list(Modality),
            preferences=list(Trait),
        )

    def follow(request_id: str) -> WerkzeugResponse:
        if (elsewhere := _elsewhere(wired)) is not None:
            return elsewhere
        with wired.db.read() as tx:
            caller = authenticate(tx, read_credential(request, wired))
            try:
                boot = {
                    "tiles": frame.tiles(wired),
                    **_shared(tx, caller),
                    **_one(tx, caller.as_actor(), request_id),
                }
            except NotFound:
                return frame.render(
                    wired, "ed/gone.html", family="ed", default_theme="light",
                    words_of=("ed", "arrival", "desk"), status=404,
                )  # fmt: skip
        return frame.render(
            wired,
            "ed/follow.html",
            family="ed",
            default_theme="light",
            words_of=(
                "ed",
                "arrival",
                "bridge",
                "desk",
                "tiles",
                "alarm_help",
                "suits",
                "room_door",
                "needs",
                "talk",
                "by_phone",
                "stays",
                "talk_room",
            ),
            boot=boot,
        )

    app.add_url_rule("/ed", "ed", ask)
    app.add_url_rule("/ed/requests/<request_id>", "ed_request", follow)


def _elsewhere(wired: Wired) -> WerkzeugResponse | None:
    """Where somebody goes who is no staff; None for staff of a site."""
    me = frame.signed_in(wired)
    if me is None:
        return desk.sign_in_page(wired) or frame.to_front()
    if me["role"] != Role.STAFF.value or not me.get("site"):
        return redirect(frame.HOMES.get(Role(me["role"]), "/"), 303)
    return None


def _shared(tx: Transaction, caller: Caller) -> dict[str, Any]:
    network = tx.session.get_one(Network, caller.network_id)
    at_desk = pins.desk_of(tx, caller.session_id) is not None
    site = tx.session.get(Site, caller.site_id) if caller.site_id else None
    security = None if site is None else site.security_phone
    return {
        "phone": network.phone,
        "security_phone": security,
        "quiet_s": pins.QUIET_S if at_desk else None,
    }


def _requests(tx: Transaction, actor: Actor) -> list[dict[str, Any]]:
    """The site's open requests and those that ended a short while ago, newest first."""
    rows = tx.session.scalars(
        select(SupportRequest)
        .where(
            access.may_see_request(actor),
            SupportRequest.state.not_in(FINAL)
            | (SupportRequest.closed_at > tx.now - STILL_SHOWN)
            | SupportRequest.help.is_not(None)
            | SupportRequest.needs.is_not(None),
        )
        .order_by(SupportRequest.created_at.desc())
        .limit(60)
    ).all()
    return [shapes.request(found) for found in queries.request_rows(tx, rows)]


def _one(tx: Transaction, actor: Actor, request_id: str) -> dict[str, Any]:
    """One request with its facts, who asked, its clock, and what was said about it."""
    row = access.request(tx, actor, request_id)
    policy = parse(row.policy)
    rating = tx.session.get(Rating, row.id)
    return {
        "request": shapes.request(queries.one_request(tx, row)),
        "facts": [
            shapes.entry(one, Role.STAFF) for one in queries.facts_after(tx, row.id, 0, FACTS)
        ],
        # For this page only: no answer of the API and no fact carries it.
        "met": row.met or [],
        "asked_by": tx.session.get_one(User, row.requested_by_id).name,
        "rating": rating.rating.value if rating else None,
        "policy": {
            "waves": [wave.model_dump() for wave in policy.waves],
            "alarm_after_s": policy.alarm_after_s,
            "escalate_after_s": policy.escalate_after_s,
            "bridge": policy.bridge,
            "bridge_stop_s": policy.bridge_stop_s,
        },
    }


def _spoken(tx: Transaction, site: Site) -> list[str]:
    """Every language that a peer of the network speaks, in order of their names."""
    lists = tx.session.scalars(select(Peer.languages).where(Peer.network_id == site.network_id))
    return sorted({str(code) for spoken in lists for code in spoken}, key=_name_of)


def _name_of(code: str) -> str:
    """A language in its own words, `Français`; its code when nobody knows it."""
    try:
        name = Locale.parse(code, sep="-").get_display_name()
    except (ValueError, LookupError):
        name = None
    return name.capitalize() if name else code


def short_room(room: str) -> str:
    """What stands on a tile: `12` for `Room 12`, `Hall` for `Hall`."""
    last = room.rsplit(" ", 1)[-1]
    return last if last.isdigit() else room
