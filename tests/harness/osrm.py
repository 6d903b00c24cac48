"""An OSRM server of our own on a loopback port: every way at one speed, or what a test makes of it.

It remembers which places it was asked about; it refuses to know who was there.
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dispatch.geo import Point, distance_m
from tests.harness.standin import Asked, HttpStandIn, Reply, json_reply


class OsrmServer(HttpStandIn):
    """Start it with `with OsrmServer() as osrm:`; set what it shall answer instead of the truth."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[Point]] = []
        self.paths: list[str] = []
        self.mps = 10.0
        """Metres as the crow flies a second."""
        self.status = 200
        self.code = "Ok"
        self.hang_s = 0.0
        self.body: bytes | None = None
        """Answered instead of a table."""
        self.durations: Any = None
        """Answered instead of the true ones."""

    def answer(self, asked: Asked) -> Reply:
        """A table for `/table/v1/driving/`, 404 for everything else."""
        parts = urlsplit(asked.path)
        if not parts.path.startswith("/table/v1/driving/"):
            return json_reply(404, b"{}")
        self.paths.append(asked.path)
        places = [
            Point(float(north), float(east))
            for east, north in (one.split(",") for one in parts.path.rsplit("/", 1)[1].split(";"))
        ]
        self.asked.append(places)
        content = self._table(places, parse_qs(parts.query)) if self.body is None else self.body
        return json_reply(self.status, content, hang_s=self.hang_s)

    def _table(self, places: list[Point], query: dict[str, list[str]]) -> bytes:
        """As OSRM writes it."""
        if self.code != "Ok":
            return json.dumps({"code": self.code, "message": "no way"}).encode()
        ends = [places[int(number)] for number in query["destinations"][0].split(";")]
        metres = [distance_m(places[0], end) for end in ends]
        durations = [[one / self.mps for one in metres]]
        table = {
            "code": "Ok",
            "durations": durations if self.durations is None else self.durations,
            "distances": [[1.3 * one for one in metres]],
        }
        return json.dumps(table).encode()
