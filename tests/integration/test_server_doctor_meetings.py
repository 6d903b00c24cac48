"""The doctor beside a Jitsi or LiveKit server: one that knows us, and one that does not."""

from pathlib import Path

from server.doctor import meetings
from server.settings import Settings
from server.wiring import wire
from tests.harness.meetings import JitsiHost, LiveKitHost
from tests.harness.postgres import free_port


def said(tmp_path: Path, **values: object) -> list[tuple[bool, str]]:
    """What the doctor says."""
    told = {"alongside_env": "test", "alongside_data": tmp_path, **values}
    wired = wire(Settings.model_validate(told))
    try:
        return [(one.is_well, one.sentence) for one in meetings.examine(wired)]
    finally:
        wired.close()


def test_rooms_of_our_own_ask_nobody(tmp_path: Path) -> None:
    assert said(tmp_path) == []


def test_jitsi_is_there_or_not(tmp_path: Path) -> None:
    with JitsiHost() as host:
        assert said(tmp_path, video_rooms="jitsi", jitsi_url=host.url) == [
            (True, f"{host.url} answers")
        ]
    gone = f"http://127.0.0.1:{free_port()}"
    [(is_well, sentence)] = said(tmp_path, video_rooms="jitsi", jitsi_url=gone)
    assert not is_well
    assert "cannot be reached" in sentence


def test_livekit_knows_our_key_or_not(tmp_path: Path) -> None:
    with LiveKitHost() as host:
        known = {
            "video_rooms": "livekit",
            "livekit_url": host.url.replace("http", "ws"),
            "livekit_page": host.url,
            "livekit_key": host.KEY,
            "livekit_secret": host.SECRET,
        }
        assert [is_well for is_well, _ in said(tmp_path, **known)] == [True]
        [(is_well, sentence)] = said(tmp_path, **known | {"livekit_secret": "another" * 6})
        assert not is_well
        assert "does not accept LIVEKIT_KEY" in sentence
        assert "another" not in sentence
