"""Signing in and out, and who is signed in."""

from typing import Annotated

from flask import request
from pydantic import Field

from server.api import people
from server.api.answers import MeAnswer, TokensAnswer
from server.api.declare import ANYONE, EVERY_ROLE, Call, Json, Routes
from server.api.models import TEXT, Body
from server.auth import sessions
from server.auth.sign_in import check_password, open_for
from server.auth.tokens import ACCESS_LIFE_S
from server.errors import Problem
from server.models import SessionKind
from server.wiring import Wired
from storage.database import Transaction

routes = Routes("sessions", "Signing in and out.")


class SignIn(Body):
    """E-mail and password."""

    email: Annotated[str, Field(min_length=1, max_length=254, pattern=TEXT)]
    password: Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT)]


class Refresh(Body):
    """The newest refresh token of a session."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT)]


@routes.add(
    "POST",
    "/sessions",
    roles=ANYONE,
    answer=TokensAnswer,
    status=201,
    summary="Sign in.",
    problems=("bad_credentials", "too_many_attempts"),
)
def sign_in(wired: Wired, body: SignIn) -> Json:
    """A session for a phone or a program; a browser's page signs in with a cookie instead."""
    user_id = check_password(
        wired.db,
        wired.logins,
        email=body.email,
        password=body.password,
        address=request.remote_addr or "",
    )
    with wired.db.transaction() as tx:
        return _tokens(wired, tx, open_for(tx, user_id, SessionKind.BEARER))


@routes.add(
    "POST",
    "/sessions/refresh",
    roles=ANYONE,
    answer=TokensAnswer,
    summary="Exchange a refresh token for fresh tokens. It works once.",
    problems=("refresh_invalid", "refresh_reused"),
)
def refresh(wired: Wired, body: Refresh) -> Json:
    """A second use of a token ends its session: one of the two users stole it."""
    with wired.db.transaction() as tx:
        opened = sessions.refresh(tx, body.refresh_token)
        if isinstance(opened, sessions.Opened):
            return _tokens(wired, tx, opened)
    raise Problem("refresh_reused" if opened.was_reused else "refresh_invalid")


@routes.add(
    "DELETE", "/sessions/current", roles=EVERY_ROLE, status=204, summary="Sign out, at once."
)
def sign_out(call: Call) -> None:
    """Ends the session, its access token and its refresh tokens."""
    sessions.revoke(call.tx, call.caller.session_id, "signed out")


@routes.add("GET", "/me", roles=EVERY_ROLE, answer=MeAnswer, summary="Who is signed in.")
def me(call: Call) -> Json:
    """The user with their network, and their site or profile."""
    return people.me(call.tx, call.caller.user_id)


def _tokens(wired: Wired, tx: Transaction, opened: sessions.Opened) -> Json:
    token, _ = wired.tokens.issue(opened.user_id, opened.session_id, tx.now)
    return {
        "access_token": token,
        "refresh_token": opened.secret,
        "expires_in": ACCESS_LIFE_S,
        "user": people.me(tx, opened.user_id),
    }
