"""Each outside service is asked whether it knows us, and what it says is put into a sentence.

Nothing is sent to anybody: a dry run, a look at the account, a sign-in. A code that is not in the
tables below is shown as it came, because a guess would send somebody the wrong way.
"""

from collections.abc import Iterator, Mapping

from notifications.channels.base import Outcome, Probed, Result
from notifications.models import Kind
from server import channels
from server.doctor.finding import Finding
from server.settings import SettingsError
from server.wiring import Wired

AWAY = "cannot be reached from this machine: a firewall, a proxy, or the address in the settings"

_NO_ANSWER = dict.fromkeys(("NO_CONNECTION", "NO_TLS", "TIMEOUT", "CONNECTION_LOST"), AWAY)

_TEXTS_AND_CALLS = {
    "AUTHENTICATION_FAILED": "does not accept SMS_ACCOUNT with SMS_TOKEN",
    "HTTP_401": "does not accept SMS_ACCOUNT with SMS_TOKEN",
    "ACCOUNT_NOT_ACTIVE": "has suspended the account: look at its billing and its messages to you",
    "NO_SUCH_API": "is not what answers there: look at the base address and at SMS_ACCOUNT",
}

SENTENCES: Mapping[Kind, Mapping[str, str]] = {
    Kind.FCM: {
        "NO_ACCESS_TOKEN": "gives no access for this key: it was deleted, or the clock here is "
        "wrong",
        "UNAUTHENTICATED": "does not accept the access it gave: the clock here may be wrong",
        "PERMISSION_DENIED": "knows the key but lets it send nothing: turn on 'Firebase Cloud "
        "Messaging API (V1)' in the project, and give the service account the role to send",
        "NOT_FOUND": "knows no such project: the key must be of the project that the app is in",
        "NO_SUCH_API": "is not what answers there: look at FCM_BASE_URL",
        "TOKEN_ENDPOINT": AWAY,
    },
    Kind.SMS: {
        **_TEXTS_AND_CALLS,
        "FROM_NOT_OURS": "does not have the number SMS_FROM on this account",
        "FROM_CANNOT": "has the number SMS_FROM, but it cannot send texts",
        "HOOK_NOT_SET": "does not bring us the replies: at the number in SMS_FROM, set 'A message "
        "comes in' to PUBLIC_URL/hooks/sms, by POST",
    },
    Kind.VOICE: {
        **_TEXTS_AND_CALLS,
        "FROM_NOT_OURS": "does not have the number VOICE_FROM on this account",
        "FROM_CANNOT": "has the number VOICE_FROM, but it cannot make calls",
    },
    Kind.EMAIL: {
        "SMTP_535": "does not accept the user and password in SMTP_URL",
        "SMTP_530": "wants a sign-in: put user and password into SMTP_URL",
        "NO_SIGN_IN": "offers no sign-in, but SMTP_URL has a user",
        "NO_STARTTLS": "does not encrypt, so the password was not shown to it: use smtps:// or "
        "another port",
        "TLS": "shows a certificate that is not good for its name",
        "SMTP_550": "takes no mail from EMAIL_FROM",
        "SMTP_553": "takes no mail from EMAIL_FROM",
    },
}
"""What a provider's code means for whoever set it up, by channel."""

NAMES: Mapping[Kind, str] = {
    Kind.FCM: "Firebase",
    Kind.SMS: "The provider of texts",
    Kind.VOICE: "The provider of calls",
    Kind.EMAIL: "The mail server",
}
CULPRITS: Mapping[Kind, str] = {
    Kind.FCM: "FIREBASE_CREDENTIALS is no key file of a service account",
    Kind.EMAIL: "SMTP_URL is no address of a mail server",
}
"""What is wrong when a channel cannot even be made from its settings."""


def examine(wired: Wired) -> Iterator[Finding]:
    """One finding for every provider that the settings name, and one for who may call us."""
    if channels.is_on(wired.settings, Kind.WEBPUSH):
        yield _web_push(wired)
    for kind in Kind:
        if kind in NAMES and channels.is_on(wired.settings, kind):
            yield from _ask(wired, kind)


def _ask(wired: Wired, kind: Kind) -> Iterator[Finding]:
    try:
        channel = channels.make_one(wired.settings, wired.db, kind)
    except (ValueError, OSError, SettingsError):
        yield Finding(kind.value, False, CULPRITS.get(kind, "cannot be made from the settings"))
        return
    try:
        if isinstance(channel, Probed):
            yield _judge(kind, channel.probe())
    finally:
        channel.close()


def _web_push(wired: Wired) -> Finding:
    """There is no account: a key of our own, and whom a push service may write to."""
    subject = channels.vapid_subject(wired.settings)
    if subject.endswith(".invalid"):
        return Finding(
            Kind.WEBPUSH.value,
            not wired.settings.is_production,
            "browsers can be rung; set VAPID_SUBJECT before real people use it",
        )
    return Finding(Kind.WEBPUSH.value, True, f"browsers can be rung, in the name of {subject}")


def _judge(kind: Kind, outcome: Outcome) -> Finding:
    """The provider's answer as a sentence."""
    name = NAMES[kind]
    if outcome.result is Result.DELIVERED:
        return Finding(kind.value, True, f"{name} knows us")
    code = outcome.detail or outcome.result.value
    said = SENTENCES[kind].get(code) or _NO_ANSWER.get(code) or f"answers {code}"
    return Finding(kind.value, False, f"{name} {said}")
