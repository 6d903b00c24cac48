"""What the people do during one fault: nurses ask and sometimes cancel, peers race, go, and help.

Everybody insists on what they do. It knows the product's interface and refuses to know the fault.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from storage.ids import new_id
from tests.api.people import Person
from tests.faults.runner.cluster import Cluster
from tests.faults.runner.door import Answer, Door, Ledger, Promise
from tests.faults.runner.follower import Follower

ASK = {"modality": "in_person", "place": "Room 3", "language": "en", "consent": True}
FINAL = ("completed", "cancelled", "unfilled")
POLL_S = 0.25
PATIENCE_S = 75.0
"""Nobody insists longer; a call without an answer by then is a finding."""
GIVE_UP_S = 7.0
"""After this long a nurse's story is ended by cancelling, whatever became of it."""
REFUSALS = frozenset({401, 404, 409, 410})
"""What somebody may hear who lost a race or came too late. 401 would be odd and is looked at."""


class Load:
    """The stories of one fault, each a thread, and the peers that live as long as they do."""

    def __init__(self, cluster: Cluster, chance: Random) -> None:
        self.cluster = cluster
        self.ledger = Ledger()
        self.began = cluster.db.clock.now()
        self.created: list[dict[str, Any]] = []
        """The snapshots that the nurses' calls were answered with."""
        self._chance = chance
        self._stop = threading.Event()
        self._stories: list[threading.Thread] = []
        self._peers: list[threading.Thread] = []
        self.follower = Follower(cluster, self.ledger)

    def begin(self, stories: int = 2) -> None:
        """Let some nurses ask; at the first time the peers begin to look, too."""
        crew = self.cluster.crew
        if not self._peers:
            self.follower.start()
            for peer in crew.peers:
                chance = Random(self._chance.random())
                self._peers.append(self._thread(partial(self._peer, peer, chance)))
        for _ in range(stories):
            chance = Random(self._chance.random())
            self._stories.append(self._thread(partial(self._nurse, chance)))

    def _thread(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    @property
    def is_over(self) -> bool:
        """Whether every story has ended."""
        return not any(thread.is_alive() for thread in self._stories)

    def end(self) -> None:
        """Wait for the stories, then for the peers to finish what they do."""
        for thread in self._stories:
            thread.join(2 * PATIENCE_S)
        self._stop.set()
        for thread in self._peers:
            thread.join(PATIENCE_S)
        if any(thread.is_alive() for thread in (*self._stories, *self._peers)):
            self.ledger.odd.append("somebody still waits for an answer")
        self.follower.stop()

    def _door(self, who: Person) -> Door:
        crew = self.cluster.crew
        return Door(self.cluster.door_url, lambda: crew.token(who), self.ledger)

    def _step(
        self, door: Door, who: Person, what: str, request_id: str, path: str, body: Any = None
    ) -> Answer | None:
        """A step that is insisted on, and promised when it is done."""
        key = new_id()
        answer = door.insist("POST", path, body, until=time.monotonic() + PATIENCE_S, key=key)
        if answer is None:
            self.ledger.odd.append(f"no answer to {what} in {PATIENCE_S:.0f} s")
        elif answer.is_done:
            self.ledger.promised(Promise(what, request_id, who.id, key, answer.body))
        elif answer.status not in REFUSALS or answer.status == 401:
            self.ledger.odd.append(f"{what}: {answer.status} {answer.body}")
        return answer

    def _nurse(self, chance: Random) -> None:
        crew = self.cluster.crew
        door = self._door(crew.nurse)
        key = new_id()
        until = time.monotonic() + PATIENCE_S
        answer = door.insist("POST", "/requests", ASK, until=until, key=key)
        if answer is None or not answer.is_done:
            self.ledger.odd.append(f"asking: {answer}")
            return
        request_id = answer.body["id"]
        self.created.append(answer.body)
        self.ledger.promised(Promise("create", request_id, crew.nurse.id, key, answer.body))
        self.follower.follow(answer.body)
        again = door.insist("POST", "/requests", ASK, until=until, key=key)
        if again is not None and again.body != answer.body:
            self.ledger.odd.append(f"the same key made {again.body} of {answer.body}")
        patience = chance.uniform(1.0, 4.0) if chance.random() < 0.3 else GIVE_UP_S
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            look = door.insist("GET", f"/requests/{request_id}", until=until)
            if look is not None and look.is_done and look.body["state"] in FINAL:
                return
            time.sleep(POLL_S)
        self._step(
            door,
            crew.nurse,
            "cancel",
            request_id,
            f"/requests/{request_id}/cancel",
            {"reason": "left"},
        )
        door.close()

    def _peer(self, peer: Person, chance: Random) -> None:
        door = self._door(peer)
        answered: set[str] = set()
        while not self._stop.is_set():
            look = door.insist("GET", "/offers", until=time.monotonic() + POLL_S)
            offers = look.body["items"] if look is not None and look.is_done else []
            for offer in offers:
                if offer["id"] in answered:
                    continue
                answered.add(offer["id"])
                self._answer(door, peer, offer, chance)
            self._stop.wait(POLL_S)
        door.close()

    def _answer(self, door: Door, peer: Person, offer: Any, chance: Random) -> None:
        act = chance.random()
        if act < 0.2:
            return
        request_id = offer["request_id"]
        if act < 0.4:
            self._step(door, peer, "decline", request_id, f"/offers/{offer['id']}/decline", {})
            return
        yes = self._step(door, peer, "accept", request_id, f"/offers/{offer['id']}/accept")
        if yes is None or not yes.is_done:
            return
        visit_id = yes.body["visit"]["id"]
        for what in ("depart", "arrive", "start", "complete"):
            time.sleep(chance.uniform(0.05, 0.3))
            step = self._step(door, peer, what, request_id, f"/visits/{visit_id}/{what}")
            if step is None or not step.is_done:
                return
