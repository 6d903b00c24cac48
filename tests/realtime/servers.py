"""Server processes with real sockets, and a client that connects to them as a phone does."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import socketio

from server.realtime.rooms import NAMESPACE
from tests.api.people import PASSWORD, Person
from tests.harness.postgres import die_with_parent, free_port

Json = dict[str, Any]
START_S = 60.0
SOON_S = 10.0


class Server:
    """One `python -m server ...` on a database that has its people already."""

    def __init__(self, command: str, folder: Path, database_url: str, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{command}-{self.port}.log"
        values = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        values |= {
            "HOME": str(folder),
            "PORT": str(self.port),
            "ALONGSIDE_DATA": str(folder),
            "ALONGSIDE_ENV": "test",
            "DATABASE_URL": database_url,
            "SECRET_KEY": "one secret for every process of a test",
            "PUSH": "memory",
            **environment,
        }
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", command],
                env=values,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # one call into libc, no lock taken
            )

    def until_answering(self) -> None:
        """Wait until it answers at all."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if requests.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.05)
        raise AssertionError(f"no answer:\n{self.log.read_text()}")

    def end(self) -> None:
        """Kill it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=10)

    def token(self, person: Person) -> str:
        """A fresh access token."""
        sent = {"email": person.email, "password": PASSWORD}
        answer = requests.post(f"{self.url}/api/v1/sessions", json=sent, timeout=10)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, token: str, body: Json | None = None) -> Json:
        """One call that must work; its JSON."""
        answer = requests.request(
            method,
            f"{self.url}/api/v1{path}",
            headers={"Authorization": f"Bearer {token}"},
            json=body if body is not None or method == "GET" else {},
            timeout=10,
        )
        assert answer.status_code < 300, answer.text
        found: Json = answer.json() if answer.content else {}
        return found


class Phone:
    """A real client on a real socket."""

    def __init__(self, url: str, token: str | None, transports: list[str] | None = None) -> None:
        self.refusal: Json | None = None
        self._heard: list[tuple[str, Json]] = []
        self._news = threading.Condition()
        self.client = socketio.Client(reconnection=False)
        self.client.on("*", self._hear, namespace=NAMESPACE)
        self.client.on("connect_error", self._refused, namespace=NAMESPACE)
        try:
            self.client.connect(
                url,
                auth={"token": token} if token is not None else None,
                namespaces=[NAMESPACE],
                transports=transports,
                wait_timeout=10,
            )
        except socketio.exceptions.ConnectionError:
            assert self.refusal is not None or self.client.connected is False

    def _hear(self, event: str, payload: Json) -> None:
        with self._news:
            self._heard.append((event, payload))
            self._news.notify_all()

    def _refused(self, why: Json) -> None:
        self.refusal = why

    @property
    def is_in(self) -> bool:
        """Whether it is in the namespace."""
        return NAMESPACE in self.client.namespaces

    def say(self, event: str, data: Json) -> Json:
        """Say something; the acknowledgement."""
        answer: Json = self.client.call(event, data, namespace=NAMESPACE, timeout=10)
        return answer

    def done(self, event: str, data: Json) -> Json:
        """Say something that is done."""
        answer = self.say(event, data)
        assert answer["ok"] is True, answer
        return answer

    def hears(
        self, event: str, fits: Callable[[Json], bool] = lambda _: True, within_s: float = SOON_S
    ) -> Json:
        """Wait for an event that fits; its payload. It is then forgotten, others are kept."""
        deadline = time.monotonic() + within_s
        with self._news:
            while True:
                for one in self._heard:
                    if one[0] == event and fits(one[1]):
                        self._heard.remove(one)
                        return one[1]
                left = deadline - time.monotonic()
                assert left > 0, f"no such {event} among {self._heard}"
                self._news.wait(left)

    def heard(self, event: str) -> list[Json]:
        """What was heard so far of an event, without waiting."""
        with self._news:
            return [payload for name, payload in self._heard if name == event]

    def until_out(self, within_s: float) -> float:
        """Wait until the server sent it out; how many seconds that took."""
        began = time.monotonic()
        while self.is_in:
            assert time.monotonic() - began < within_s, "still in"
            time.sleep(0.02)
        return time.monotonic() - began

    def leave(self) -> None:
        """Hang up."""
        self.client.disconnect()
