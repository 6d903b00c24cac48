"""Every setting, from the environment, and what production refuses to start with.

It knows names, defaults and limits; it refuses to know what any setting is used for. The
descriptions here are the documentation: `.env.example` and the settings page are held to them.
"""

import secrets
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from server import settings_meetings
from storage.engine import parse_url

EXAMPLE_SECRET = "change-me-to-a-long-random-value"  # noqa: S105  # refused in production
SECRET_MIN_CHARS = settings_meetings.SECRET_MIN_CHARS
LOOPBACK = settings_meetings.LOOPBACK
TWILIO = "https://api.twilio.com"

_NAME = r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+"
_HOST = rf"({_NAME}|http://127\.0\.0\.1:[0-9]{{1,5}})"
_STUN = r"^\s*(stuns?:[A-Za-z0-9.\[\]:-]+)?(\s+stuns?:[A-Za-z0-9.\[\]:-]+)*\s*$"
_TURN_ONE = r"turns?:[A-Za-z0-9.\[\]:-]+(\?transport=(udp|tcp))?"
_TURN = rf"^\s*({_TURN_ONE})?(\s+{_TURN_ONE})*\s*$"
_ORIGIN = r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$"
_PLAIN = r"^[A-Za-z0-9._-]{1,64}$"
_HOSTS = rf"^\s*{_HOST}(\s+{_HOST})*\s*$"

Environment = Literal["demo", "production", "test"]
Positive = Annotated[int, Field(ge=1)]


class SettingsError(Exception):
    """The environment cannot be used. The message names every culprit and shows no value."""


def _default_database(known: dict[str, Any]) -> str:
    return f"sqlite:///{known['alongside_data'] / 'alongside.sqlite3'}"


def _default_public_url(known: dict[str, Any]) -> str:
    return f"http://{known['host']}:{known['port']}"


def _default_secret(known: dict[str, Any]) -> SecretStr:
    """None in production; elsewhere one that is made once and kept beside the data."""
    if known["alongside_env"] == "production":
        return SecretStr("")
    path: Path = known["alongside_data"] / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return SecretStr(path.read_text(encoding="ascii"))


class Settings(BaseSettings):
    """What the environment says, checked. Built once, in the entry points."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    alongside_env: Environment = Field(
        "demo",
        description="demo shows its sign-ins on the front page; production refuses unsafe values.",
    )
    alongside_data: Path = Field(
        Path("var"), description="Folder for what an embedded instance keeps."
    )
    alongside_failpoints: Path | None = Field(
        None, description="Folder in which a test arms failures; production refuses it."
    )
    host: str = Field("127.0.0.1", description="Address the embedded server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the embedded server listens on.")
    database_url: str = Field(
        default_factory=_default_database,
        repr=False,
        description="sqlite:///file or postgresql://user:password@host/name.",
    )
    database_pool_size: Positive = Field(
        16, description="Connections a process keeps; as many again in a rush."
    )
    redis_url: str | None = Field(
        None, repr=False, description="redis://host:port/0; needed with several web processes."
    )
    secret_key: SecretStr = Field(
        default_factory=_default_secret,
        description=f"Signs tokens and cursors; {SECRET_MIN_CHARS} random characters or more.",
    )
    public_url: str = Field(
        default_factory=_default_public_url,
        pattern=r"^https?://[^/?#@\s]+$",
        description="Scheme, host and port under which browsers reach the product.",
    )
    proxy_hops: int = Field(
        0, ge=0, le=8, description="Reverse proxies in front whose X-Forwarded-For is believed."
    )
    web_concurrency: Positive = Field(1, description="Web processes that gunicorn starts.")
    web_connections: Positive = Field(
        10_000,
        description="Sockets and calls one web process holds; beyond it both hang without an error.",
    )
    push: Literal["console", "webpush", "fcm", "memory"] = Field(
        "console",
        description="Where pushes go: fcm adds Firebase to the browsers' own Web Push; console "
        "prints for whoever has no device.",
    )
    firebase_credentials: Path | None = Field(
        None, description="Service-account file of the Firebase project (PUSH=fcm)."
    )
    fcm_base_url: str | None = Field(
        None, description="Stand-in for Firebase Cloud Messaging in tests and drills."
    )
    vapid_subject: str | None = Field(
        None,
        pattern=r"^(mailto:[^@\s]+@[^@\s]+|https://\S+)$",
        description="Whom a push service may write to about our pushes; else PUBLIC_URL.",
    )
    webpush_hosts: str = Field(
        "fcm.googleapis.com updates.push.services.mozilla.com *.push.apple.com "
        "*.notify.windows.com",
        pattern=_HOSTS,
        description="Push services that browsers may name, separated by spaces; we call no other.",
    )
    sms_base_url: str = Field(
        TWILIO, description="The SMS provider, in the shape of Twilio's API; or its stand-in."
    )
    sms_account: str | None = Field(None, description="Account id at the SMS and voice provider.")
    sms_token: SecretStr | None = Field(
        None, description="Its secret; callbacks are verified with it too."
    )
    sms_from: str | None = Field(
        None,
        pattern=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-zA-Z]{32})$",
        description="Number or messaging service that texts come from; without one, no texts.",
    )
    voice_base_url: str = Field(TWILIO, description="The voice provider, of the same shape.")
    voice_from: str | None = Field(
        None,
        pattern=r"^\+[1-9][0-9]{6,14}$",
        description="Number that calls come from; without one, no calls.",
    )
    phone_bridge: bool = Field(
        True,
        description="Calls between a peer and an ED go through VOICE_FROM, so that neither sees the "
        "other's number; false shows the desk's number instead.",
    )
    smtp_url: SecretStr | None = Field(
        None, description="smtp://user:password@host:587 or smtps://...; without one, no e-mail."
    )
    email_from: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+$", description="Sender of e-mails (SMTP_URL)."
    )
    apprise_schemes: str = Field(
        "",
        description="Services of apprise that managers may send alarms to, e.g. slack msteams.",
    )
    stun_urls: str = Field(
        "",
        pattern=_STUN,
        description="STUN servers for video, stun:host:port, separated by spaces.",
    )
    turn_urls: str = Field(
        "",
        pattern=_TURN,
        description="Relays for video, turn:host:port?transport=udp or turns:host:port, separated "
        "by spaces; without one, two firewalls may keep a call from connecting.",
    )
    turn_secret: SecretStr | None = Field(
        None, description="The relay's static-auth-secret (coturn, use-auth-secret)."
    )
    turn_only: bool = Field(
        False, description="Every call by the relay: neither side learns the other's address."
    )
    video_rooms: Literal["own", "jitsi", "livekit"] = Field(
        "own",
        description="Where calls meet: from browser to browser, or in a Jitsi or LiveKit room.",
    )
    jitsi_url: str | None = Field(
        None,
        pattern=_ORIGIN,
        description="The Jitsi server, https://host (VIDEO_ROOMS=jitsi).",
    )
    jitsi_app_id: str | None = Field(
        None, pattern=_PLAIN, description="The app id that its tokens name (app_id of prosody)."
    )
    jitsi_app_secret: SecretStr | None = Field(
        None, description=f"Signs its tokens, HS256; {SECRET_MIN_CHARS} characters or more."
    )
    livekit_url: str | None = Field(
        None,
        pattern=r"^wss?://[^/?#@\s]+$",
        description="The LiveKit server, wss://host (VIDEO_ROOMS=livekit).",
    )
    livekit_page: str | None = Field(
        None,
        pattern=_ORIGIN,
        description="Where LiveKit Meet is served, https://host: the page that calls happen in.",
    )
    livekit_key: str | None = Field(None, pattern=_PLAIN, description="LiveKit's API key.")
    livekit_secret: SecretStr | None = Field(
        None,
        description="Its secret: signs tokens, and proves what LiveKit tells "
        "PUBLIC_URL/hooks/livekit.",
    )
    deliveries_kept_days: Positive = Field(
        90, description="Days after which the history of alerts is deleted."
    )
    backup_folder: Path | None = Field(
        None, description="Where backups are put; the doctor looks whether the newest is fresh."
    )
    map_tiles_url: str | None = Field(
        None,
        pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~%/?&=+@{}-]*$",
        description="Streets beneath the maps, https://host/{z}/{x}/{y}.png; without it no browser "
        "asks another host.",
    )
    map_tiles_attribution: str = Field(
        "",
        max_length=200,
        description="Whose streets these are; stands on the map (MAP_TILES_URL).",
    )
    osrm_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#@\s]+(/[^?#@\s]*)?$",
        description="An OSRM server of your own: times on the road instead of distances; it is told "
        "areas of a kilometre, never a position or a name.",
    )
    login_window_s: Positive = Field(300, description="Length of the window of the login limits.")
    login_failures: Positive = Field(
        10, description="Failed sign-ins a window for one address and e-mail together."
    )
    login_failures_per_address: Positive = Field(
        100, description="Failed sign-ins a window from one address, whatever the e-mail."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least severe log line that is written."
    )
    max_body_bytes: int = Field(
        65_536, ge=1_024, description="Longest request body that is read; longer answers 413."
    )

    @field_validator("map_tiles_url")
    @classmethod
    def _names_a_tile(cls, value: str | None) -> str | None:
        if value is not None and not all(part in value for part in ("{z}", "{x}", "{y}")):
            raise ValueError("must name the tile with {z}, {x} and {y}")
        return value

    @property
    def map_tiles_origin(self) -> str | None:
        """The one other host that browsers may ask for pictures; None when there is none."""
        if self.map_tiles_url is None:
            return None
        address = urlsplit(self.map_tiles_url)
        return f"{address.scheme}://{address.netloc}"

    @property
    def meeting_origin(self) -> str | None:
        """The one other host whose page stands in a call; None when calls are our own."""
        pages = {"own": None, "jitsi": self.jitsi_url, "livekit": self.livekit_page}
        return pages[self.video_rooms]

    @property
    def is_production(self) -> bool:
        """Whether unsafe values are refused and cookies need https."""
        return self.alongside_env == "production"

    @property
    def uses_sqlite(self) -> bool:
        """Whether the database is an embedded file."""
        return parse_url(self.database_url).get_backend_name() == "sqlite"


def load() -> Settings:
    """The settings of this process. Raises `SettingsError` naming what cannot be used."""
    try:
        settings = Settings()
    except ValidationError as refused:
        raise SettingsError(_explain(refused)) from None
    problems = unsafe(settings)
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _explain(refused: ValidationError) -> str:
    """One line per field, without the value: a value may be a secret."""
    return "\n".join(
        f"{'.'.join(str(part) for part in error['loc']).upper()}: {error['msg']}"
        for error in refused.errors(include_input=False, include_url=False)
    )


def unsafe(settings: Settings) -> list[str]:
    """Why these settings may not be used, one `NAME: sentence` each; empty when they may.

    The database address is checked everywhere, the rest in production only.
    """
    try:
        parse_url(settings.database_url)
    except Exception:  # noqa: BLE001  # whatever the parser says may quote the password
        return ["DATABASE_URL: must be a sqlite or postgresql address"]
    if not settings.is_production:
        return settings_meetings.incomplete(settings)
    return [
        *settings_meetings.incomplete(settings),
        *_unsafe_drill(settings),
        *_unsafe_web(settings),
        *_unsafe_processes(settings),
        *_unsafe_push(settings),
        *_unsafe_video(settings),
    ]


def _unsafe_drill(settings: Settings) -> list[str]:
    if settings.alongside_failpoints is not None:
        return ["ALONGSIDE_FAILPOINTS: must not be set; whoever writes there could end processes"]
    return []


def _unsafe_video(settings: Settings) -> list[str]:
    if settings.turn_urls and settings.turn_secret is None:
        return ["TURN_SECRET: must be set with TURN_URLS"]
    if settings.turn_only and not settings.turn_urls:
        return ["TURN_URLS: must be set with TURN_ONLY; no call would connect"]
    return []


def _unsafe_web(settings: Settings) -> list[str]:
    found = []
    secret = settings.secret_key.get_secret_value()
    if not secret:
        found.append("SECRET_KEY: must be set")
    elif secret == EXAMPLE_SECRET or len(set(secret)) < 8:  # e.g. "aaaa…"
        found.append("SECRET_KEY: is an example value; use a random one")
    elif len(secret) < SECRET_MIN_CHARS:
        found.append(f"SECRET_KEY: must have at least {SECRET_MIN_CHARS} characters")
    if urlsplit(settings.public_url).scheme != "https":
        found.append("PUBLIC_URL: must be https; sign-ins would travel in the clear")
    tiles = urlsplit(settings.map_tiles_url or "")
    if tiles.scheme == "http" and tiles.hostname not in LOOPBACK:
        found.append("MAP_TILES_URL: must be https; where people look would travel in the clear")
    osrm = urlsplit(settings.osrm_url or "")
    if osrm.scheme == "http" and osrm.hostname not in LOOPBACK:
        found.append("OSRM_URL: must be https; areas of peers would travel in the clear")
    return found


def _unsafe_processes(settings: Settings) -> list[str]:
    if settings.web_concurrency == 1:
        return []
    found = []
    if settings.uses_sqlite:
        found.append("DATABASE_URL: several web processes (WEB_CONCURRENCY) need postgresql")
    if settings.redis_url is None:
        found.append("REDIS_URL: must be set when there are several web processes")
    return found


def _unsafe_push(settings: Settings) -> list[str]:
    if settings.push not in ("fcm", "webpush"):
        return [f"PUSH: {settings.push} reaches no phone; use fcm or webpush"]
    found = []
    if settings.push == "fcm" and settings.firebase_credentials is None:
        found.append("FIREBASE_CREDENTIALS: must be set with PUSH=fcm")
    elif settings.firebase_credentials is not None and not settings.firebase_credentials.is_file():
        found.append("FIREBASE_CREDENTIALS: there is no such file")
    for name in ("fcm_base_url", "sms_base_url", "voice_base_url"):
        value = getattr(settings, name)
        address = urlsplit(value or TWILIO)
        if address.scheme != "https" and address.hostname not in LOOPBACK:
            found.append(f"{name.upper()}: must be https; alerts would travel in the clear")
    if (settings.sms_from or settings.voice_from) and not (
        settings.sms_account and settings.sms_token
    ):
        found.append("SMS_ACCOUNT: must be set, with SMS_TOKEN, for texts and calls")
    if settings.smtp_url is not None and settings.email_from is None:
        found.append("EMAIL_FROM: must be set with SMTP_URL")
    return found
