"""The peer's phone: one page that draws every screen, installable, and readable without signal.

`/peer` and all below it is the same page with the phone's snapshot in it; `/peer/shell` is that page
without anybody's data, which the service worker keeps. It knows which files a phone needs; it
refuses to know what is drawn with them.
"""

import gzip
import hashlib
import json
import re
from functools import cache
from typing import Any

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from dispatch.states import Role, Trait
from notifications.models import Kind
from server.api import phone
from server.web import frame, statics, words
from server.web.pages import workers
from server.wiring import Wired

SCOPE = "/peer"
SHELL = "/peer/shell"
_KEPT = (
    r"css/(tokens|base|components|live|talk|peer\w*)\.css"
    r"|js/(a11y|api|arrival|boot|calls|clock|live|ui|words)\.js|js/peer/(?!worker)\w+\.js"
    r"|js/chat/(thread|unsent|staff|talk|unread|phone)\.js"
    r"|vendor/(?!leaflet)[\w-]+\.js|icon\.svg|icons/icon-192\.png"
)
"""The files that the phone keeps for the time without signal."""
_DARK, _LIGHT = "#141018", "#F6F4F7"


def install(app: Flask, wired: Wired) -> None:
    """Serve the pages of `app`; peers live here."""
    frame.HOMES[Role.PEER] = SCOPE

    def peer(rest: str = "") -> WerkzeugResponse:  # noqa: ARG001  # the page itself reads its address
        me = frame.signed_in(wired)
        if me is None:
            return frame.to_front()
        if me["role"] != Role.PEER.value:
            return redirect(frame.HOMES.get(Role(me["role"]), "/"), 303)
        with wired.db.read() as tx:
            snapshot = phone.snapshot(tx, wired, me["id"])
        return _page(wired, {"phone": snapshot})

    def shell() -> WerkzeugResponse:
        # Nobody's data, and no clock: it may be read long after it was written.
        return _page(wired, {"phone": None, "me": None, "now": None})

    def manifest() -> Response:
        spoken = words.Words(frame.language())
        return Response(json.dumps(_manifest(spoken)), content_type="application/manifest+json")

    app.add_url_rule(SCOPE, "peer", peer)
    app.add_url_rule("/peer/<path:rest>", "peer_below", peer)
    app.add_url_rule(SHELL, "peer_shell", shell)
    app.add_url_rule("/peer/manifest.webmanifest", "peer_manifest", manifest)
    app.add_url_rule("/sw.js", "service_worker", lambda: workers.answer(worker_script()))


def _page(wired: Wired, boot: dict[str, Any]) -> Response:
    page = frame.render(
        wired,
        "peer/app.html",
        family="peer",
        default_theme="auto",
        words_of=(
            "peer",
            "arrival",
            "ring",
            "alarm_help",
            "voices",
            "wishes",
            "own",
            "suits",
            "kept",
            "bridge",
            "room_door",
            "needs",
            "talk",
            "by_phone",
            "stays",
            "talk_room",
        ),
        boot={
            "theme": frame.theme("auto"),
            "languages": words.LANGUAGES,
            "traits": [one.value for one in Trait],
            "telephony": sorted(wired.kinds & {Kind.SMS, Kind.VOICE}),
            **boot,
        },
        colours=(_LIGHT, _DARK),
        modules=[name for name in _kept() if name.endswith(".js")],
    )
    return _zipped(page)


def _zipped(page: Response) -> Response:
    """The page as few bytes: most of it is words. What it holds is its reader's own, and the only
    secret in it, the nonce, is new each time, so its length tells nobody anything."""
    page.headers["Vary"] = "Accept-Encoding"
    if request.accept_encodings.quality("gzip") > 0:
        page.set_data(gzip.compress(page.get_data(), 6, mtime=0))
        page.headers["Content-Encoding"] = "gzip"
    return page


@cache
def _kept() -> list[str]:
    return [name for name in statics.names() if re.fullmatch(_KEPT, name)]


def _manifest(t: words.Words) -> dict[str, Any]:
    def icon(name: str, size: int, purpose: str) -> dict[str, str]:
        address = statics.address(f"icons/{name}.png")
        return {
            "src": address,
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }

    return {
        "id": SCOPE,
        "name": "Alongside",
        "short_name": "Alongside",
        "description": t("p_manifest"),
        "lang": t.language,
        "start_url": SCOPE,
        "scope": SCOPE,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": _LIGHT,
        "theme_color": _LIGHT,
        "icons": [
            icon("icon-192", 192, "any"),
            icon("icon-512", 512, "any"),
            icon("icon-maskable-512", 512, "maskable"),
            {
                "src": statics.address("icon.svg"),
                "sizes": "any",
                "type": "image/svg+xml",
                "purpose": "any",
            },
        ],
    }


@cache
def worker_script() -> str:
    """The service worker of the phone: it rings, and it keeps the page."""
    known = {"files": [statics.address(name) for name in _kept()], "shell": SHELL}
    spoken = [words.catalogue(code, words.families()) for code in words.LANGUAGES]
    page = json.dumps([known, spoken], sort_keys=True).encode()
    known["version"] = hashlib.sha256(page).hexdigest()[:12]
    return workers.script(SCOPE, "offer_private", "js/peer/worker.js", known)
