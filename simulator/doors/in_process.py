"""The way into the real application without a network: its WSGI entrance and its Socket.IO server.

The same routes, sign-in, validation and rooms; only the wire is missing. Lines keep what arrives
until `hand_out` is called, so that a story stays in one thread and in one order.
"""

import json
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_socketio import SocketIO, SocketIOTestClient

from simulator.door import API, Answer, Hear, Json, Refused, Unreachable
from simulator.phone import LINE_CLOSED

NAMESPACE = "/live"


class InProcessLine:
    """One client of the application's Socket.IO server."""

    def __init__(self, client: SocketIOTestClient, hear: Hear) -> None:
        self._client = client
        self._hear = hear
        self._was_closed = False

    @property
    def is_open(self) -> bool:
        """Whether the server has not hung up."""
        return bool(self._client.is_connected(NAMESPACE))

    def call(self, event: str, data: Mapping[str, Any]) -> Json:
        """Send; the acknowledgement is there when it returns."""
        if not self.is_open:
            raise Unreachable("the line is closed")
        answer = self._client.emit(event, dict(data), namespace=NAMESPACE, callback=True)
        return answer if isinstance(answer, dict) else {"ok": False, "code": "no_answer"}

    def say(self, event: str, data: Mapping[str, Any]) -> None:
        """Send and go on."""
        self.call(event, data)

    def close(self) -> None:
        """Hang up; what has not been handed out yet is lost, as on any line."""
        self._was_closed = True
        if self.is_open:
            self._client.disconnect(NAMESPACE)

    def hand_out(self) -> bool:
        """Give what has arrived to whoever listens; whether there was something."""
        if self._was_closed:
            return False
        arrived, self._client.queue = self._client.queue, []
        for packet in arrived:
            data = packet["args"][0] if packet["args"] else {}
            self._hear(packet["name"], data)
        if not self.is_open:
            self._was_closed = True
            self._hear(LINE_CLOSED, {})
            return True
        return bool(arrived)

    @property
    def is_done(self) -> bool:
        """Whether nothing will come over it any more."""
        return self._was_closed


class InProcessDoor:
    """The application itself."""

    def __init__(self, app: Flask, sockets: SocketIO) -> None:
        self._app = app
        self._sockets = sockets
        self._http = app.test_client(use_cookies=False)
        self._lines: list[InProcessLine] = []
        self.calls = 0

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        key: str | None = None,
    ) -> Answer:
        """One call through the application's WSGI entrance."""
        headers = {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        self.calls += 1
        response = self._http.open(API + path, method=method, json=body, headers=headers)
        found = json.loads(response.data) if response.data else {}
        return Answer(response.status_code, found if isinstance(found, dict) else {})

    def connect(self, token: str, hear: Hear) -> InProcessLine:
        """A line into the application's Socket.IO server."""
        client = self._sockets.test_client(
            self._app, namespace=NAMESPACE, auth={"token": token}, flask_test_client=self._http
        )
        if not client.is_connected(NAMESPACE):
            raise Refused("the line was refused")
        line = InProcessLine(client, hear)
        self._lines.append(line)
        return line

    def hand_out(self) -> bool:
        """Give everybody what has arrived, in the order in which they connected."""
        heard = [line.hand_out() for line in self._lines]
        if any(line.is_done for line in self._lines):
            self._lines = [line for line in self._lines if not line.is_done]
        return any(heard)
