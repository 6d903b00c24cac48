"""A call in somebody else's room: the signed pass with which one side comes into it.

Jitsi and LiveKit check a JWT that only the two of us can make. It opens one room, for ten minutes,
under a first name and an initial at most, and lets nobody record. It knows tokens; it refuses to
know sockets and rows.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey

from dispatch.rooms import Side
from server.settings import Settings

LIFE = timedelta(minutes=10)
"""Long enough to come in; who is inside stays, and a page that comes back gets a new one."""
_MAY_NOT = (
    "recording",
    "livestreaming",
    "transcription",
    "inbound-call",
    "outbound-call",
    "sip-inbound-call",
    "sip-outbound-call",
    "file-upload",
)


def identity(side: Side, tab: str) -> str:
    """Who somebody is over there: a side and a page, which name nobody."""
    return f"{side.value}.{tab}"


def parse_identity(text: str) -> tuple[Side, str] | None:
    """The side and the page of an identity of ours; None for anybody else's."""
    side, _, tab = text.partition(".")
    return (Side(side), tab) if side in list(Side) and tab else None


def offer(
    settings: Settings, visit_id: str, side: Side, tab: str, shown: str, now: datetime
) -> dict[str, Any] | None:
    """Where this side meets the other and its pass; None when calls go from browser to browser."""
    if settings.video_rooms == "jitsi":
        return {
            "kind": "jitsi",
            "url": settings.jitsi_url,
            "room": visit_id,
            "token": _jitsi(settings, visit_id, side, tab, shown, now),
        }
    if settings.video_rooms == "livekit":
        token = _livekit(settings, visit_id, side, tab, shown, now)
        query = urlencode({"liveKitUrl": settings.livekit_url, "token": token})
        url = f"{settings.livekit_page}/custom?{query}"
        return {"kind": "livekit", "url": url, "room": visit_id, "token": token}
    return None


def _jitsi(
    settings: Settings, visit_id: str, side: Side, tab: str, shown: str, now: datetime
) -> str:
    is_peer = side is Side.PEER
    claims = {
        "aud": "jitsi",
        "iss": settings.jitsi_app_id,
        "sub": urlsplit(settings.jitsi_url or "").hostname,
        "room": visit_id,
        "context": {
            "user": {
                "id": identity(side, tab),
                "name": shown,
                # Strings, as the checkers over there want them.
                "moderator": "true" if is_peer else "false",
                "affiliation": "owner" if is_peer else "member",
            },
            "features": dict.fromkeys(_MAY_NOT, "false"),
        },
    }
    assert settings.jitsi_app_secret is not None
    return _signed(claims, settings.jitsi_app_secret.get_secret_value(), now)


def _livekit(
    settings: Settings, visit_id: str, side: Side, tab: str, shown: str, now: datetime
) -> str:
    claims = {
        "iss": settings.livekit_key,
        "sub": identity(side, tab),
        "name": shown,
        "video": {
            "room": visit_id,
            "roomJoin": True,
            "canPublish": True,
            "canPublishSources": ["camera", "microphone"],
            "canSubscribe": True,
            # What is written goes by our own chat, and nobody calls themselves something else.
            "canPublishData": False,
            "canUpdateOwnMetadata": False,
            "roomAdmin": False,
            "roomRecord": False,
        },
    }
    assert settings.livekit_secret is not None
    return _signed(claims, settings.livekit_secret.get_secret_value(), now)


def _signed(claims: dict[str, Any], secret: str, now: datetime) -> str:
    times = {
        "nbf": int((now - timedelta(seconds=30)).timestamp()),
        "exp": int((now + LIFE).timestamp()),
    }
    key = OctKey.import_key(secret.encode())
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims | times, key)
