"""A peer: is available for a while, is asked, answers or does not, and goes.

What they know of a request before their yes is the offer; after it, the request they follow. A
phone that was away catches up from what the server holds: its offers, and the visit it is on.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dispatch.geo import Point
from simulator import nature
from simulator.door import Answer, Json, Unreachable
from simulator.journey import Journey, stay, travel
from simulator.mirror import Mirror
from simulator.nature import Shift
from simulator.people.person import Person
from simulator.people.visiting import LIVE, Visiting
from simulator.phone import iso
from simulator.places import scatter

LATE_POSITIONS = 60
"""How many positions a phone without a signal keeps for later."""

MANY_OFFERS = 500


@dataclass(frozen=True)
class Life:
    """What the city decided about one peer before the story."""

    home: Point
    shift: Shift | None
    """None: available from the beginning, without an end."""
    modalities: list[str] = field(default_factory=lambda: ["in_person", "video", "phone", "chat"])
    push_address: str | None = None
    renews_s: float | None = None
    """Without a shift: how long each saying "I am there" is good for; it is renewed before that."""


class Peer(Person):
    """Somebody who supports."""

    def __init__(self, *args: Any, life: Life, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.life = life
        self.willing = nature.willingness(self.habits, self.chance)
        self.visit: Visiting | None = None
        self._way = stay(life.home, self.stage.now())
        self._asked: dict[str, None] = {}
        """Offers this peer has thought about, in order; a second ring changes nothing."""
        self._closed: set[str] = set()
        self._late: deque[Json] = deque(maxlen=LATE_POSITIONS)
        self._is_on = False

    # Being available

    def ready(self) -> None:
        """Signed in: have a phone that rings, and come on duty when the shift begins."""
        if self.life.push_address is not None:
            device = {"kind": "fcm", "address": self.life.push_address, "platform": "android"}
            self.phone.insist("POST", "/devices", device, lambda _: None)
        starts_s = self.life.shift.starts_s if self.life.shift is not None else 0.0
        self.stage.after(starts_s, self._come_on)

    def _come_on(self) -> None:
        body: Json = {"on_duty": True, "modalities": self.life.modalities}
        if self.life.shift is not None:
            length_s = self.life.shift.ends_s - self.life.shift.starts_s
            body["until"] = iso(self.stage.now() + timedelta(seconds=length_s))
            self.stage.after(length_s, self._go_off)
        elif self.life.renews_s is not None:
            body["until"] = iso(self.stage.now() + timedelta(seconds=self.life.renews_s))
            self.stage.after(self.life.renews_s / 3, self._come_on)
        self.phone.insist("PUT", "/duty", body, self._is_on_now)

    def _is_on_now(self, answer: Answer) -> None:
        if not answer.is_ok:
            self.town.seen[f"duty refused {answer.code}"] += 1
            return
        if self._is_on:
            return
        self._is_on = True
        self.phone.go_live()
        self._say_where()

    def _go_off(self) -> None:
        """The shift is over: a running visit is finished, the phone then put away."""
        self._is_on = False
        if self.visit is None:
            self.phone.switch_off()

    def catch_up(self) -> None:
        """The line is open (again): what is asked of me, which visit am I on, where was I?"""
        super().catch_up()
        try:
            self._send_late()
            offers = self.phone.call("GET", "/offers")
            requests = self.phone.call("GET", "/requests") if self.visit is None else None
        except Unreachable:
            return
        if requests is not None and requests.is_ok:
            for request in requests.body["items"]:
                self._maybe_mine(request)
        if offers.is_ok:
            open_now = {offer["id"] for offer in offers.body["items"]}
            self._closed.update(set(self._asked) - open_now)
            for offer in offers.body["items"]:
                self.asked(offer)
        if self.visit is not None:
            self.visit.look_again()

    def _maybe_mine(self, request: Json) -> None:
        """Go on with a visit that was under way before this app was started."""
        for visit in (request.get("visit"), request.get("bridge")):
            if self.visit is not None or visit is None or visit["state"] not in LIVE:
                continue
            if visit["peer"]["id"] == self.me["id"]:
                self._start_visit(request, visit)

    # Being asked

    def hear(self, event: str, data: Json) -> None:
        """Something came over the live line."""
        if event == "offer":
            self.asked(data)
        elif event == "offer_closed":
            self._closed.add(str(data["offer_id"]))
        else:
            super().hear(event, data)
        if event == "fact" and data["type"] == "request_assigned":
            self._assigned(data)

    def _assigned(self, fact: Json) -> None:
        """A manager rang, and this peer said yes on the telephone."""
        visit = fact["data"]["visit"]
        if visit["peer"]["id"] == self.me["id"]:
            self._fetch_visit(visit)

    def push(self, data: Json) -> None:
        """A push has come: the app wakes, and fetches what it is about."""
        if not self.phone.has_signal:
            return
        offer_id = data.get("offer_id")
        if data.get("opens") != "offer" or offer_id is None or offer_id in self._asked:
            return
        try:
            answer = self.phone.call("GET", "/offers")
        except Unreachable:
            return
        for offer in answer.body.get("items", []):
            self.asked(offer)

    def asked(self, offer: Json) -> None:
        """The phone shows an offer. Ringing again for the same one changes nothing."""
        offer_id = str(offer["id"])
        if offer["state"] != "open":
            return
        self.town.ring(offer_id, self.stage.now())
        if offer_id in self._asked:
            return
        self._asked[offer_id] = None
        if len(self._asked) > MANY_OFFERS:
            self._asked.pop(next(iter(self._asked)))
        reaction = nature.react(self.habits, self.willing, self.chance)
        if reaction.sees_after_s is not None:
            self.stage.after(reaction.sees_after_s, lambda: self._see(offer_id))
        if reaction.answers_after_s is not None:
            answer = self._accept if reaction.says_yes else self._decline
            self.stage.after(reaction.answers_after_s, lambda: answer(offer_id))
        if self.chance.random() < self.habits.loses_signal_on_offer:
            self.stage.after(
                self.chance.uniform(0.0, self.habits.answer_s),
                lambda: self.lose_signal(self.habits.silence_s),
            )

    def _still_wanted(self, offer_id: str) -> bool:
        return offer_id not in self._closed and self.visit is None

    def _see(self, offer_id: str) -> None:
        if offer_id in self._closed:
            return
        if self.phone.send("seen", {"offer_id": offer_id}) is None:
            self.phone.insist("POST", f"/offers/{offer_id}/seen", None, lambda _: None)

    def _decline(self, offer_id: str) -> None:
        if not self._still_wanted(offer_id):
            return
        body = {"reason": "not_now"} if self.chance.random() < 0.3 else {}
        self.phone.insist("POST", f"/offers/{offer_id}/decline", body, lambda _: None)
        if self.chance.random() < self.habits.changes_mind:
            self.stage.after(60.0, lambda: self._accept(offer_id))

    def _accept(self, offer_id: str) -> None:
        if self._still_wanted(offer_id):
            self.phone.insist("POST", f"/offers/{offer_id}/accept", None, self._said_yes)

    def _said_yes(self, answer: Answer) -> None:
        if not answer.is_ok:
            self.town.seen[f"late yes {answer.code}"] += 1
            return
        self._fetch_visit(answer.body["visit"])

    def _fetch_visit(self, visit: Json) -> None:
        """Where is it, and what is it about: what the yes has opened."""

        def fetched(found: Answer) -> None:
            if found.is_ok and self.visit is None:
                self._start_visit(found.body, visit)

        self.phone.insist("GET", f"/requests/{visit['request_id']}", None, fetched)

    # Being with someone

    def _start_visit(self, request: Json, visit: Json) -> None:
        at = visit.get("position")
        if at is not None:
            # Started again on the road: the server knows best where this was.
            self.be_at(Point(at["latitude"], at["longitude"]))
        self.visit = Visiting(self, request, visit)
        self.follow(self.visit.request_id)
        if self.visit is not None and not self.visit.state:
            # Following gave no newer state: begin from the one at hand.
            self.visit.now_in(str(visit["state"]))

    def changed(self, mirror: Mirror) -> None:
        """The request of the visit is different now."""
        if self.visit is not None and mirror.shown["id"] == self.visit.request_id:
            self.visit.seen_as(mirror.shown)

    def forget(self, request_id: str) -> None:
        """Not mine to see any more: the visit was ended by somebody else."""
        super().forget(request_id)
        if self.visit is not None and self.visit.request_id == request_id:
            self.visit.look_again()

    def visit_over(self, visit: Visiting) -> None:
        """The visit has ended, one way or another: home."""
        if self.visit is visit:
            self.visit = None
        self.unfollow(visit.request_id)
        self.move(travel(self.where(), self.life.home, self.stage.now(), self.habits, self.chance))
        if not self._is_on:
            self.phone.switch_off()

    # Being somewhere

    def where(self) -> Point:
        """Where this peer really is."""
        return self._way.where(self.stage.now())

    def move(self, way: Journey) -> Journey:
        """Set out."""
        self._way = way
        return way

    def be_at(self, place: Point) -> None:
        """Stand still there."""
        self._way = stay(place, self.stage.now())

    def lose_signal(self, seconds: float) -> None:
        """A dead spot."""
        self.town.seen["signals lost"] += 1
        self.phone.lose_signal(seconds)

    def _say_where(self) -> None:
        """While available, say now and then where one is."""
        if not self._is_on:
            return
        if self.visit is None:
            self.report_position()
        self.stage.after(self.habits.idle_position_every_s, self._say_where)

    def report_position(self) -> None:
        """Send the phone's reading; without a line it is kept for later."""
        here = scatter(self.where(), 0.012, self.chance)
        reading = {
            "latitude": here.latitude,
            "longitude": here.longitude,
            "accuracy_m": 12.0,
            "recorded_at": iso(self.stage.now()),
        }
        # Stored and acknowledged a moment later; everybody else would wait for that moment.
        if not self.phone.tell("position", reading):
            self._late.append(reading)

    def _send_late(self) -> None:
        while self._late:
            answer = self.phone.call("POST", "/positions", self._late[0])
            self._late.popleft()
            kind = answer.body.get("used") or answer.code
            self.town.seen[f"late position {kind}"] += 1
