"""The doctor beside a relay: one that knows us, one that does not, and one that is not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.doctor import video
from server.settings import Settings
from server.wiring import wire
from tests.harness.postgres import free_port
from tests.harness.turn import SECRET, Relay


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay on the loopback interface."""
    made = Relay()
    yield made
    made.close()


def said(tmp_path: Path, **values: object) -> list[tuple[bool, str]]:
    """What the doctor says."""
    told = {"alongside_env": "test", "alongside_data": tmp_path, **values}
    wired = wire(Settings.model_validate(told))
    try:
        return [(one.is_well, one.sentence) for one in video.examine(wired)]
    finally:
        wired.close()


def test_a_relay_that_knows_us_answers(tmp_path: Path, relay: Relay) -> None:
    found = said(
        tmp_path,
        turn_urls=relay.url,
        turn_secret=SECRET,
        stun_urls=f"stun:127.0.0.1:{relay.port}",
    )
    assert found == [
        (True, f"stun:127.0.0.1:{relay.port} answers"),
        (True, f"{relay.url} answers"),
    ]


def test_another_secret_is_named(tmp_path: Path, relay: Relay) -> None:
    [(is_well, sentence)] = said(tmp_path, turn_urls=relay.url, turn_secret="another")
    assert not is_well
    assert "does not accept TURN_SECRET" in sentence
    assert "another" not in sentence


def test_a_relay_that_is_away_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "PATIENCE_S", 0.2)
    [(is_well, sentence)] = said(
        tmp_path, turn_urls=f"turn:127.0.0.1:{free_port()}", turn_secret="x"
    )
    assert not is_well
    assert "cannot be reached" in sentence


def test_without_any_the_doctor_says_what_that_means(tmp_path: Path) -> None:
    [(is_well, sentence)] = said(tmp_path)
    assert is_well
    assert "only browsers in one network" in sentence
