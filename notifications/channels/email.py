"""E-mail through one SMTP server: plain text, generic words, one connection for each mail.

It knows the protocol's verdicts and refuses to know who is told what. The message ID is the
delivery's, so that a mail sent again is the same mail. Nothing is retried here: the outbox does.
"""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Self
from urllib.parse import unquote, urlsplit

from notifications.channels.base import Envelope, Outcome, Result
from notifications.messages import Tone
from notifications.models import Kind

BUSY_BACKOFF_S = 15.0
"""A mail server that is busy, or greylists, is asked again after this long at first."""

NOBODY = frozenset({550, 551, 553})
"""Answers to a recipient that mean: there is no such mailbox."""
POLICY = b"5.7."
"""The enhanced code of a refusal that speaks of us, not of the mailbox."""
SIGN_IN_REFUSED = frozenset({530, 534, 535, 538})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Door:
    """Where the mail server is, and as whom we come."""

    host: str
    port: int
    is_tls: bool
    """Encrypted from the first byte (`smtps`); otherwise STARTTLS when it is offered."""
    user: str | None = None
    password: str | None = None

    @classmethod
    def of(cls, url: str) -> Self:
        """From `smtp://user:password@host:587` or `smtps://...`; `ValueError` for another."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("an SMTP address begins with smtp:// or smtps://")
        is_tls = parts.scheme == "smtps"
        return cls(
            parts.hostname,
            parts.port or (465 if is_tls else 587),
            is_tls,
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else unquote(parts.password),
        )


class EmailChannel:
    """Sends through one server. `opens` is the address that a mail points to, the product's own."""

    kind = Kind.EMAIL

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        opens: str = "",
        workers: int = 4,
        timeout_s: float = 10.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.workers = workers
        # Connect, greet, encrypt, sign in, three commands and the text: most answer in no time.
        self.deadline_s = 4 * timeout_s
        self._door = Door.of(url)
        self._sender = sender
        self._opens = opens
        self._timeout_s = timeout_s
        self._tls = tls or ssl.create_default_context()

    def send(self, envelope: Envelope) -> Outcome:
        """One mail to one mailbox. Never raises for what the server answers."""
        if envelope.address is None:
            return Outcome(Result.DEAD_ADDRESS, "NO_DEVICE")
        try:
            message = message_of(envelope, envelope.address.value, self._sender, self._opens)
        except (ValueError, IndexError, HeaderParseError):
            return Outcome(Result.DEAD_ADDRESS, "NOT_A_MAILBOX")
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._connect()
            return self._sign_in(smtp) or self._hand_over(
                smtp, envelope.address.value, message.as_bytes(policy=SMTP)
            )
        except (OSError, smtplib.SMTPException) as error:
            # Nothing of the mail was handed over yet: `_hand_over` answers for itself after that.
            return _before_text(error)
        finally:
            if smtp is not None:
                smtp.close()

    def probe(self) -> Outcome:
        """Whether the server lets us in and would take a mail of ours; none is handed over."""
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._connect()
            refused = self._sign_in(smtp)
            if refused is not None:
                return refused
            code, _ = smtp.mail(self._sender)
            return (
                Outcome(Result.DELIVERED) if code == 250 else _busy_or(code, Result.MISCONFIGURED)
            )
        except (OSError, smtplib.SMTPException) as error:
            return _before_text(error)
        finally:
            if smtp is not None:
                smtp.close()

    def _connect(self) -> smtplib.SMTP:
        """A greeted connection, encrypted wherever the server can."""
        door = self._door
        if door.is_tls:
            return smtplib.SMTP_SSL(
                door.host, door.port, timeout=self._timeout_s, context=self._tls
            )
        smtp = smtplib.SMTP(door.host, door.port, timeout=self._timeout_s)
        smtp.ehlo_or_helo_if_needed()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=self._tls)
        return smtp

    def _sign_in(self, smtp: smtplib.SMTP) -> Outcome | None:
        """Sign in where we have a name; None when the mail may follow."""
        door = self._door
        smtp.ehlo_or_helo_if_needed()
        if door.user is None:
            return None
        is_clear = not isinstance(smtp.sock, ssl.SSLSocket)
        if is_clear and door.host not in LOOPBACK:
            return Outcome(Result.MISCONFIGURED, "NO_STARTTLS")
        try:
            smtp.login(door.user, door.password or "")
        except smtplib.SMTPNotSupportedError:
            return Outcome(Result.MISCONFIGURED, "NO_SIGN_IN")
        return None

    def _hand_over(self, smtp: smtplib.SMTP, mailbox: str, text: bytes) -> Outcome:
        code, _ = smtp.mail(self._sender)
        if code != 250:
            return _busy_or(code, Result.MISCONFIGURED)
        code, said = smtp.rcpt(mailbox)
        if code not in (250, 251):
            return _recipient_refused(code, said)
        code, _ = smtp.docmd("DATA")
        if code != 354:
            return _busy_or(code, Result.BAD_MESSAGE)
        try:
            smtp.send(_dotted(text))
            code, _ = smtp.getreply()
        except (OSError, smtplib.SMTPException) as lost:
            # The text may have arrived whole: only the answer is missing.
            return Outcome(Result.UNKNOWN, f"LOST_{type(lost).__name__}")
        return Outcome(Result.DELIVERED) if code == 250 else _busy_or(code, Result.BAD_MESSAGE)

    def close(self) -> None:
        """No connection outlives its mail."""


def message_of(envelope: Envelope, mailbox: str, sender: str, opens: str) -> EmailMessage:
    """The mail of an envelope. Raises for an address that no header can carry."""
    words = envelope.words
    message = EmailMessage()
    message["From"] = Mailbox("Alongside", addr_spec=sender)
    message["To"] = Mailbox(addr_spec=mailbox)
    message["Subject"] = words.title or "Alongside"
    # The time at which it was handed to us: the clock is nobody's business here.
    message["Date"] = format_datetime(envelope.expires_at - timedelta(seconds=envelope.ttl_s))
    message["Message-ID"] = f"<{envelope.delivery_id}@{sender.rpartition('@')[2]}>"
    message["Content-Language"] = words.locale
    message["Auto-Submitted"] = "auto-generated"
    if words.tone is Tone.RING:
        message["Importance"] = "high"
    message.set_content("\n\n".join(part for part in (words.body, opens) if part) + "\n")
    return message


def _dotted(text: bytes) -> bytes:
    """The text as DATA carries it: a line that begins with a dot gets another, a dot ends it."""
    lines = text.rstrip(b"\r\n").split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + (
        b"\r\n.\r\n"
    )


def _before_text(error: OSError | smtplib.SMTPException) -> Outcome:
    """A conversation that ended before the text of a mail: nothing was sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _busy_or(error.smtp_code, Result.MISCONFIGURED)
    if isinstance(error, ssl.SSLError):
        return Outcome(Result.MISCONFIGURED, "TLS")
    return Outcome(Result.BUSY, "NO_CONNECTION", backoff_s=BUSY_BACKOFF_S)


def _recipient_refused(code: int, said: bytes) -> Outcome:
    if code in NOBODY and not said.lstrip().startswith(POLICY):
        return Outcome(Result.DEAD_ADDRESS, f"SMTP_{code}")
    # One mailbox that will not have us says nothing of the others: the door stays open.
    return _busy_or(code, Result.BAD_MESSAGE)


def _busy_or(code: int, refused: Result) -> Outcome:
    """Temporary answers (4xx) are busy; to a refused sign-in a person must look; else `refused`."""
    detail = f"SMTP_{code}"
    if 400 <= code < 500:
        return Outcome(Result.BUSY, detail, backoff_s=BUSY_BACKOFF_S)
    if code in SIGN_IN_REFUSED:
        return Outcome(Result.MISCONFIGURED, detail)
    if code < 0:
        return Outcome(Result.BUSY, "NO_CONNECTION", backoff_s=BUSY_BACKOFF_S)
    return Outcome(refused, detail)
