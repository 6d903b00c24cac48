"""Can two browsers find each other? Each STUN server is asked who we are, each relay for an address.

A relay's address is given back at once; nobody is called. What cannot be asked from here (TLS with
a certificate of its own) is asked as a browser would.
"""

import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qs

from server import ice, stun
from server.doctor.finding import Finding
from server.stun import Message
from server.wiring import Wired

PATIENCE_S = 2.0
TRIES = 2


@dataclass(frozen=True)
class Where:
    """An address as browsers write it: `turn:host:port?transport=tcp`."""

    url: str
    host: str
    port: int
    is_tcp: bool
    is_tls: bool


def examine(wired: Wired) -> Iterator[Finding]:
    """One finding for every server that the settings name, or one that says that there is none."""
    settings = wired.settings
    if not settings.stun_urls and not settings.turn_urls:
        sentence = "no STUN_URLS and no TURN_URLS: only browsers in one network find each other"
        yield Finding("video", not settings.is_production, sentence)
    for url in settings.stun_urls.split():
        yield _judge(url, _ask_stun)
    if settings.turn_urls and settings.turn_secret is not None:
        made = ice.password(settings.turn_secret.get_secret_value(), "doctor", wired.clock.now())
        for url in settings.turn_urls.split():
            yield _judge(url, partial(_ask_relay, made=made))


def parse(url: str) -> Where:
    """The parts of an address; the port and the transport by their defaults."""
    scheme, _, rest = url.partition(":")
    address, _, query = rest.partition("?")
    is_tls = scheme.endswith("s")
    head, colon, port = address.rpartition(":")
    has_port = bool(colon) and port.isdigit() and not head.endswith(":")
    host = (head if has_port else address).strip("[]")
    transport = parse_qs(query).get("transport", ["tcp" if is_tls else "udp"])[0]
    return Where(
        url, host, int(port) if has_port else (5349 if is_tls else 3478), transport == "tcp", is_tls
    )


def _judge(url: str, ask: Callable[[Where], str]) -> Finding:
    name = url.partition(":")[0]
    try:
        problem = ask(parse(url))
    except (OSError, stun.NoMessage):
        problem = "cannot be reached from this machine, or does not answer"
    return Finding(name, not problem, f"{url} {problem or 'answers'}")


def _ask_stun(where: Where) -> str:
    with _Line(where) as line:
        answer = line.ask(Message(stun.BINDING, stun.REQUEST, os.urandom(12)))
    is_well = answer.kind == stun.SUCCESS and answer.get(stun.XOR_MAPPED) is not None
    return "" if is_well else "is no STUN server"


def _ask_relay(where: Where, made: ice.Password) -> str:
    """Ask for an address as a browser does: first without a password, then with one."""
    wanted = [(stun.TRANSPORT, stun.UDP_TRANSPORT)]
    with _Line(where) as line:
        first = line.ask(Message(stun.ALLOCATE, stun.REQUEST, os.urandom(12), wanted))
        realm, nonce = first.get(stun.REALM), first.get(stun.NONCE)
        if stun.error_code(first) != 401 or realm is None or nonce is None:
            return "lets everybody in, or is no TURN server: set use-auth-secret"
        proof = [
            (stun.USERNAME, made.username.encode()),
            (stun.REALM, realm),
            (stun.NONCE, nonce),
        ]
        key = stun.long_term_key(made.username, realm.decode(), made.credential)
        asked = Message(stun.ALLOCATE, stun.REQUEST, os.urandom(12), [*wanted, *proof])
        answer = line.ask(asked, key)
        if answer.kind != stun.SUCCESS:
            code = stun.error_code(answer)
            if code == 401:
                return "does not accept TURN_SECRET, or its clock is wrong"
            return f"gives no address: it answers {code}"
        over = [(stun.LIFETIME, struct.pack("!I", 0)), *proof]
        line.ask(Message(stun.REFRESH, stun.REQUEST, os.urandom(12), over), key)
    return ""


class _Line:
    """One connection to a server, over UDP, TCP or TLS."""

    def __init__(self, where: Where) -> None:
        self._where = where
        kind = socket.SOCK_STREAM if where.is_tcp else socket.SOCK_DGRAM
        found = socket.getaddrinfo(where.host, where.port, type=kind)
        self._socket = socket.socket(found[0][0], kind)
        self._socket.settimeout(PATIENCE_S)
        self._to = found[0][4]

    def __enter__(self) -> "_Line":
        self._socket.connect(self._to)
        if self._where.is_tls:
            context = ssl.create_default_context()
            self._socket = context.wrap_socket(self._socket, server_hostname=self._where.host)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, message: Message, key: bytes | None = None) -> Message:
        """The answer to a message; over UDP it is asked again when none comes."""
        data = stun.encode(message, key)
        for turn in range(TRIES):
            self._socket.sendall(data)
            try:
                answer = stun.decode(self._receive())
            except TimeoutError:
                if turn + 1 == TRIES or self._where.is_tcp:
                    raise
                continue
            if answer.transaction == message.transaction:
                return answer
        raise stun.NoMessage

    def _receive(self) -> bytes:
        if not self._where.is_tcp:
            return self._socket.recv(2_048)
        data = b""
        while len(data) < 20 or len(data) < 20 + int.from_bytes(data[2:4]):
            more = self._socket.recv(2_048)
            if not more:
                raise OSError("closed")
            data += more
        return data
