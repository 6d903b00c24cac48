"""Who are you: the front page, signing in by cookie, and out again.

The demonstration's sign-ins are shown only when the instance says that it is one.
"""

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from dispatch.models import User
from dispatch.states import Role
from server.api.layer import COOKIE, read_credential
from server.auth import sessions
from server.auth.callers import authenticate
from server.auth.origin import refuse_other_origins
from server.auth.sign_in import check_password, open_for
from server.errors import Problem
from server.models import SessionKind
from server.seed import demo_users
from server.settings import Settings
from server.web import frame
from server.wiring import Wired


def install(app: Flask, wired: Wired) -> None:
    """Serve the pages of `app`."""
    settings = wired.settings

    def front() -> WerkzeugResponse:
        me = frame.signed_in(wired)
        if me is not None and "next" in request.args:
            return redirect(frame.next_page("/"), 303)
        return _page(wired, settings)

    def sign_in() -> WerkzeugResponse:
        refuse_other_origins(request, settings.public_url)
        email, password = request.form.get("email", ""), request.form.get("password", "")
        try:
            user_id = check_password(
                wired.db,
                wired.logins,
                email=email[:254],
                password=password[:200],
                address=request.remote_addr or "",
            )
        except Problem as refused:
            return _page(wired, settings, refused=refused, email=email[:254])
        with wired.db.transaction() as tx:
            opened = open_for(tx, user_id, SessionKind.COOKIE)
            role = tx.session.get_one(User, user_id).role
        response = redirect(frame.next_page(frame.HOMES.get(Role(role), "/")), 303)
        keep_session(response, settings, opened.secret)
        return response

    def sign_out() -> WerkzeugResponse:
        refuse_other_origins(request, settings.public_url)
        response = redirect(frame.next_page("/"), 303)
        response.delete_cookie(COOKIE)
        try:
            with wired.db.transaction() as tx:
                caller = authenticate(tx, read_credential(request, wired))
                sessions.revoke(tx, caller.session_id, "signed out")
        except Problem:
            # The session ended by itself while the page was open: out is out.
            return response
        return response

    app.add_url_rule("/", "front", front)
    app.add_url_rule("/sign-in", "sign_in", sign_in, methods=["POST"])
    app.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])


def keep_session(response: WerkzeugResponse, settings: Settings, secret: str) -> None:
    """Hand the browser its session."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(sessions.COOKIE_LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=settings.is_production,
    )


def _page(
    wired: Wired, settings: Settings, *, refused: Problem | None = None, email: str = ""
) -> Response:
    response = frame.render(
        wired,
        "front.html",
        family="front",
        users=[] if frame.signed_in(wired) else demo_users(settings),
        refused=refused,
        email=email,
        next=request.values.get("next", ""),
        status=refused.status if refused else 200,
    )
    if refused is not None:
        response.headers.update(refused.headers)
    return response
