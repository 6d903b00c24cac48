"""A server process of the tests' own, and its people over HTTP.

It knows how to start `python -m server run` on a free port and how to act as a demonstration user;
it refuses to know pages.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from tests.house.repository import ROOT

START_S = 40


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Town:
    """A running demonstration: its address, its people, its process."""

    url: str
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    _tokens: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server", "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
        )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/healthz", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
        raise AssertionError((self.folder / "server.log").read_text())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process that `start` started."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(20)

    @property
    def users(self) -> list[dict[str, Any]]:
        """The demonstration's sign-ins."""
        known = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        return list(known["users"])

    def user(self, role: str, number: int = 0) -> dict[str, Any]:
        """The first (or another) user of a role."""
        return [user for user in self.users if user["role"] == role][number]

    def call(
        self, who: dict[str, Any], method: str, path: str, body: Any = None, *, status: int = 200
    ) -> Any:
        """One call of the API as `who`; the answer must have `status`.

        A sign-in lasts minutes, and a module may take longer than that on a busy machine.
        """
        answer = self._once(who, method, path, body)
        if answer.status_code == 401 != status:
            del self._tokens[who["email"]]
            answer = self._once(who, method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def _once(self, who: dict[str, Any], method: str, path: str, body: Any) -> requests.Response:
        email = who["email"]
        if email not in self._tokens:
            signed_in = requests.post(
                f"{self.url}/api/v1/sessions",
                json={"email": email, "password": who["password"]},
                timeout=10,
            )
            assert signed_in.status_code == 201, signed_in.text
            self._tokens[email] = signed_in.json()["access_token"]
        return requests.request(
            method,
            f"{self.url}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._tokens[email]}"},
            timeout=10,
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

    def off_duty(self) -> None:
        """Nobody is available."""
        for peer in (user for user in self.users if user["role"] == "peer"):
            self.call(peer, "PUT", "/duty", {"on_duty": False, "modalities": []})


@contextmanager
def town(folder: Path, **settings: str) -> Iterator[Town]:
    """A town that lives as long as the block."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "ALONGSIDE_ENV": "demo",
        "ALONGSIDE_DATA": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": url,
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    place = Town(url, folder, environment)
    place.start()
    try:
        yield place
    finally:
        place.stop()
