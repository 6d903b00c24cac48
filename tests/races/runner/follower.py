"""A page that follows requests over a socket and is cut off again and again.

It does what `docs/realtime.md` asks of a client and no more, and writes down every fact that it took
in, in the order in which it did: what it shows in the end must be the journal. It knows sockets; it
refuses to know who cuts, and what is done to the requests.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from random import Random
from typing import Any

import requests

from dispatch.events import apply
from server.realtime.rooms import NAMESPACE
from tests.harness.faultproxy import FaultProxy
from tests.realtime.servers import Json, Phone

LOOK_S = 0.01
WAIT_S = 15.0
"""Longest for an answer, and until what was announced last is here."""
TRIES = 40
OVER_HTTP = 0.2
"""The part of the reconnects after which what was missed is fetched, instead of asked for."""


class Cut(StrEnum):
    """How a connection ends."""

    RESET = "by a reset"
    CLOSED = "by an end of the stream"
    FOLLOWING = "while it follows"
    SOCKET = "by losing its socket"
    LEFT = "by leaving"


class Page:
    """One client: connected through one of the ways, to one of the web processes, never for long."""

    def __init__(
        self,
        ways: Sequence[FaultProxy],
        token: Callable[[], str],
        request_ids: Sequence[str],
        chance: Random,
    ) -> None:
        self._ways = ways
        self._token = token
        self._chance = chance
        self._http = requests.Session()
        self._way = ways[0]
        self._phone: Phone | None = None
        self._newest: dict[str, int] = {}
        """By request, the highest number that this connection brought."""
        self.counts: Counter[str] = Counter()
        self.cuts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.shown: dict[str, Json] = {one: self.fresh(one) for one in request_ids}
        self.first = {one: shown["seq"] for one, shown in self.shown.items()}
        self.stream: dict[str, list[Json]] = {one: [] for one in request_ids}

    # One cut after another

    def live(self, cuts: int) -> None:
        """Connect, and be cut off and come back so often; then stay."""
        try:
            self._come()
            for _ in range(cuts):
                self._listen(self._chance.uniform(0.0, 0.4))
                how = self._chance.choice(list(Cut))
                self._cut(how)
                self._come(is_cut_again=how is Cut.FOLLOWING)
                self.cuts[how.value] += 1
        except Exception as error:  # noqa: BLE001  # a thread of its own: the verdict says it
            self.wrong.append(f"{type(error).__name__}: {error}")

    def settle(self, newest: dict[str, int]) -> None:
        """Hear what was announced last; nothing is fetched that nobody said was missing."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            self._listen(LOOK_S)
            if all(shown["seq"] >= newest[one] for one, shown in self.shown.items()):
                return

    def leave(self) -> None:
        """Hang up."""
        phone, self._phone = self._phone, None
        if phone is not None:
            try:
                phone.client.disconnect()
            except Exception:  # noqa: BLE001  # it was gone already
                pass

    def _cut(self, how: Cut) -> None:
        phone = self._phone
        if phone is None or not phone.is_in:
            self.counts["lost_before"] += 1
        elif how is Cut.LEFT:
            self.leave()
        elif how is Cut.SOCKET:
            _socket(phone).close()
        else:
            self._way.cut({_socket(phone).getsockname()[1]}, reset=how is not Cut.CLOSED)
        self.leave()

    def _come(self, *, is_cut_again: bool = False) -> None:
        """Connect to either process and follow; again until it is done."""
        for _ in range(TRIES):
            if self._enter(is_cut_again):
                return
            self.leave()
            is_cut_again = False
        raise AssertionError("cannot come back")

    def _enter(self, is_cut: bool) -> bool:
        self._way = self._chance.choice(self._ways)
        url = f"http://127.0.0.1:{self._way.port}"
        self._phone = phone = Phone(url, self._token(), ["websocket"])
        self._newest = {}
        if not phone.is_in:
            return False
        scissors = None
        if is_cut:
            port = _socket(phone).getsockname()[1]
            after_s = self._chance.uniform(0.0, 0.03)
            scissors = threading.Timer(after_s, self._way.cut, [{port}])
            scissors.start()
        is_in = all(self._follow(phone, one) for one in self.shown)
        if scissors is not None:
            scissors.join()
            return False
        return is_in

    # What is heard

    def _follow(self, phone: Phone, request_id: str) -> bool:
        """Follow, and take in what was missed: in the answer, or over HTTP."""
        said: Json = {"request_id": request_id}
        fetches = self._chance.random() < OVER_HTTP
        if not fetches:
            said["after"] = self.shown[request_id]["seq"]
        answer = _ask(phone, "follow", said)
        if answer is None:
            return False
        if not answer["ok"]:
            self.wrong.append(f"following is refused: {answer}")
            return False
        self._take_in(request_id, answer["facts"], "followed")
        if fetches or answer["more"]:
            self._fetch(request_id)
        elif self.shown[request_id] != answer["snapshot"]:
            self.wrong.append(
                f"{request_id}: shown and missed are not the snapshot of {answer['seq']}"
            )
        return True

    def _listen(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            phone = self._phone
            for fact in phone.take("fact") if phone is not None else ():
                self._hear(fact)
            for told in phone.take("resync") if phone is not None else ():
                self.counts["resyncs"] += 1
                for one in [told["request_id"]] if "request_id" in told else self.shown:
                    self._fetch(one)
            if time.monotonic() >= deadline:
                return
            time.sleep(LOOK_S)

    def _hear(self, fact: Json) -> None:
        """The rule of every client: the next one is taken in, a known one dropped, a gap fetched."""
        one, seq = fact["request_id"], fact["seq"]
        if seq < self._newest.get(one, 0):
            self.counts["shuffled"] += 1
        self._newest[one] = max(seq, self._newest.get(one, 0))
        at = self.shown[one]["seq"]
        if seq <= at:
            self.counts["known"] += 1
        elif seq == at + 1:
            self._take_in(one, [fact], "heard")
        else:
            self.counts["gaps"] += 1
            self._fetch(one)

    def _take_in(self, request_id: str, facts: Sequence[Json], how: str) -> None:
        """Into the stream, in the order in which they were given. What has a gap shows it there."""
        for fact in facts:
            shown = self.shown[request_id]
            if fact["seq"] > shown["seq"]:
                self.stream[request_id].append(fact)
                self.shown[request_id] = apply(shown, fact["seq"], fact["data"])
                self.counts[how] += 1

    # Over HTTP

    def _fetch(self, request_id: str) -> None:
        self._take_in(request_id, self.facts(request_id, self.shown[request_id]["seq"]), "fetched")

    def facts(self, request_id: str, after: int) -> list[Json]:
        """All facts after a number."""
        found: list[Json] = []
        while True:
            page = self._get(f"/requests/{request_id}/facts?after={after}")
            found += page["items"]
            if not page["items"] or page["items"][-1]["seq"] >= page["seq"]:
                return found
            after = page["items"][-1]["seq"]

    def fresh(self, request_id: str) -> Json:
        """The request as it is now."""
        snapshot: Json = self._get(f"/requests/{request_id}")
        return snapshot

    def _get(self, path: str) -> Any:
        way = self._chance.choice(self._ways)
        answer = self._http.get(
            f"http://127.0.0.1:{way.target_port}/api/v1{path}",
            headers={"Authorization": f"Bearer {self._token()}"},
            timeout=WAIT_S,
        )
        answer.raise_for_status()
        return answer.json()


def _socket(phone: Phone) -> Any:
    """The client's own socket; the library has no name for it."""
    return phone.client.eio.ws.sock


def _ask(phone: Phone, event: str, said: Json) -> Json | None:
    """Say something; None when the connection was lost before the answer."""
    answers: list[Json] = []
    came = threading.Event()

    def hear(answer: Json) -> None:
        answers.append(answer)
        came.set()

    try:
        phone.client.emit(event, said, namespace=NAMESPACE, callback=hear)
    except Exception:  # noqa: BLE001  # lost, in whichever way the library says so
        return None
    deadline = time.monotonic() + WAIT_S
    while phone.is_in and time.monotonic() < deadline:
        if came.wait(LOOK_S):
            break
    return answers[0] if answers else None
