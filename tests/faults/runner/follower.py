"""A nurse's page: it follows requests over a socket, catches up by number, and must end with the truth.

It does what `docs/realtime.md` asks of a client, no more: facts by `seq`, and after a gap, a
`resync` or a new connection what was missed is fetched.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dispatch.events import apply
from tests.faults.runner.door import Door, Ledger
from tests.realtime.servers import Phone

if TYPE_CHECKING:
    from tests.faults.runner.cluster import Cluster

LOOK_S = 0.2
FETCH_S = 20.0


class Follower:
    """One socket, opened again whenever it is lost, and the requests it shows."""

    def __init__(self, cluster: "Cluster", ledger: Ledger) -> None:
        self._cluster = cluster
        crew = cluster.crew
        self._token: Callable[[], str] = lambda: crew.token(crew.nurse)
        self._door = Door(cluster.door_url, self._token, ledger)
        self._shown: dict[str, Any] = {}
        self._followed: set[str] = set()
        self._phone: Phone | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.heard = 0
        self.fetched = 0
        self.opened = 0

    def start(self) -> None:
        """Connect, and stay connected."""
        self._thread.start()

    def follow(self, snapshot: Any) -> None:
        """Show this request from now on."""
        self._shown[snapshot["id"]] = snapshot

    def stop(self) -> None:
        """Let the socket go."""
        self._stop.set()
        self._thread.join(FETCH_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._turn()
            except Exception:  # noqa: BLE001  # a socket that was lost, in whichever way
                self._hang_up()
            self._stop.wait(LOOK_S)
        self._hang_up()

    def _hang_up(self) -> None:
        phone, self._phone = self._phone, None
        if phone is not None:
            try:
                phone.client.disconnect()
            except Exception:  # noqa: BLE001  # it was gone already
                pass

    def _turn(self) -> None:
        phone = self._phone
        if phone is None or not phone.is_in:
            self._hang_up()
            phone = Phone(self._cluster.door_url, self._token(), ["websocket"])
            self._phone = phone
            self.opened += 1
            self._followed = set()
        for request_id in set(self._shown) - self._followed:
            said = {"request_id": request_id, "after": self._shown[request_id]["seq"]}
            if phone.say("follow", said).get("ok"):
                self._followed.add(request_id)
                self._catch_up(request_id)
        for fact in self._take("fact"):
            self.heard += 1
            self._apply(fact)
        for told in self._take("resync"):
            for request_id in [told["request_id"]] if "request_id" in told else self._shown:
                self._catch_up(request_id)

    def _take(self, event: str) -> list[Any]:
        assert self._phone is not None
        found = self._phone.heard(event)
        for _ in found:
            self._phone.hears(event)
        return found

    def _apply(self, fact: Any) -> None:
        shown = self._shown.get(fact["request_id"])
        if shown is None or fact["seq"] <= shown["seq"]:
            return
        if fact["seq"] > shown["seq"] + 1:
            self._catch_up(fact["request_id"])
            return
        self._shown[fact["request_id"]] = apply(shown, fact["seq"], fact["data"])

    def _catch_up(self, request_id: str) -> None:
        shown = self._shown[request_id]
        path = f"/requests/{request_id}/facts?after={shown['seq']}"
        answer = self._door.insist("GET", path, until=time.monotonic() + FETCH_S)
        if answer is None or not answer.is_done:
            raise ConnectionError
        for fact in answer.body["items"]:
            self.fetched += 1
            if fact["seq"] == shown["seq"] + 1:
                shown = apply(shown, fact["seq"], fact["data"])
        self._shown[request_id] = shown

    def wrong(self) -> list[str]:
        """After a last look: every request that is shown otherwise than it is."""
        found = []
        for request_id in list(self._shown):
            self._catch_up(request_id)
            until = time.monotonic() + FETCH_S
            fresh = self._door.insist("GET", f"/requests/{request_id}", until=until)
            if fresh is None or not fresh.is_done:
                found.append(f"{request_id} cannot be looked at: {fresh}")
            elif fresh.body != self._shown[request_id]:
                differ = [k for k in fresh.body if fresh.body[k] != self._shown[request_id].get(k)]
                found.append(f"{request_id} is shown with another {', '.join(differ)}")
        self._door.close()
        return found
