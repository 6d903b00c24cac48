"""A stand-in for a mail server: SMTP on loopback, as much of it as a client of ours may use.

It checks what a real server checks (the order of the commands, the sign-in, dots at line begins),
answers as scripted for one mailbox, keeps every mail that it took, and ends a test that got one
nobody expected. What it does not do: relay, size limits, chunking.
"""

import base64
import datetime
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from functools import cache
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.harness.standin import Listening, Scripts


@dataclass(frozen=True)
class Answer:
    """One scripted answer at one stage of a mail.

    `stage` is `connect`, `login`, `mail`, `rcpt`, `data` (the command) or `text` (after the dot).
    `code` 0 resets the connection, -1 never answers. `is_taken`: the mail arrives all the same.
    """

    stage: str
    code: int
    said: str = "scripted"
    is_taken: bool = False


HANG, RESET = -1, 0


@cache
def _authority() -> tuple[bytes, bytes]:
    """A self-signed certificate for loopback and its key, made once."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server for tests")])
    begins = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


class SmtpServer(Listening):
    """Start it with `with SmtpServer(folder) as mail:`; `mail.url` is SMTP_URL.

    `login` is the only name and password it knows; `is_tls` speaks TLS from the first byte;
    `offers_starttls` says whether it can encrypt later.
    """

    def __init__(
        self,
        folder: Path,
        *,
        login: tuple[str, str] | None = None,
        is_tls: bool = False,
        offers_starttls: bool = True,
    ) -> None:
        server = _Server(("127.0.0.1", 0), _Conversation)
        server.mail = self
        super().__init__(server)
        self.login = login
        self.is_tls = is_tls
        self.offers_starttls = offers_starttls
        self.mails: list[EmailMessage] = []
        """Every mail that was taken, in order."""
        self.was_encrypted: list[bool] = []
        """For each of them, whether it travelled encrypted."""
        self.offences: list[str] = []
        """What a client did that no client may do."""
        self._expected: set[str] = set()
        self._scripts: Scripts[Answer] = Scripts()
        certificate, key = _authority()
        self.certificate = folder / "mail-server.pem"
        self.certificate.write_bytes(certificate + key)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.certificate)

    @property
    def url(self) -> str:
        """The address to give to the product, with the sign-in where there is one."""
        who = "" if self.login is None else f"{self.login[0]}:{self.login[1]}@"
        return f"smtp{'s' if self.is_tls else ''}://{who}127.0.0.1:{self.port}"

    @property
    def trust(self) -> ssl.SSLContext:
        """What a client must trust to speak with it encrypted."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def script(self, mailbox: str, *answers: Answer) -> None:
        """The next mails to `mailbox` are answered so, one after another; `*` before a mailbox."""
        self._scripts.add(mailbox, *answers)

    def expect(self, *mailboxes: str) -> None:
        """A mail to any of these is no surprise."""
        self._expected |= set(mailboxes)

    def next(self, mailbox: str, stage: str) -> Answer | None:
        """The scripted answer for this stage, once."""
        with self.lock:
            waiting = self._scripts.peek(mailbox)
            if waiting is None or waiting.stage != stage:
                return None
            return self._scripts.take(mailbox, waiting)

    def coming(self, mailbox: str) -> Answer | None:
        """The scripted answer that is next for this mailbox, at whatever stage."""
        with self.lock:
            return self._scripts.peek(mailbox)

    def take(self, text: bytes, *, is_encrypted: bool) -> None:
        """Keep a mail."""
        with self.lock:
            self.mails.append(message_from_bytes(text, policy=modern))
            self.was_encrypted.append(is_encrypted)

    def to(self, mailbox: str) -> list[EmailMessage]:
        """The mails to one mailbox."""
        return [mail for mail in self.mails if mail["To"] == mailbox]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if error is None:
            surprises = {mail["To"] for mail in self.mails} - self._expected
            assert not surprises, f"mails nobody expected, to {surprises}"
            assert not self.offences, self.offences


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    mail: SmtpServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is nothing to print about."""


class _Conversation(StreamRequestHandler):
    """One connection."""

    server: _Server
    is_encrypted = False
    is_signed_in = False
    sender = ""
    mailbox = ""

    def handle(self) -> None:
        mail = self.server.mail
        if mail.is_tls:
            self._encrypt()
        if not self._answer("connect", "*", 220, "127.0.0.1 ESMTP"):
            return
        while line := self.rfile.readline():
            verb, _, rest = line.decode().rstrip("\r\n").partition(" ")
            known: dict[str, Callable[[str], bool]] = {
                "EHLO": self._ehlo,
                "STARTTLS": self._starttls,
                "AUTH": self._auth,
                "MAIL": self._mail,
                "RCPT": self._rcpt,
                "DATA": self._data,
                "QUIT": self._quit,
            }
            command = known.get(verb.upper())
            if command is None:
                mail.offences.append(verb)
                self._say(502, "What?")
            elif not command(rest):
                return

    def _say(self, code: int, words: str) -> None:
        self.wfile.write(f"{code} {words}\r\n".encode())
        self.wfile.flush()

    def _answer(self, stage: str, mailbox: str, code: int, words: str) -> bool:
        """The scripted answer of this stage, else the usual one; False ends the conversation."""
        scripted = self.server.mail.next(mailbox, stage)
        if scripted is None:
            self._say(code, words)
            return True
        if scripted.code == HANG:
            self.server.mail.wait(30)
            return False
        if scripted.code == RESET:
            # Closing with this set makes the system send a reset instead of a goodbye.
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            return False
        self._say(scripted.code, scripted.said)
        return scripted.code != 421

    def _encrypt(self) -> None:
        tls = self.server.mail.tls.wrap_socket(self.connection, server_side=True)
        self.connection = self.request = tls
        self.rfile, self.wfile = tls.makefile("rb"), tls.makefile("wb")
        self.is_encrypted = True

    def _ehlo(self, _rest: str) -> bool:
        mail = self.server.mail
        able = ["127.0.0.1"]
        if mail.offers_starttls and not self.is_encrypted:
            able.append("STARTTLS")
        if mail.login is not None:
            able.append("AUTH PLAIN")
        for each in able[:-1]:
            self.wfile.write(f"250-{each}\r\n".encode())
        self._say(250, able[-1])
        return True

    def _starttls(self, _rest: str) -> bool:
        self._say(220, "Go ahead")
        self._encrypt()
        return True

    def _auth(self, rest: str) -> bool:
        mail = self.server.mail
        how, _, secret = rest.partition(" ")
        _, user, password = base64.b64decode(secret).decode().split("\0")
        if how != "PLAIN" or (user, password) != mail.login:
            self._say(535, "5.7.8 Not you")
            return True
        self.is_signed_in = True
        return self._answer("login", "*", 235, "Welcome")

    def _mail(self, rest: str) -> bool:
        if self.server.mail.login is not None and not self.is_signed_in:
            self._say(530, "5.7.0 Sign in first")
            return True
        self.sender = _address(rest)
        return self._answer("mail", "*", 250, "OK")

    def _rcpt(self, rest: str) -> bool:
        if not self.sender:
            self.server.mail.offences.append("RCPT before MAIL")
        self.mailbox = _address(rest)
        return self._answer("rcpt", self.mailbox, 250, "OK")

    def _data(self, _rest: str) -> bool:
        mail = self.server.mail
        if not self.mailbox:
            mail.offences.append("DATA before RCPT")
        scripted = mail.next(self.mailbox, "data")
        if scripted is not None:
            self._say(scripted.code, scripted.said)
            return True
        self._say(354, "End with a dot")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            if not line.endswith(b"\r\n"):
                mail.offences.append("a line without its end")
            lines.append(line[1:] if line.startswith(b".") else line)
        waiting = mail.coming(self.mailbox)
        is_taken = waiting is None or waiting.stage != "text" or waiting.is_taken
        if is_taken:
            mail.take(b"".join(lines), is_encrypted=self.is_encrypted)
        return self._answer("text", self.mailbox, 250, "Taken")

    def _quit(self, _rest: str) -> bool:
        self._say(221, "Bye")
        return False


def _address(rest: str) -> str:
    found = re.search(r"<(.*)>", rest)
    return found[1] if found else ""
