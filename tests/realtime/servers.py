"""Server processes with real sockets, and a client that connects to them as a phone does."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import socketio

from server.realtime.rooms import NAMESPACE
from tests.api.people import PASSWORD, Person
from tests.harness.servers import ServerProcess, on_database

Json = dict[str, Any]
SOON_S = 10.0


class Server(ServerProcess):
    """A server on a database that has its people already."""

    def __init__(self, command: str, folder: Path, database_url: str, **environment: str) -> None:
        super().__init__(command, folder, **on_database(database_url) | environment)

    def token(self, person: Person) -> str:
        """A fresh access token."""
        return self.sign_in(person.email, PASSWORD)


class Phone:
    """A real client on a real socket."""

    def __init__(
        self,
        url: str,
        token: str | None,
        transports: list[str] | None = None,
        guest_cookie: str | None = None,
    ) -> None:
        self.refusal: Json | None = None
        self._heard: list[tuple[str, Json]] = []
        self._news = threading.Condition()
        self.client = socketio.Client(reconnection=False)
        self.client.on("*", self._hear, namespace=NAMESPACE)
        self.client.on("connect_error", self._refused, namespace=NAMESPACE)
        try:
            self.client.connect(
                url,
                headers={"Cookie": f"alongside_guest={guest_cookie}"} if guest_cookie else {},
                auth={"token": token} if token is not None else guest_cookie and {"guest": True},
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

    def take(self, event: str) -> list[Json]:
        """What was heard so far of an event, without waiting; it is then forgotten."""
        with self._news:
            taken = [payload for name, payload in self._heard if name == event]
            self._heard = [one for one in self._heard if one[0] != event]
            return taken

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
