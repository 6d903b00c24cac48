"""An invitation opened: the person sets their password and is signed in.

The link works once and is only looked up by its hash; looking at the page does not use it up,
because links are looked at by machines too.
"""

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from dispatch.errors import NotFound
from dispatch.models import Network
from dispatch.states import Role
from server.auth import invitations, passwords
from server.auth.origin import refuse_other_origins
from server.web import frame
from server.web.pages.front import keep_session
from server.wiring import Wired

SHORTEST, LONGEST = 10, 200


def install(app: Flask, wired: Wired) -> None:
    """Serve the pages of `app`."""

    def opened(token: str) -> Response:
        return _page(wired, token)

    def welcome(token: str) -> WerkzeugResponse:
        refuse_other_origins(request, wired.settings.public_url)
        password = request.form.get("password", "")
        if not SHORTEST <= len(password) <= LONGEST or not password.isprintable():
            return _page(wired, token, refused="length")
        if password != request.form.get("again", ""):
            return _page(wired, token, refused="again")
        encoded = passwords.hash_password(password)
        try:
            with wired.db.transaction() as tx:
                session = invitations.welcome(tx, token, encoded)
                role = invitations.role_of(tx, session.user_id)
        except NotFound:
            return _page(wired, token)
        response = redirect(frame.HOMES.get(Role(role), "/"), 303)
        keep_session(response, wired.settings, session.secret)
        return response

    app.add_url_rule("/welcome/<token>", "welcome", opened)
    app.add_url_rule("/welcome/<token>", "welcome_set", welcome, methods=["POST"])


def _page(wired: Wired, token: str, refused: str = "") -> Response:
    name = email = network = ""
    try:
        with wired.db.read() as tx:
            user = invitations.invited(tx, token)
            name, email = user.name, user.email
            network = tx.session.get_one(Network, user.network_id).name
    except NotFound:
        pass
    status = 404 if not name else 422 if refused else 200
    return frame.render(
        wired,
        "manage/welcome.html",
        family="front",
        words_of=("manage",),
        name=name,
        email=email,
        network=network,
        refused=refused,
        shortest=SHORTEST,
        status=status,
    )
