"""How two browsers find a way to each other: STUN and TURN servers, and a password for a short time.

The password is what coturn's `use-auth-secret` checks: HMAC-SHA1 over "when it ends:who", so that no
account stands on the relay and a password that leaks is soon worth nothing. It knows no socket.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.settings import Settings

LIFE_S = 4 * 3600
"""Longer than a conversation: a relay asks again while it goes on."""


@dataclass(frozen=True)
class Password:
    """What a relay is shown."""

    username: str
    credential: str


def password(secret: str, who: str, now: datetime) -> Password:
    """A password for `who` that ends in `LIFE_S`."""
    username = f"{int(now.timestamp()) + LIFE_S}:{who}"
    # SHA-1 is what relays check; a MAC needs no collision resistance.
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return Password(username, base64.b64encode(digest).decode())


def servers(settings: Settings, who: str, now: datetime) -> dict[str, Any]:
    """What a browser's RTCPeerConnection is made with, in its own words.

    `who` is told to the relay: an id that names nobody.
    """
    found: list[dict[str, Any]] = []
    if settings.stun_urls:
        found.append({"urls": settings.stun_urls.split()})
    if settings.turn_urls and settings.turn_secret is not None:
        made = password(settings.turn_secret.get_secret_value(), who, now)
        found.append(
            {
                "urls": settings.turn_urls.split(),
                "username": made.username,
                "credential": made.credential,
            }
        )
    return {
        "ice_servers": found,
        "relay_only": settings.turn_only,
        "expires_in": LIFE_S,
    }
