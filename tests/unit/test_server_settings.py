"""Which environments start, and what production refuses by name."""

import stat
from pathlib import Path
from typing import Any

import pytest

from server import settings as module
from server.settings import EXAMPLE_SECRET, Settings, SettingsError, load, unsafe

SAFE = {
    "ALONGSIDE_ENV": "production",
    "DATABASE_URL": "postgresql://user:hunter2@db.example/alongside",
    "REDIS_URL": "redis://redis.example/0",
    "SECRET_KEY": "kZ3v9QmT7xW1sB5nL8rC2yF6hJ4dG0pA",
    "PUBLIC_URL": "https://alongside.example",
    "PUSH": "fcm",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    monkeypatch.setenv("ALONGSIDE_DATA", str(tmp_path))
    (tmp_path / "firebase.json").write_text("{}")


def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **changes: str | None) -> Settings:
    """Load the safe production settings with some changed (None: not set)."""
    values = SAFE | {"FIREBASE_CREDENTIALS": str(tmp_path / "firebase.json")} | changes
    for name, value in values.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return load()


def test_nothing_set_is_a_demonstration_in_var(tmp_path: Path) -> None:
    settings = load()
    assert settings.alongside_env == "demo"
    assert settings.database_url == f"sqlite:///{tmp_path / 'alongside.sqlite3'}"
    assert settings.uses_sqlite
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.push == "console"


def test_a_demonstration_keeps_its_own_secret(tmp_path: Path) -> None:
    first, second = load().secret_key, load().secret_key
    assert first == second
    assert len(first.get_secret_value()) >= module.SECRET_MIN_CHARS
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_production_cannot_be_made_to_fail_on_purpose(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="ALONGSIDE_FAILPOINTS"):
        start(monkeypatch, tmp_path, ALONGSIDE_FAILPOINTS=str(tmp_path))


def test_an_empty_value_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "")
    assert load().redis_url is None


def test_safe_production_settings_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = start(monkeypatch, tmp_path)
    assert settings.is_production
    assert unsafe(settings) == []
    start(monkeypatch, tmp_path, WEB_CONCURRENCY="4")


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "short but 1 of 2 kinds"}, "SECRET_KEY"),
        ({"SECRET_KEY": EXAMPLE_SECRET}, "SECRET_KEY"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY"),
        ({"PUBLIC_URL": "http://alongside.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": None}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://alongside.example/path"}, "PUBLIC_URL"),
        ({"PUSH": "console"}, "PUSH"),
        ({"PUSH": "memory"}, "PUSH"),
        ({"PUSH": "pigeon"}, "PUSH"),
        ({"FIREBASE_CREDENTIALS": None}, "FIREBASE_CREDENTIALS"),
        ({"FIREBASE_CREDENTIALS": "no-such-file.json"}, "FIREBASE_CREDENTIALS"),
        ({"FCM_BASE_URL": "http://fcm.example"}, "FCM_BASE_URL"),
        ({"DATABASE_URL": "sqlite:///x.sqlite3", "WEB_CONCURRENCY": "2"}, "DATABASE_URL"),
        ({"DATABASE_URL": "mysql://user:hunter2@db.example/x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "hunter2"}, "DATABASE_URL"),
        ({"REDIS_URL": None, "WEB_CONCURRENCY": "2"}, "REDIS_URL"),
        ({"PORT": "hunter2"}, "PORT"),
        ({"ALONGSIDE_ENV": "prod"}, "ALONGSIDE_ENV"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
        ({"MAX_BODY_BYTES": "10"}, "MAX_BODY_BYTES"),
    ],
)
def test_production_refuses_what_is_unsafe_and_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        start(monkeypatch, tmp_path, **changes)
    assert any(line.startswith(f"{named}:") for line in str(refused.value).splitlines())
    assert "hunter2" not in str(refused.value)


def test_production_never_makes_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        start(monkeypatch, tmp_path, SECRET_KEY=None)
    assert not (tmp_path / "secret_key").exists()


def test_one_sqlite_process_may_be_production(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    start(monkeypatch, tmp_path, DATABASE_URL="sqlite:///x.sqlite3", REDIS_URL=None)


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = repr(start(monkeypatch, tmp_path))
    assert "hunter2" not in shown
    assert SAFE["SECRET_KEY"] not in shown


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize(
    "address,origin",
    [
        ("https://streets.example/{z}/{x}/{y}.png", "https://streets.example"),
        ("https://streets.example:8443/a/{z}/{y}/{x}?key=b", "https://streets.example:8443"),
    ],
)
def test_streets_come_from_one_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str, origin: str
) -> None:
    assert start(monkeypatch, tmp_path, MAP_TILES_URL=address).map_tiles_origin == origin
    assert start(monkeypatch, tmp_path, MAP_TILES_URL=None).map_tiles_origin is None


@pytest.mark.parametrize(
    "address",
    [
        "https://streets.example/{z}/{x}.png",
        "https://streets.example;script-src/{z}/{x}/{y}",
        "https://*.example/{z}/{x}/{y}",
        "https://a.example/{z}/{x}/{y} https://b.example",
        "javascript:{z}{x}{y}",
        "http://streets.example/{z}/{x}/{y}.png",
    ],
)
def test_no_other_address_of_streets_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    with pytest.raises(SettingsError, match="MAP_TILES_URL"):
        start(monkeypatch, tmp_path, MAP_TILES_URL=address)


JITSI = {
    "VIDEO_ROOMS": "jitsi",
    "JITSI_URL": "https://meet.example",
    "JITSI_APP_ID": "alongside",
    "JITSI_APP_SECRET": "x9" * 16,
}
LIVEKIT = {
    "VIDEO_ROOMS": "livekit",
    "LIVEKIT_URL": "wss://live.example",
    "LIVEKIT_PAGE": "https://meet.example",
    "LIVEKIT_KEY": "APIx",
    "LIVEKIT_SECRET": "x9" * 16,
}


@pytest.mark.parametrize("known", [JITSI, LIVEKIT], ids=["jitsi", "livekit"])
def test_a_room_of_another_service_needs_all_of_its_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, known: dict[str, str]
) -> None:
    assert start(monkeypatch, tmp_path, **known).meeting_origin == "https://meet.example"
    for name in list(known)[1:]:
        with pytest.raises(SettingsError, match=name):
            start(monkeypatch, tmp_path, **known | {name: None})
        # A demonstration cannot connect anybody without them either.
        with pytest.raises(SettingsError, match=name):
            start(monkeypatch, tmp_path, **known | {name: None, "ALONGSIDE_ENV": "demo"})
    for name in (one for one in known if one.endswith(("URL", "PAGE"))):
        plain = {"JITSI_URL": "http://a.example", "LIVEKIT_URL": "ws://a.example"}
        with pytest.raises(SettingsError, match=name):
            start(monkeypatch, tmp_path, **known | {name: plain.get(name, "http://a.example")})
    with pytest.raises(SettingsError, match="SECRET"):
        start(monkeypatch, tmp_path, **known | {list(known)[-1]: "short"})
