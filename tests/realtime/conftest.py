"""The application and the people of the HTTP tests, and sockets into it."""

from collections.abc import Callable
from typing import Any

import pytest

from storage.clock import ManualClock
from tests.api.conftest import Api, api, app, channels, wired, world
from tests.api.people import Person, World
from tests.realtime.sockets import Socket, connect

__all__ = ["api", "app", "channels", "wired", "world"]

ASK = {"modality": "in_person", "place": "Room 12", "language": "en", "consent": True}


class Story:
    """Short verbs for what people do, all of it through the front door."""

    def __init__(self, api: Api, world: World, clock: ManualClock) -> None:
        self.api = api
        self.world = world
        self.clock = clock
        self.here = world.here

    def on_duty(self, *peers: Person) -> None:
        """These peers become available."""
        for peer in peers:
            self._done("PUT", "/duty", peer, {"on_duty": True, "modalities": ["in_person"]})

    def off_duty(self, peer: Person) -> None:
        """The peer stops."""
        self._done("PUT", "/duty", peer, {"on_duty": False, "modalities": []})

    def ask(self, by: Person | None = None, **more: Any) -> str:
        """Somebody asks for a peer; the id of the request."""
        body = self._done("POST", "/requests", by or self.here.staff, ASK | more)
        return str(body["id"])

    def request(self, request_id: str, by: Person | None = None) -> dict[str, Any]:
        """The request as it is fetched now."""
        path = f"/requests/{request_id}"
        return self._done("GET", path, by or self.here.staff, None)

    def offer(self, peer: Person) -> dict[str, Any]:
        """The one open offer of a peer."""
        [offer] = self._done("GET", "/offers", peer, None)["items"]
        found: dict[str, Any] = offer
        return found

    def accept(self, peer: Person) -> str:
        """The peer says yes to their one offer; the id of the visit."""
        path = f"/offers/{self.offer(peer)['id']}/accept"
        return str(self._done("POST", path, peer, {})["visit"]["id"])

    def step(self, visit_id: str, step: str, by: Person) -> None:
        """A step of a visit."""
        self._done("POST", f"/visits/{visit_id}/{step}", by, {})

    def _done(
        self, method: str, path: str, by: Person, body: dict[str, Any] | None
    ) -> dict[str, Any]:
        answer = self.api.call(method, path, by, **({} if body is None else {"json": body}))
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.get_json()
        return found


@pytest.fixture
def story(api: Api, world: World, clock: ManualClock) -> Story:
    """The verbs of a story."""
    return Story(api, world, clock)


@pytest.fixture
def enter(api: Api) -> Callable[[Person], Socket]:
    """Connect somebody, who must be let in."""

    def entered(person: Person) -> Socket:
        socket = connect(api, person)
        assert socket.is_in
        return socket

    return entered
