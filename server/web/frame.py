"""What every page shares: who is looking, in which language and theme, and the first data.

A page is `frame.render(...)`: the template extends `base.html`, and the browser's modules find the
same words, the same clock and the page's snapshot in `boot`. See docs/screens.md.
"""

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, make_response, redirect, render_template, request
from flask_babel import Babel, format_time, get_locale
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as WerkzeugResponse

from dispatch import shapes
from dispatch.errors import DomainError
from dispatch.states import Role
from server.api import people
from server.api.layer import COOKIE, read_credential
from server.auth.callers import authenticate
from server.errors import Problem, respond, to_problem
from server.web import icons, statics, words
from server.wiring import Wired

LANGUAGE_COOKIE = "alongside_language"
THEME_COOKIE = "alongside_theme"
THEMES = ("auto", "light", "dark")
PREFERENCE_LIFE_S = 365 * 24 * 3600

HOMES: dict[Role, str] = {}
"""Where each role lives. A page family puts itself in when it is installed: what is not installed
is shown nowhere."""

Me = dict[str, Any]


def signed_in(wired: Wired) -> Me | None:
    """The user of the session cookie in the shape of `/me`, or None."""
    if "page_me" not in g:
        g.page_me = _read(wired)
    me: Me | None = g.page_me
    return me


def _read(wired: Wired) -> Me | None:
    if COOKIE not in request.cookies:
        return None
    try:
        with wired.db.read() as tx:
            g.caller = authenticate(tx, read_credential(request, wired))
            me = people.me(tx, g.caller.user_id)
    except Problem:
        return None
    return me


def language() -> str:
    """The language of this page: what was chosen on this device, else what the browser asks for."""
    chosen = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in words.LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(words.LANGUAGES)) or words.FALLBACK


def theme(default: str) -> str:
    """`auto`, `light` or `dark`: what was chosen on this device, else the page family's own."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else default


def clock_time(moment: datetime) -> str:
    """A time of day as the page's language writes it, in the time zone of the site."""
    return str(format_time(moment, "short"))


def render(
    wired: Wired,
    template: str,
    *,
    family: str,
    default_theme: str = "auto",
    words_of: Iterable[str] = (),
    boot: dict[str, Any] | None = None,
    status: int = 200,
    **context: Any,
) -> Response:
    """The page `template`. `boot` reaches the browser beside the words of `words_of`.

    `boot` always has `language`, `now` (the server's clock), `me` and `words`.
    """
    me = signed_in(wired)
    spoken = words.Words(language())
    families = ("common", *words_of)
    page = render_template(
        template,
        family=family,
        me=me,
        t=spoken,
        language=spoken.language,
        languages=words.LANGUAGES,
        theme=theme(default_theme),
        home=HOMES.get(Role(me["role"])) if me else None,
        boot={
            "language": spoken.language,
            "now": shapes.stamp(wired.clock.now()),
            "me": me,
            "words": words.catalogue(spoken.language, families),
            **(boot or {}),
        },
        **context,
    )
    response = make_response(page, status)
    if request.args.get("lang") in words.LANGUAGES:
        remember(response, wired, LANGUAGE_COOKIE, spoken.language)
    return response


def tiles(wired: Wired) -> dict[str, str] | None:
    """Where a map finds its streets, and whose they are; None when nobody named such a place."""
    settings = wired.settings
    if settings.map_tiles_url is None:
        return None
    return {"url": settings.map_tiles_url, "attribution": settings.map_tiles_attribution}


def remember(response: WerkzeugResponse, wired: Wired, name: str, value: str) -> None:
    """Keep a preference on this device."""
    response.set_cookie(
        name,
        value,
        max_age=PREFERENCE_LIFE_S,
        samesite="Lax",
        secure=wired.settings.is_production,
    )


def to_front() -> WerkzeugResponse:
    """Off to sign in, and back here afterwards."""
    return redirect(f"/?next={request.path}", 303)


def next_page(default: str) -> str:
    """Where to go after signing in: a page of ours, never another host."""
    wanted = request.values.get("next", "")
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_ours and wanted.isprintable() else default


def install(app: Flask, wired: Wired) -> None:
    """Give templates what they share, and the two preferences a place to be chosen."""

    def choose() -> WerkzeugResponse:
        response = redirect(next_page("/"), 303)
        wanted = request.args.get("theme", "")
        if wanted in THEMES:
            remember(response, wired, THEME_COOKIE, wanted)
        if (spoken := request.args.get("lang", "")) in words.LANGUAGES:
            remember(response, wired, LANGUAGE_COOKIE, spoken)
        return response

    def in_words(error: Exception) -> WerkzeugResponse:
        """A refusal as a page for people; programs get the problem as it is."""
        if not _is_for_people():
            return respond(to_problem(error))
        problem = to_problem(error)
        if problem.status == HTTPStatus.UNAUTHORIZED:
            return to_front()
        # The database may be what is away: nobody is looked up for this page.
        g.page_me = None
        return render(wired, "oops.html", family="oops", status=problem.status, problem=problem)

    for kind in (NotFound, Problem, DomainError, OperationalError):
        app.register_error_handler(kind, in_words)
    Babel(app, locale_selector=language, timezone_selector=_time_zone)
    statics.install(app)
    app.add_url_rule("/choose", "choose", choose)
    app.jinja_env.filters["tone"] = tone
    app.jinja_env.globals.update(icon=icons.icon, clock_time=clock_time, get_locale=get_locale)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _is_for_people() -> bool:
    """Whether a browser asks for a page, and not a program or a module for data."""
    if request.path.startswith(("/api/", "/static/", "/socket.io/")):
        return False
    return "text/html" in request.headers.get("Accept", "")


def tone(name: str) -> int:
    """Which of the five colours a name has; `alongside/ui.js` counts the same way."""
    return sum(ord(letter) for letter in name) % 5 + 1


def _time_zone() -> str | None:
    me = g.get("page_me")
    return me["site"]["time_zone"] if me and me.get("site") else None
