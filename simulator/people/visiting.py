"""One visit as its peer lives it: shoes on, the road, the desk, the conversation, the end.

The server's state leads: each step is insisted on, a refusal makes the peer look again, and what
somebody else did (staff pressed "is here", a nurse cancelled) is taken as it comes.
"""

from typing import TYPE_CHECKING, Any

from dispatch.geo import Point
from simulator.door import Answer, Json
from simulator.journey import travel
from simulator.nature import lognormal

if TYPE_CHECKING:
    from simulator.people.peer import Peer

LIVE = frozenset({"accepted", "en_route", "arrived", "in_session"})
UNDO_AFTER_S = 4.0
GOODBYE_S = 90.0


class Visiting:
    """A visit under way. It is over when `is_over` says so, whoever ended it."""

    def __init__(self, peer: "Peer", request: Json, visit: Json) -> None:
        self.peer = peer
        self.id = str(visit["id"])
        self.request_id = str(request["id"])
        self.is_remote = visit["modality"] != "in_person"
        site = request["site"]
        self.site = Point(site["latitude"], site["longitude"])
        self.state = ""
        self.is_over = False
        self._is_leaving = False
        chance, habits = peer.chance, peer.habits
        self._will_withdraw = chance.random() < habits.withdraws
        self._will_hand_over = chance.random() < habits.hands_over
        self._will_undo = chance.random() < habits.undoes
        self._will_lose_signal = chance.random() < habits.loses_signal_on_road

    def now_in(self, state: str) -> None:
        """The server says the visit is in `state`: do what a peer does then."""
        if self.is_over or state == self.state:
            return
        self.state = state
        if state not in LIVE:
            self._over()
        elif state == "accepted":
            self._said_yes()
        elif state == "en_route":
            self._leave()
        elif state == "arrived":
            self._be_there()
            self._later(self._about(self.peer.habits.meet_s), "start")
        else:
            self._talk()

    def seen_as(self, snapshot: Json) -> None:
        """A newer snapshot of the request: is it still this visit, and where is it?"""
        visit, bridge = snapshot.get("visit"), snapshot.get("bridge")
        if bridge is not None and bridge["id"] == self.id:
            self.now_in(str(bridge["state"]))
            self._say_goodbye(visit)
        elif (
            visit is None
            or visit["id"] != self.id
            or snapshot["state"] in ("cancelled", "unfilled")
        ):
            self._over()
        else:
            self.now_in(str(visit["state"]))

    def _say_goodbye(self, other: Json | None) -> None:
        """By video until somebody is there: once they are, it ends soon."""
        is_there = other is not None and other["state"] in ("arrived", "in_session")
        if is_there and self.state == "in_session" and not self._is_leaving:
            self._is_leaving = True
            self._later(self._about(GOODBYE_S), "complete")

    def _said_yes(self) -> None:
        habits = self.peer.habits
        if self._will_withdraw:
            self._later(self._about(habits.prepare_s), "withdraw", {"reason": "car"})
        elif self.is_remote:
            self._later(self._about(habits.connect_s), "start")
        else:
            self._later(self._about(habits.prepare_s), "depart")

    def _leave(self) -> None:
        peer = self.peer
        if self._will_undo:
            self._will_undo = False
            self._later(UNDO_AFTER_S, "undo")
        way = peer.move(travel(peer.where(), self.site, peer.stage.now(), peer.habits, peer.chance))
        park_s = peer.habits.park_s * max(peer.chance.gauss(1.0, 0.3), 0.3)
        self._drive()
        if self._will_lose_signal:
            self._will_lose_signal = False
            silence_s = lognormal(peer.chance, peer.habits.silence_s, 0.6)
            peer.stage.after(
                way.seconds * peer.chance.uniform(0.1, 0.9),
                lambda: peer.lose_signal(min(silence_s, 280.0)),
            )
        peer.stage.after(way.seconds + park_s, self._at_desk)

    def _drive(self) -> None:
        """Say where one is, again and again while on the road."""
        if self.is_over or self.state != "en_route":
            return
        self.peer.report_position()
        self.peer.stage.after(self.peer.habits.position_every_s, self._drive)

    def _at_desk(self) -> None:
        if self.is_over or self.state != "en_route":
            return
        self._be_there()
        self.peer.town.walk_in(self.request_id, self.id)
        self._later(self._about(self.peer.habits.at_desk_s), "arrive")

    def _be_there(self) -> None:
        if not self.is_remote:
            self.peer.be_at(self.site)

    def _talk(self) -> None:
        peer = self.peer
        length_s = lognormal(peer.chance, peer.habits.session_s, peer.habits.session_spread)
        if self._will_hand_over:
            self._later(length_s / 2, "hand_over", {"reason": "needs_somebody_else"})
        else:
            self._later(length_s, "complete")

    # Steps

    def _later(self, seconds: float, step: str, body: dict[str, Any] | None = None) -> None:
        """Take a step after a while, if the visit has not gone on without it."""
        before = self.state

        def take() -> None:
            if not self.is_over and self.state == before:
                path = f"/visits/{self.id}/{step}"
                self.peer.phone.insist("POST", path, body, self._stepped)

        self.peer.stage.after(seconds, take)

    def _stepped(self, answer: Answer) -> None:
        if answer.is_ok:
            self.now_in(str(answer.body["state"]))
        else:
            self.peer.town.seen[f"refused step {answer.code}"] += 1
            self.look_again()

    def look_again(self) -> None:
        """Ask the server where the visit is."""

        def looked(answer: Answer) -> None:
            if answer.is_ok:
                self.seen_as(answer.body)
            else:
                self._over()

        self.peer.phone.insist("GET", f"/requests/{self.request_id}", None, looked)

    def _over(self) -> None:
        if not self.is_over:
            self.is_over = True
            self.peer.visit_over(self)

    def _about(self, median_s: float) -> float:
        return lognormal(self.peer.chance, median_s, 0.35)
