"""What the settings of a Jitsi or LiveKit room lack. Apart from `settings`, which calls it."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from server.settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SECRET_MIN_CHARS = 32


def incomplete(settings: "Settings") -> list[str]:
    """What a Jitsi or LiveKit room lacks: without it no call would connect, in a demo too."""
    if settings.video_rooms == "own":
        return []
    kind = settings.video_rooms
    names = {
        "jitsi": ("jitsi_url", "jitsi_app_id", "jitsi_app_secret"),
        "livekit": ("livekit_url", "livekit_page", "livekit_key", "livekit_secret"),
    }[kind]
    found = [
        f"{name.upper()}: must be set with VIDEO_ROOMS={kind}"
        for name in names
        if getattr(settings, name) is None
    ]
    secret = settings.jitsi_app_secret if kind == "jitsi" else settings.livekit_secret
    if secret is not None and len(secret.get_secret_value()) < SECRET_MIN_CHARS:
        found.append(f"{names[-1].upper()}: must have at least {SECRET_MIN_CHARS} characters")
    if settings.is_production:
        for name in names[:2]:
            address = urlsplit(getattr(settings, name) or "")
            if address.scheme in ("http", "ws") and address.hostname not in LOOPBACK:
                found.append(f"{name.upper()}: must be https or wss; calls would be overheard")
    return found
