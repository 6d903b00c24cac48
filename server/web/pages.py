"""The front page, signing in by cookie, and the reference pages. Nothing is loaded from elsewhere.

The demonstration's sign-ins are shown only when the instance says that it is one.
"""

import json
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from server.api import openapi, people
from server.api.layer import COOKIE, read_credential
from server.api.routes import NOUNS
from server.auth import sessions
from server.auth.callers import authenticate
from server.auth.origin import refuse_other_origins
from server.auth.sign_in import check_password, open_for
from server.errors import KINDS, Problem
from server.models import SessionKind
from server.seed import demo_users
from server.wiring import Wired


def install(app: Flask, wired: Wired) -> None:
    """Serve the pages of `app`."""
    settings = wired.settings
    reference = openapi.document(NOUNS, settings.public_url)

    def front() -> str:
        me = _signed_in_as(wired)
        return render_template("front.html", me=me, users=[] if me else demo_users(settings))

    def sign_in() -> WerkzeugResponse | tuple[str, int]:
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
            page = render_template(
                "front.html", me=None, users=demo_users(settings), refused=refused
            )
            return make_response(page, refused.status, refused.headers)
        with wired.db.transaction() as tx:
            opened = open_for(tx, user_id, SessionKind.COOKIE)
        response = redirect("/", 303)
        response.set_cookie(
            COOKIE,
            opened.secret,
            max_age=int(sessions.COOKIE_LIFE.total_seconds()),
            httponly=True,
            samesite="Lax",
            secure=settings.is_production,
        )
        return response

    def sign_out() -> WerkzeugResponse:
        refuse_other_origins(request, settings.public_url)
        credential = read_credential(request, wired)
        with wired.db.transaction() as tx:
            sessions.revoke(tx, authenticate(tx, credential).session_id, "signed out")
        response = redirect("/", 303)
        response.delete_cookie(COOKIE)
        return response

    def openapi_json() -> Response:
        return jsonify(reference)

    def api_page() -> str:
        return render_template(
            "api.html", nouns=NOUNS, problems_of=openapi.problems_of, schemas=_fields(reference)
        )

    def errors_page() -> str:
        return render_template("errors.html", kinds=sorted(KINDS.items()))

    app.add_url_rule("/", "front", front)
    app.add_url_rule("/sign-in", "sign_in", sign_in, methods=["POST"])
    app.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])
    app.add_url_rule("/openapi.json", "openapi", openapi_json)
    app.add_url_rule("/docs/api", "api_page", api_page)
    app.add_url_rule("/docs/errors", "errors_page", errors_page)


def _signed_in_as(wired: Wired) -> dict[str, Any] | None:
    """The user of the session cookie, or None."""
    if COOKIE not in request.cookies:
        return None
    try:
        with wired.db.read() as tx:
            g.caller = authenticate(tx, read_credential(request, wired))
            return people.me(tx, g.caller.user_id)
    except Problem:
        return None


def _fields(reference: dict[str, Any]) -> dict[str, list[tuple[str, str, bool, str]]]:
    """For each schema its fields: name, type in words, whether it must be there, description."""
    found = {}
    for name, schema in reference["components"]["schemas"].items():
        required = schema.get("required", [])
        found[name] = [
            (field, _in_words(shape), field in required, shape.get("description", ""))
            for field, shape in schema.get("properties", {}).items()
        ]
    return found


def _in_words(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"].rsplit("/", 1)[1])
    if "anyOf" in shape:
        return " or ".join(_in_words(option) for option in shape["anyOf"])
    if "enum" in shape or "const" in shape:
        return " | ".join(json.dumps(value) for value in shape.get("enum", [shape.get("const")]))
    if shape.get("type") == "array":
        return f"list of {_in_words(shape.get('items', {}))}"
    words = str(shape.get("type", "anything"))
    if "format" in shape:
        words += f" ({shape['format']})"
    return words
