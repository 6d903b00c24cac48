"""The pass into another service's room: what it says, for how long, and that nobody else can make it."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dispatch.rooms import Side
from server import meetings
from server.settings import Settings
from tests.harness.meetings import JitsiHost, LiveKitHost, claims_of

ROOM, TAB = "0123456789abcdef0123456789abcdef", "pagepage"


def settings(folder: Path, kind: str) -> Settings:
    """The settings of one of the three kinds of room."""
    return Settings.model_validate(
        {
            "alongside_env": "test",
            "alongside_data": folder,
            "video_rooms": kind,
            "jitsi_url": "https://meet.example",
            "jitsi_app_id": JitsiHost.APP,
            "jitsi_app_secret": JitsiHost.SECRET,
            "livekit_url": "wss://live.example",
            "livekit_page": "https://page.example",
            "livekit_key": LiveKitHost.KEY,
            "livekit_secret": LiveKitHost.SECRET,
        }
    )


def passed(folder: Path, kind: str, side: Side, now: datetime | None = None) -> dict[str, Any]:
    """What one side is handed."""
    when = now or datetime.now(UTC)
    found = meetings.offer(settings(folder, kind), ROOM, side, TAB, "Joe N.", when)
    assert found is not None
    return found


def test_our_own_rooms_need_no_pass(tmp_path: Path) -> None:
    own = settings(tmp_path, "own")
    assert meetings.offer(own, ROOM, Side.PEER, TAB, "Joe N.", datetime.now(UTC)) is None


def test_jitsi_is_told_one_room_and_no_more_than_a_first_name(tmp_path: Path) -> None:
    told = passed(tmp_path, "jitsi", Side.GUEST)
    assert (told["url"], told["room"]) == ("https://meet.example", ROOM)
    claims = claims_of(told["token"], JitsiHost.SECRET)
    assert claims is not None
    times = (claims.pop("nbf"), claims.pop("exp"))
    assert times[0] <= time.time() <= times[1] <= time.time() + 601
    features = claims["context"].pop("features")
    assert {"recording", "livestreaming", "transcription"} <= set(features)
    assert set(features.values()) == {"false"}
    assert claims == {
        "aud": "jitsi",
        "iss": "alongside",
        "sub": "meet.example",
        "room": ROOM,
        "context": {
            "user": {
                "id": f"guest.{TAB}",
                "name": "Joe N.",
                "moderator": "false",
                "affiliation": "member",
            }
        },
    }


def test_livekit_is_told_what_may_be_done_there(tmp_path: Path) -> None:
    told = passed(tmp_path, "livekit", Side.PEER)
    assert told["url"].startswith("https://page.example/custom?liveKitUrl=wss%3A%2F%2Flive.example")
    claims = claims_of(told["token"], LiveKitHost.SECRET)
    assert claims is not None
    assert (claims["iss"], claims["sub"], claims["name"]) == (
        LiveKitHost.KEY,
        f"peer.{TAB}",
        "Joe N.",
    )
    may = {name for name, is_so in claims["video"].items() if is_so is True}
    assert may == {"roomJoin", "canPublish", "canSubscribe"}
    assert meetings.parse_identity(claims["sub"]) == (Side.PEER, TAB)
    for other in ("", "peer", "nurse.pagepage", "guest."):
        assert meetings.parse_identity(other) is None


@pytest.mark.parametrize(
    "kind, secret", [("jitsi", JitsiHost.SECRET), ("livekit", LiveKitHost.SECRET)]
)
def test_a_pass_ends_and_cannot_be_altered(tmp_path: Path, kind: str, secret: str) -> None:
    token = passed(tmp_path, kind, Side.PEER)["token"]
    assert claims_of(token, secret) is not None
    assert claims_of(token, secret + "!") is None
    head, body, proof = token.split(".")
    assert claims_of(f"{head}.{body[:-2]}{body[-1]}{body[-2]}.{proof}", secret) is None
    old = passed(tmp_path, kind, Side.PEER, datetime.now(UTC) - timedelta(minutes=11))["token"]
    assert claims_of(old, secret) is None
