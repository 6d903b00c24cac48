"""The letters of STUN and TURN (RFC 8489, RFC 8656): enough to ask a server whether it knows us.

Values in, bytes out, and back. It opens no socket and knows no setting.
"""

import hashlib
import hmac
import socket
import struct
from dataclasses import dataclass, field

MAGIC = 0x2112A442
HEADER = struct.Struct("!HHI12s")

BINDING, ALLOCATE, REFRESH, SEND, DATA, PERMIT, CHANNEL = 1, 3, 4, 6, 7, 8, 9
REQUEST, INDICATION, SUCCESS, FAILURE = 0x000, 0x010, 0x100, 0x110

MAPPED, USERNAME, INTEGRITY, ERROR, CHANNEL_NUMBER, LIFETIME = 0x01, 0x06, 0x08, 0x09, 0x0C, 0x0D
PEER, BYTES, REALM, NONCE, RELAYED = 0x12, 0x13, 0x14, 0x15, 0x16
TRANSPORT, XOR_MAPPED, FINGERPRINT = 0x19, 0x20, 0x8028
UDP_TRANSPORT = bytes([17, 0, 0, 0])

Address = tuple[str, int]


class NoMessage(Exception):
    """These bytes are no STUN message."""


@dataclass
class Message:
    """One message: what it is about, its attributes in order, and where its integrity stands."""

    method: int
    kind: int
    transaction: bytes
    attributes: list[tuple[int, bytes]] = field(default_factory=list)

    def get(self, name: int) -> bytes | None:
        """The first attribute of a kind."""
        return next((value for found, value in self.attributes if found == name), None)


def encode(message: Message, key: bytes | None = None) -> bytes:
    """The message as bytes; with `key`, it proves that its sender knows the password."""
    body = b"".join(_attribute(name, value) for name, value in message.attributes)
    if key is not None:
        # Its own attribute counts into the length that is signed, and not into what is signed.
        head = _head(message, len(body) + 24)
        body += _attribute(INTEGRITY, hmac.new(key, head + body, hashlib.sha1).digest())
    return _head(message, len(body)) + body


def decode(data: bytes) -> Message:
    """The message in `data`, else `NoMessage`."""
    if len(data) < HEADER.size:
        raise NoMessage
    kind, length, magic, transaction = HEADER.unpack_from(data)
    if kind & 0xC000 or magic != MAGIC or length % 4 or len(data) < HEADER.size + length:
        raise NoMessage
    found = Message(_method(kind), kind & 0x110, transaction)
    at, end = HEADER.size, HEADER.size + length
    while at + 4 <= end:
        name, size = struct.unpack_from("!HH", data, at)
        if at + 4 + size > end:
            raise NoMessage
        found.attributes.append((name, data[at + 4 : at + 4 + size]))
        at += 4 + size + (-size % 4)
    return found


def is_whole(data: bytes, key: bytes) -> bool:
    """Whether a message carries the integrity of `key` over everything before it."""
    at = HEADER.size
    while at + 4 <= len(data):
        name, size = struct.unpack_from("!HH", data, at)
        if name == INTEGRITY:
            signed = data[:2] + struct.pack("!H", at + 24 - HEADER.size) + data[4:at]
            wanted = hmac.new(key, signed, hashlib.sha1).digest()
            return hmac.compare_digest(wanted, data[at + 4 : at + 4 + size])
        at += 4 + size + (-size % 4)
    return False


def long_term_key(username: str, realm: str, password: str) -> bytes:
    """The key of a long-term password. MD5 is what the protocol prescribes."""
    return hashlib.md5(f"{username}:{realm}:{password}".encode()).digest()  # noqa: S324


def pack_address(address: Address) -> bytes:
    """An IPv4 address as XOR-MAPPED-ADDRESS and its kin carry it."""
    host, port = address
    number = struct.unpack("!I", socket.inet_aton(host))[0] ^ MAGIC
    return struct.pack("!BBHI", 0, 1, port ^ (MAGIC >> 16), number)


def unpack_address(value: bytes) -> Address:
    """The same backwards; `NoMessage` for another family."""
    if len(value) != 8 or value[1] != 1:
        raise NoMessage
    _, _, port, number = struct.unpack("!BBHI", value)
    return socket.inet_ntoa(struct.pack("!I", number ^ MAGIC)), port ^ (MAGIC >> 16)


def error_code(message: Message) -> int | None:
    """What a refusal says: 401 is an invitation to sign in."""
    value = message.get(ERROR)
    return None if value is None or len(value) < 4 else 100 * (value[2] & 7) + value[3]


def _attribute(name: int, value: bytes) -> bytes:
    return struct.pack("!HH", name, len(value)) + value + b"\0" * (-len(value) % 4)


def _head(message: Message, length: int) -> bytes:
    method = message.method
    bits = (method & 0xF) | ((method & 0x70) << 1) | ((method & 0xF80) << 2)
    return HEADER.pack(bits | message.kind, length, MAGIC, message.transaction)


def _method(bits: int) -> int:
    return (bits & 0xF) | ((bits >> 1) & 0x70) | ((bits >> 2) & 0xF80)
