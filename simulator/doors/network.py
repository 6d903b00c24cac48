"""The way in over a network: HTTP and Socket.IO, as any phone does it."""

import logging
import threading
from collections.abc import Mapping
from typing import Any

import requests
import socketio

from simulator.door import API, Answer, Hear, Json, Refused, Unreachable
from simulator.phone import LINE_CLOSED

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
NAMESPACE = "/live"


class NetworkLine:
    """One Socket.IO connection; its events come from a thread of the library's."""

    def __init__(self, client: socketio.Client) -> None:
        self._client = client

    @property
    def is_open(self) -> bool:
        """Whether the library believes that the server is there."""
        return bool(self._client.connected and NAMESPACE in self._client.namespaces)

    def call(self, event: str, data: Mapping[str, Any]) -> Json:
        """Send and wait for the acknowledgement."""
        try:
            answer = self._client.call(event, dict(data), namespace=NAMESPACE, timeout=TIMEOUT_S)
        except (socketio.exceptions.SocketIOError, OSError) as error:
            raise Unreachable(type(error).__name__) from error
        return answer if isinstance(answer, dict) else {"ok": False, "code": "no_answer"}

    def say(self, event: str, data: Mapping[str, Any]) -> None:
        """Send and go on."""
        try:
            self._client.emit(event, dict(data), namespace=NAMESPACE)
        except (socketio.exceptions.SocketIOError, OSError) as error:
            raise Unreachable(type(error).__name__) from error

    def close(self) -> None:
        """Hang up. The library waits seconds for the other end to agree; nobody else need."""
        threading.Thread(target=self._disconnect, name="hang-up", daemon=True).start()

    def _disconnect(self) -> None:
        try:
            self._client.disconnect()
        except (socketio.exceptions.SocketIOError, OSError) as error:
            log.debug("the line was down already: %s", type(error).__name__)


class NetworkDoor:
    """A server at `url`."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = requests.Session()
        # What stands in the environment is meant for the outer world, not for this server.
        self._http.trust_env = False

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        key: str | None = None,
    ) -> Answer:
        """One call over HTTP."""
        headers = {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            response = self._http.request(
                method, self._url + API + path, json=body, headers=headers, timeout=TIMEOUT_S
            )
            found = response.json() if response.content else {}
        except (requests.RequestException, ValueError) as error:
            raise Unreachable(type(error).__name__) from error
        return Answer(response.status_code, found if isinstance(found, dict) else {})

    def connect(self, token: str, hear: Hear) -> NetworkLine:
        """A live line over WebSocket."""
        client = socketio.Client(reconnection=False, handle_sigint=False)
        refusals: list[Any] = []
        client.on("*", lambda event, data=None: hear(event, data or {}), namespace=NAMESPACE)
        client.on("disconnect", lambda *_: hear(LINE_CLOSED, {}), namespace=NAMESPACE)
        client.on("connect_error", refusals.append, namespace=NAMESPACE)
        try:
            client.connect(
                self._url,
                auth={"token": token},
                namespaces=[NAMESPACE],
                transports=["websocket"],
                wait_timeout=TIMEOUT_S,
            )
        except (socketio.exceptions.SocketIOError, OSError, ValueError) as error:
            if refusals:
                raise Refused(str(refusals[0])) from error
            raise Unreachable(type(error).__name__) from error
        return NetworkLine(client)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()
