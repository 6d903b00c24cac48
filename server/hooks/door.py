"""The door of the provider: the signature before anything else, then the form, then a transaction.

No session, no cookie, no CSRF: who has the token is believed, everybody else changes nothing. What
was signed is the address under PUBLIC_URL, whatever a proxy in front made of it.
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from flask import Flask, Response, request

from server.body import whole
from server.errors import Problem
from server.hooks import bridged, calls, signature, status, texts, twiml
from server.telephony import calling, texting
from server.wiring import Wired

MAX_BYTES = 16_384
MAX_FIELDS = 100
FORM = "application/x-www-form-urlencoded"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

Form = dict[str, str]
Hook = Callable[..., bytes]


def install(app: Flask, wired: Wired) -> None:
    """Serve the hooks of `app`. Without a provider in the settings every call is refused."""
    hooks: dict[str, Hook] = {
        "/hooks/sms": texts.received,
        "/hooks/sms/status": status.of_text,
        "/hooks/voice/status": status.of_call,
        "/hooks/voice/<delivery_id>": calls.picked_up,
        "/hooks/voice/<delivery_id>/key": calls.key_pressed,
        **bridged.HOOKS,
    }
    for rule, hook in hooks.items():
        app.add_url_rule(rule, f"hook:{rule}", _guarded(wired, hook), methods=["POST"])


def _guarded(wired: Wired, hook: Hook) -> Callable[..., Response]:
    def endpoint(**path: str) -> Response:
        form, query = _believed(wired)
        if not all(_ID.fullmatch(value) for value in (*path.values(), *query.values())):
            raise Problem("not_found")
        answer = hook(wired, form, **path, **({"query": query} if query else {}))
        return Response(answer, content_type=twiml.CONTENT_TYPE)

    return endpoint


def _believed(wired: Wired) -> tuple[Form, Form]:
    """The form and the query of a call that the provider signed; a 403 `Problem` for all others."""
    request.max_content_length = MAX_BYTES
    account = texting(wired.settings) or calling(wired.settings)
    given = request.headers.get(signature.HEADER, "")
    if account is None or not given or request.mimetype != FORM:
        raise Problem("bad_signature")
    query = request.query_string.decode("ascii", "replace")
    try:
        raw = whole(request)
        fields = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Problem("bad_signature") from None
    url = wired.settings.public_url + request.path + (f"?{query}" if query else "")
    if not signature.is_genuine(account.token, url, fields, given):
        raise Problem("bad_signature")
    return dict(fields), dict(parse_qsl(query))
