"""Service workers, put together from files: what must be known, what pages use too, and what rings.

A classic worker runs in every browser, so shared modules lose their exports. It knows how a worker
is made of its parts; it refuses to know what a page looks like.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from flask import Response

from notifications.messages import CATALOGUE
from server.web import statics, words

SHARED = ("js/peer/queue.js", "js/peer/subscription.js", "js/peer/worker_push.js")


def script(scope: str, text: str, own: str, known: Mapping[str, Any]) -> str:
    """The worker of `scope`. A push that carries no words says those of the catalogue's `text`."""
    spoken = CATALOGUE[text]
    texts = {code: [spoken.text(code).title, spoken.text(code).body] for code in words.LANGUAGES}
    shared = {
        "scope": scope,
        "texts": texts,
        "icon": statics.address("icons/icon-192.png"),
        "badge": statics.address("icons/badge-96.png"),
    }
    parts = [
        re.sub(r"^export ", "", statics.text(name), flags=re.MULTILINE) for name in (*SHARED, own)
    ]
    return f"const KNOWN = {json.dumps(shared | dict(known))};\n" + "\n".join(parts)


def answer(content: str) -> Response:
    """The script as browsers take it; they look for a new one at every visit."""
    response = Response(content, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response
