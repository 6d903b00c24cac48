"""A tile server of our own on a loopback port: every street is the same grey square.

It remembers what was asked and how; it refuses to know the world.
"""

import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _square(side: int = 256) -> bytes:
    """A grey picture with a lighter edge, so that a person sees the tiles on it."""
    edge, inner = b"\xee" * side, b"\xee" + b"\xd8" * (side - 1)
    rows = b"".join(b"\x00" + (edge if row == 0 else inner) for row in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@dataclass
class StreetServer:
    """Where it listens, and what it was asked: path and the page that it was told of."""

    url: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    is_broken: bool = False


@contextmanager
def street_server() -> Iterator[StreetServer]:
    """A tile server that lives as long as the block."""
    told = StreetServer()
    picture = _square()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.path, self.headers.get("Referer")))
            body = b"" if told.is_broken else picture
            self.send_response(503 if told.is_broken else 200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
