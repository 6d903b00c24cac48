"""Websocket frames (RFC 6455) of a client, and the packets in them. Pure: bytes in, values out.

It refuses to know sockets and events. The server is held to what it promised: no compression, no
binary message.
"""

import json
import os
from base64 import b64encode
from typing import Any

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
NAMESPACE = "/live"
_FINAL = 0x80
_MASKED = 0x80
_CONTINUED = 0x0


def upgrade(host: str, port: int) -> bytes:
    """The request that opens a websocket of Engine.IO 4."""
    key = b64encode(os.urandom(16)).decode()
    return (
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
        f"Host: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """One whole message, masked as a client must. `payload` of at most 65,535 bytes."""
    size = len(payload)
    if size < 126:
        head = bytes((_FINAL | opcode, _MASKED | size))
    else:
        head = bytes((_FINAL | opcode, _MASKED | 126)) + size.to_bytes(2, "big")
    if not size:
        return head + b"\0\0\0\0"
    mask = os.urandom(4)
    # One exclusive or of two large numbers is far cheaper than one for each byte.
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    body = (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")
    return head + mask + body


class Reader:
    """Takes what a socket gives and hands out whole messages."""

    __slots__ = ("_buffer", "_parts")

    def __init__(self) -> None:
        self._buffer = b""
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Opcode and payload of each message that is complete now."""
        buffer = self._buffer + data if self._buffer else data
        found = []
        at = 0
        while (cut := _cut(buffer, at)) is not None:
            begin, end = cut
            opcode, is_final = buffer[at] & 0x0F, buffer[at] & _FINAL
            payload = buffer[begin:end]
            at = end
            if opcode in (TEXT, _CONTINUED) and not is_final:
                self._parts.append(payload)
            elif opcode == _CONTINUED:
                found.append((TEXT, b"".join([*self._parts, payload])))
                self._parts = []
            else:
                found.append((opcode, payload))
        self._buffer = buffer[at:]
        return found


def _cut(buffer: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `at` begins and ends; None while it is not all there."""
    if len(buffer) < at + 2:
        return None
    size, begin = buffer[at + 1] & 0x7F, at + 2
    wide = {126: 2, 127: 8}.get(size, 0)
    if wide:
        if len(buffer) < begin + wide:
            return None
        size = int.from_bytes(buffer[begin : begin + wide], "big")
        begin += wide
    return (begin, begin + size) if len(buffer) >= begin + size else None


def connect(token: str) -> bytes:
    """The Socket.IO CONNECT packet of the namespace, with the token in it."""
    return frame(f"40{NAMESPACE},{_text({'token': token})}".encode())


def event(name: str, data: Any, ack: int) -> bytes:
    """An EVENT packet that asks for an acknowledgement."""
    return frame(f"42{NAMESPACE},{ack}{_text([name, data])}".encode())


PONG_PACKET = b"3"
"""Engine.IO's answer to its own ping; it travels in a frame of its own."""


def packet(text: str) -> tuple[str, int | None, Any]:
    """What a message says: its type (`0` open, `2` ping, `40`, `42`, `43` ...), ack id and value."""
    if not text.startswith("4"):
        return text[:1], None, json.loads(text[1:]) if text.startswith("0") else None
    kind, rest = text[:2], text[2:]
    if rest.startswith(NAMESPACE):
        rest = rest[len(NAMESPACE) + 1 :]
    digits = len(rest) - len(rest.lstrip("0123456789"))
    ack = int(rest[:digits]) if digits else None
    return kind, ack, json.loads(rest[digits:]) if len(rest) > digits else None


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
