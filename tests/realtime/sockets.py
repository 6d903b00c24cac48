"""A socket of one person inside the test's own process: it says things and remembers what it hears.

The client is the library's own; the namespace, the gates and the rows are the product's.
"""

from typing import Any

from flask import Flask
from flask_socketio import SocketIO, SocketIOTestClient

from dispatch.events import apply
from server.realtime.rooms import NAMESPACE
from tests.api.conftest import Api
from tests.api.people import Person

Json = dict[str, Any]


class Socket:
    """One connection to `/live`."""

    def __init__(self, app: Flask, auth: Any = None, headers: dict[str, str] | None = None) -> None:
        sio: SocketIO = app.extensions["socketio"]
        self.client = SocketIOTestClient(
            app, sio, namespace=NAMESPACE, auth=auth, headers=headers or {}
        )
        self._unread: list[tuple[str, Json]] = []

    @property
    def is_in(self) -> bool:
        """Whether it was let in and has not been sent out."""
        return bool(self.client.is_connected(NAMESPACE))

    def say(self, event: Any, *data: Any) -> Json:
        """Say something; the acknowledgement."""
        answer = self.client.emit(event, *data, callback=True, namespace=NAMESPACE)
        assert isinstance(answer, dict), answer
        return answer

    def say_raw(self, packet: str) -> Json:
        """Send a packet as text, which asks for an acknowledgement; the acknowledgement."""
        client = self.client
        client.acks = None
        client.socketio.server._handle_eio_message(client.eio_sid, packet)
        answer: Json = client.acks["args"][0]
        return answer

    def refused(self, code: str, event: Any, *data: Any) -> Json:
        """Say something that is refused with `code`."""
        answer = self.say(event, *data)
        assert (answer["ok"], answer["code"]) == (False, code), answer
        assert answer["detail"]
        return answer

    def done(self, event: str, *data: Any) -> Json:
        """Say something that is done; the acknowledgement."""
        answer = self.say(event, *data)
        assert answer["ok"] is True, answer
        return answer

    def hears(self, event: str) -> list[Json]:
        """The payloads of an event that were heard and not yet asked for."""
        if self.is_in:
            for heard in self.client.get_received(NAMESPACE):
                self._unread.append((heard["name"], heard["args"][0]))
        found = [payload for name, payload in self._unread if name == event]
        self._unread = [one for one in self._unread if one[0] != event]
        return found

    def hears_nothing(self) -> bool:
        """Whether there is nothing left to hear."""
        self.hears("")
        heard, self._unread = self._unread, []
        return not heard

    def leave(self) -> None:
        """Hang up."""
        self.client.disconnect(NAMESPACE)


def connect(api: Api, person: Person) -> Socket:
    """A socket of `person`, with a fresh access token."""
    return Socket(api.app, {"token": api.sign_in(person)["access_token"]})


def brought_up_to_date(snapshot: Json, facts: list[Json]) -> Json:
    """A snapshot after facts, by the one rule that every client follows."""
    for fact in sorted(facts, key=lambda fact: fact["seq"]):
        if fact["seq"] > snapshot["seq"]:
            snapshot = apply(snapshot, fact["seq"], fact["data"])
    return snapshot
