"""A tile server of our own on a loopback port: every street is the same grey square.

It remembers what was asked and how; it refuses to know the world.
"""

import struct
import zlib

from tests.harness.standin import Asked, HttpStandIn, Reply


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _square(side: int = 256) -> bytes:
    """A grey picture with a lighter edge, so that a person sees the tiles on it."""
    edge, inner = b"\xee" * side, b"\xee" + b"\xd8" * (side - 1)
    rows = b"".join(b"\x00" + (edge if row == 0 else inner) for row in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


class StreetServer(HttpStandIn):
    """Start it with `with StreetServer() as streets:`; it keeps path and page of what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str | None]] = []
        self.is_broken = False
        self._picture = _square()

    def answer(self, asked: Asked) -> Reply:
        """The same square for every place, or nothing when it is broken."""
        self.asked.append((asked.path, asked.headers.get("referer")))
        headers = {"Content-Type": "image/png"}
        return Reply(503, b"", headers) if self.is_broken else Reply(200, self._picture, headers)
