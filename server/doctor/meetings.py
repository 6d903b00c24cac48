"""Does the service answer in whose rooms calls happen, and does it know our key?

LiveKit is asked for its rooms, which changes nothing. Jitsi has no question that needs a key: its
script is fetched, and that its secret is ours is seen only when somebody comes in.
"""

from collections.abc import Iterator
from datetime import datetime

import requests
from joserfc import jwt
from joserfc.jwk import OctKey

from server.doctor.finding import Finding
from server.settings import Settings
from server.wiring import Wired

PATIENCE_S = 5.0


def examine(wired: Wired) -> Iterator[Finding]:
    """One finding; nothing when calls go from browser to browser."""
    settings = wired.settings
    if settings.video_rooms == "own" or settings.meeting_origin is None:
        return
    ask = _ask_jitsi if settings.video_rooms == "jitsi" else _ask_livekit
    try:
        problem = ask(settings, wired.clock.now())
    except requests.RequestException:
        problem = "cannot be reached from this machine, or does not answer"
    where = settings.jitsi_url if settings.video_rooms == "jitsi" else settings.livekit_url
    yield Finding(settings.video_rooms, not problem, f"{where} {problem or 'answers'}")


def _ask_jitsi(settings: Settings, now: datetime) -> str:  # noqa: ARG001  # both are asked alike
    answer = _session().get(f"{settings.jitsi_url}/external_api.js", timeout=PATIENCE_S)
    is_script = answer.ok and "JitsiMeetExternalAPI" in answer.text
    return "" if is_script else "is no Jitsi server: it has no external_api.js"


def _ask_livekit(settings: Settings, now: datetime) -> str:
    if settings.livekit_url is None or settings.livekit_secret is None:
        return "lacks its settings"
    key = OctKey.import_key(settings.livekit_secret.get_secret_value().encode())
    claims = {
        "iss": settings.livekit_key,
        "exp": int(now.timestamp()) + 60,
        "video": {"roomList": True},
    }
    answer = _session().post(
        settings.livekit_url.replace("ws", "http", 1) + "/twirp/livekit.RoomService/ListRooms",
        json={},
        headers={"Authorization": f"Bearer {jwt.encode({'alg': 'HS256'}, claims, key)}"},
        timeout=PATIENCE_S,
    )
    if answer.status_code == requests.codes.unauthorized:
        return "does not accept LIVEKIT_KEY and LIVEKIT_SECRET, or its clock is wrong"
    return "" if answer.ok else f"is no LiveKit server: it answers {answer.status_code}"


def _session() -> requests.Session:
    """No proxy of the environment stands between."""
    session = requests.Session()
    session.trust_env = False
    return session
