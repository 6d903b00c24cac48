"""What LiveKit tells of a room: who came in, who left, that somebody records. Proved by its token.

The token is signed with the secret that we share and holds the digest of the body. Each message
counts once, whatever order and however often it comes.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from flask import Flask, Response, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from dispatch.actions import meetings as acts
from dispatch.errors import DomainError
from dispatch.models import Visit
from notifications.callbacks import is_first
from server.body import whole
from server.errors import Problem
from server.meetings import parse_identity
from server.wiring import Wired
from storage.database import Transaction

MAX_BYTES = 65_536
LEEWAY_S = 60
"""How far the two clocks may be apart."""


def install(app: Flask, wired: Wired) -> None:
    """Serve the hook. Without LiveKit in the settings every call is refused."""

    def told() -> Response:
        event = _believed(wired)
        with wired.db.transaction() as tx:
            took_s = _act(tx, event)
        if took_s is not None:
            wired.metrics.connects.observe(took_s)
        return Response(status=204)

    app.add_url_rule("/hooks/livekit", "hook:livekit", told, methods=["POST"])


def _believed(wired: Wired) -> dict[str, Any]:
    """The message of a call that LiveKit signed; a 403 `Problem` for all others."""
    request.max_content_length = MAX_BYTES
    settings = wired.settings
    body = whole(request)
    if settings.video_rooms != "livekit" or settings.livekit_secret is None:
        raise Problem("bad_signature")
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        key = OctKey.import_key(settings.livekit_secret.get_secret_value().encode())
        claims = jwt.decode(token, key, algorithms=["HS256"]).claims
        event = json.loads(body)
    except (JoseError, ValueError):
        raise Problem("bad_signature") from None
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    now = wired.clock.now().timestamp()
    ends = claims.get("exp")
    is_ours = (
        claims.get("iss") == settings.livekit_key
        and isinstance(ends, int)
        and ends > now - LEEWAY_S
        and hmac.compare_digest(str(claims.get("sha256", "")).encode(), digest.encode())
        and isinstance(event, dict)
    )
    if not is_ours:
        raise Problem("bad_signature")
    found: dict[str, Any] = event
    return found


def _act(tx: Transaction, event: dict[str, Any]) -> float | None:
    """The seconds it took to connect, with the message that completes it."""
    room, somebody = _part(event, "room"), _part(event, "participant")
    kind, event_id = event.get("event"), event.get("id")
    room = room or {"name": _part(event, "egressInfo").get("roomName")}
    if not isinstance(event_id, str) or not isinstance(room.get("name"), str):
        return None
    visit = tx.session.get(Visit, room["name"])
    if visit is None or not is_first(tx, f"livekit:{event_id}"):
        return None
    who = parse_identity(str(somebody.get("identity", "")))
    sid = str(somebody.get("sid", ""))[:64]
    try:
        with tx.session.begin_nested():
            if kind == "egress_started":
                acts.recorded(tx, visit)
            elif kind == "room_finished":
                acts.emptied(tx, visit)
            elif who is not None and sid and kind == "participant_joined":
                return acts.joined(tx, visit, *who, sid)
            elif who is not None and kind in ("participant_left", "participant_connection_aborted"):
                acts.left(tx, visit, who[0], sid)
    except DomainError:
        # A visit that is over, or one that has no room: what is told of it changes nothing.
        pass
    return None


def _part(event: dict[str, Any], name: str) -> dict[str, Any]:
    found = event.get(name)
    return found if isinstance(found, dict) else {}
