"""Who we are at the provider of texts and calls, as the settings say; and at its stand-in.

Channels send as this account, hooks verify with its token.
"""

from notifications.channels.twilio import Account
from server.settings import TWILIO, Settings

DRILL_ACCOUNT = "AC" + 32 * "0"
DRILL_TOKEN = "drill"  # noqa: S105  # what a stand-in is told; production takes none of these
DRILL_NUMBER = "+15005550006"
"""Who we are at a stand-in, unless the settings say."""


def texting(settings: Settings) -> Account | None:
    """Our account at the provider of texts; None when there are to be none.

    Outside production another address of the provider is enough: a drill needs one setting.
    """
    return _account(settings, settings.sms_base_url, settings.sms_from)


def calling(settings: Settings) -> Account | None:
    """Our account at the provider of calls, in the same way."""
    return _account(settings, settings.voice_base_url, settings.voice_from)


def _account(settings: Settings, base_url: str, sender: str | None) -> Account | None:
    is_drill = base_url.rstrip("/") != TWILIO and not settings.is_production
    secret = settings.sms_token
    if not is_drill and not (sender and settings.sms_account and secret):
        return None
    return Account(
        sid=settings.sms_account or DRILL_ACCOUNT,
        token=secret.get_secret_value() if secret else DRILL_TOKEN,
        sender=sender or DRILL_NUMBER,
        base_url=base_url,
        public_url=settings.public_url,
    )
