"""An ED workstation: making this device a desk of a site, and its sign-in with names and a PIN.

`/desk` is for staff who signed in with a password; `/desk/<token>` is the link (or QR code) that
makes the device that opens it a desk.
"""

from typing import Any

import segno
from flask import Flask, Response, redirect, request
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from dispatch.errors import NotFound
from dispatch.models import Network, Site
from dispatch.states import Role
from server.api import desks as api
from server.api.layer import read_credential
from server.auth import desks, pins
from server.auth.callers import authenticate
from server.auth.origin import refuse_other_origins
from server.errors import Problem
from server.web import frame
from server.wiring import Wired
from storage.database import Transaction


def install(app: Flask, wired: Wired) -> None:
    """Serve the pages of `app`."""
    settings = wired.settings

    def desk() -> WerkzeugResponse:
        me = frame.signed_in(wired)
        if me is None or Role(me["role"]) not in api.KEEPING:
            return frame.to_front()
        with wired.db.read() as tx:
            sites = _sites(tx, me)
        return frame.render(
            wired,
            "desk/make.html",
            family="desk",
            default_theme="light",
            words_of=("desk",),
            sites=sites,
        )

    def make() -> WerkzeugResponse:
        """Make a desk: this device (`here`), or another by link and QR code."""
        refuse_other_origins(request, settings.public_url)
        name = request.form.get("name", "").strip()[:60] or "ED desk"
        with wired.db.transaction() as tx:
            caller = authenticate(tx, read_credential(request, wired))
            if caller.role not in api.KEEPING or not name.isprintable():
                raise Problem("forbidden")
            site_id = caller.site_id or request.form.get("site_id", "")
            made = desks.make(tx, caller.as_actor(), site_id, name)
            if "here" in request.form:
                made = desks.claim(tx, made.secret)
        if "here" in request.form:
            response = redirect("/desk", 303)
            _keep(response, wired, made.secret)
            return response
        link = f"{settings.public_url}/desk/{made.secret}"
        return frame.render(
            wired,
            "desk/link.html",
            family="desk",
            default_theme="light",
            words_of=("desk",),
            link=link,
            name=name,
            code=Markup(segno.make(link, error="m").svg_inline(scale=6, border=2, omitsize=True)),  # noqa: S704  # made here, from our own address
        )

    def opened(token: str) -> Response:
        """What the link would do; a press does it, because links are looked at by machines too."""
        try:
            with wired.db.read() as tx:
                found = desks.by_link(tx, token)
                site = tx.session.get_one(Site, found.site_id).name
                name = found.name
        except NotFound:
            site = name = ""
        return frame.render(
            wired,
            "desk/claim.html",
            family="desk",
            default_theme="light",
            words_of=("desk",),
            site=site,
            name=name,
            token=token,
            status=200 if site else 404,
        )

    def claim(token: str) -> WerkzeugResponse:
        refuse_other_origins(request, settings.public_url)
        with wired.db.transaction() as tx:
            made = desks.claim(tx, token)
        response = redirect("/ed", 303)
        _keep(response, wired, made.secret)
        return response

    app.add_url_rule("/desk", "desk", desk)
    app.add_url_rule("/desk", "desk_make", make, methods=["POST"])
    app.add_url_rule("/desk/<token>", "desk_link", opened)
    app.add_url_rule("/desk/<token>", "desk_claim", claim, methods=["POST"])


def _sites(tx: Transaction, me: dict[str, Any]) -> list[tuple[str, str]]:
    """The sites that somebody may make desks of: staff their own, others their network's."""
    rows = select(Site.id, Site.name).where(Site.network_id == me["network"]["id"], Site.is_active)
    if me.get("site"):
        rows = rows.where(Site.id == me["site"]["id"])
    return [(site_id, name) for site_id, name in tx.session.execute(rows.order_by(Site.name))]


def sign_in_page(wired: Wired) -> Response | None:
    """The names of this desk and its PIN pad, or None when this device is no desk."""
    secret = request.cookies.get(api.DESK_COOKIE)
    try:
        with wired.db.read() as tx:
            desk = desks.recognise(tx, secret)
            view = api.view(tx, desk)
            phone = tx.session.get_one(Network, desk.network_id).phone
    except Problem:
        return None
    return frame.render(
        wired,
        "desk/sign_in.html",
        family="desk",
        default_theme="light",
        words_of=("desk",),
        boot={"view": view, "site": view["desk"]["site"], "tries": pins.TRIES, "phone": phone},
        view=view,
    )


def _keep(response: WerkzeugResponse, wired: Wired, secret: str) -> None:
    response.set_cookie(
        api.DESK_COOKIE,
        secret,
        max_age=int(desks.DESK_LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=wired.settings.is_production,
    )
