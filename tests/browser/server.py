"""A demonstration of the tests' own, and its people over HTTP.

The process is the harness's; here is how to act as one of the demonstration's users. It refuses to
know pages.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

from tests.harness.servers import CALL_S, ServerProcess


class Town:
    """A running demonstration: its address, its people, its process."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._server = ServerProcess("run", folder, LOG_LEVEL="WARNING", **settings)
        self.url = self._server.url
        self._tokens: dict[str, str] = {}
        self._server.until_answering()

    def start(self) -> None:
        """Start the process again, where it was, and wait until it answers."""
        self._server.start()
        self._server.until_answering()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process."""
        self._server.end(how)

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._server.process.poll() is None

    def end(self) -> None:
        """End the process, unless it has ended."""
        if self.is_running:
            self._server.end()

    @property
    def users(self) -> list[dict[str, Any]]:
        """The demonstration's sign-ins."""
        return list(self._server.demo()["users"])

    def user(self, role: str, number: int = 0) -> dict[str, Any]:
        """The first (or another) user of a role."""
        return self._server.demo_user(role, number)

    def call(
        self, who: dict[str, Any], method: str, path: str, body: Any = None, *, status: int = 200
    ) -> Any:
        """One call of the API as `who`; the answer must have `status`.

        A sign-in that ran out meanwhile is renewed: some tests take longer than one lasts.
        """
        answer = self._once(who, method, path, body)
        if answer.status_code == HTTPStatus.UNAUTHORIZED != status:
            del self._tokens[who["email"]]
            answer = self._once(who, method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def _once(self, who: dict[str, Any], method: str, path: str, body: Any) -> requests.Response:
        email = who["email"]
        if email not in self._tokens:
            self._tokens[email] = self._server.sign_in(email, who["password"])
        return requests.request(
            method,
            f"{self.url}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._tokens[email]}"},
            timeout=CALL_S,
        )

    def on_duty(self, peer: dict[str, Any], *modalities: str, at: tuple[float, float]) -> None:
        """The peer is available, at a position, with a phone that can ring."""
        self.call(peer, "PUT", "/duty", {"on_duty": True, "modalities": list(modalities)})
        self.report(peer, at)

    def report(self, peer: dict[str, Any], at: tuple[float, float]) -> None:
        """The peer's phone says where it is."""
        position = {
            "latitude": at[0],
            "longitude": at[1],
            "accuracy_m": 12.0,
            "recorded_at": datetime.now(UTC).isoformat(),
        }
        self.call(peer, "POST", "/positions", position, status=202)

    def finish_all(self) -> None:
        """No visit is under way and no request is open."""
        for nurse in (user for user in self.users if user["role"] == "staff"):
            for one in self.call(nurse, "GET", "/requests?limit=50")["items"]:
                if one["state"] == "in_session":
                    self.call(nurse, "POST", f"/visits/{one['visit']['id']}/complete")
                elif one["state"] not in ("completed", "cancelled", "unfilled"):
                    self.call(nurse, "POST", f"/requests/{one['id']}/cancel", {"reason": "other"})

    def off_duty(self) -> None:
        """Nobody is available."""
        for peer in (user for user in self.users if user["role"] == "peer"):
            self.call(peer, "PUT", "/duty", {"on_duty": False, "modalities": []})


@contextmanager
def town(folder: Path, **settings: str) -> Iterator[Town]:
    """A town that lives as long as the block."""
    place = Town(folder, **settings)
    try:
        yield place
    finally:
        place.end()
