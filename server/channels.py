"""The ways to reach a phone that the settings name: one builder for each kind, all alike.

A builder answers None where its settings are missing. Libraries are imported inside: some are heavy,
and only a process that sends needs them.
"""

from collections.abc import Callable, Mapping

from notifications.channels.base import Channel
from notifications.channels.console import ConsoleChannel
from notifications.channels.memory import MemoryChannel
from notifications.channels.twilio import Account
from notifications.models import Kind
from notifications.push_services import PushServices
from notifications.vapid import Keys
from server.settings import Settings, SettingsError
from server.telephony import calling, texting
from storage.database import Database


def is_on(settings: Settings, kind: Kind) -> bool:
    """Whether this installation can reach devices of this kind."""
    return kind in _SWITCHES and _SWITCHES[kind](settings)


def kinds(settings: Settings) -> frozenset[Kind]:
    """The kinds of devices that can ring. On the console everybody rings without a device."""
    return frozenset(kind for kind in Kind if kind is not Kind.CONSOLE and is_on(settings, kind))


def make(settings: Settings, db: Database) -> Mapping[Kind, Channel]:
    """A channel for every kind that is on; the caller closes them."""
    return {kind: make_one(settings, db, kind) for kind in Kind if is_on(settings, kind)}


def make_one(settings: Settings, db: Database, kind: Kind) -> Channel:
    """The channel of one kind that is on. `ValueError` or `OSError` for settings it cannot use."""
    return _BUILDERS[kind](settings, db)


def apprise_schemes(settings: Settings) -> frozenset[str]:
    """The services of apprise that the operator allows, in lower case."""
    return frozenset(settings.apprise_schemes.lower().replace(",", " ").split())


def _email(settings: Settings) -> Channel:
    if settings.smtp_url is None or settings.email_from is None:
        raise SettingsError("SMTP_URL: must be set, with EMAIL_FROM, for e-mail")
    from notifications.channels.email import EmailChannel

    try:
        return EmailChannel(
            settings.smtp_url.get_secret_value(), settings.email_from, opens=settings.public_url
        )
    except ValueError:
        raise SettingsError("SMTP_URL: must begin with smtp:// or smtps://") from None


def _apprise(settings: Settings) -> Channel:
    from notifications.channels.apprise import AppriseChannel

    return AppriseChannel(apprise_schemes(settings))


def _sms(account: Account | None) -> Channel:
    from notifications.channels.sms import SmsChannel

    if account is None:
        raise SettingsError("SMS_FROM: must be set, with SMS_ACCOUNT and SMS_TOKEN")
    return SmsChannel(account)


def _voice(account: Account | None) -> Channel:
    from notifications.channels.voice import VoiceChannel

    if account is None:
        raise SettingsError("VOICE_FROM: must be set, with SMS_ACCOUNT and SMS_TOKEN")
    return VoiceChannel(account)


def _fcm(settings: Settings) -> Channel:
    if settings.push == "memory":
        return MemoryChannel(Kind.FCM)
    if settings.firebase_credentials is None:
        raise SettingsError("FIREBASE_CREDENTIALS: must be set with PUSH=fcm")
    from notifications.channels.fcm import FcmChannel

    account = str(settings.firebase_credentials)
    if settings.fcm_base_url is None:
        return FcmChannel(account)
    return FcmChannel(account, base_url=settings.fcm_base_url)


def vapid_subject(settings: Settings) -> str:
    """Whom a push service may write to about our pushes.

    A service may refuse an address that it cannot use, so a trial without https names a mailbox.
    """
    if settings.vapid_subject is not None:
        return settings.vapid_subject
    if settings.public_url.startswith("https://"):
        return settings.public_url
    return "mailto:nobody@alongside.invalid"


def _webpush(settings: Settings, db: Database) -> Channel:
    from notifications.channels.webpush import WebPushChannel

    return WebPushChannel(
        Keys(db),
        subject=vapid_subject(settings),
        services=PushServices(settings.webpush_hosts),
        clock=db.clock,
    )


_SWITCHES: Mapping[Kind, Callable[[Settings], bool]] = {
    Kind.FCM: lambda settings: settings.push in ("fcm", "memory"),
    Kind.SMS: lambda settings: texting(settings) is not None,
    Kind.VOICE: lambda settings: calling(settings) is not None,
    Kind.WEBPUSH: lambda settings: settings.push in ("console", "webpush", "fcm"),
    Kind.CONSOLE: lambda settings: settings.push == "console",
    Kind.EMAIL: lambda settings: bool(settings.smtp_url and settings.email_from),
    Kind.APPRISE: lambda settings: bool(apprise_schemes(settings)),
}
_BUILDERS: Mapping[Kind, Callable[[Settings, Database], Channel]] = {
    Kind.FCM: lambda settings, _db: _fcm(settings),
    Kind.SMS: lambda settings, _db: _sms(texting(settings)),
    Kind.VOICE: lambda settings, _db: _voice(calling(settings)),
    Kind.WEBPUSH: _webpush,
    Kind.CONSOLE: lambda _settings, _db: ConsoleChannel(),
    Kind.EMAIL: lambda settings, _db: _email(settings),
    Kind.APPRISE: lambda settings, _db: _apprise(settings),
}
