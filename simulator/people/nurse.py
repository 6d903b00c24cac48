"""A nurse: asks when somebody in the department says yes, watches who comes, sometimes steps in.

A nurse sees what a desk sees: a peer who walks in. Everything else comes over the request they
follow.
"""

from collections.abc import Sequence
from typing import Any

from simulator import nature
from simulator.door import Answer
from simulator.mirror import Mirror
from simulator.nature import lognormal
from simulator.people.person import FINAL, Person

CANCELLABLE = frozenset({"searching", "escalated", "accepted", "en_route", "arrived"})


class Nurse(Person):
    """Somebody of the staff of one site, who asks at `asks_s` seconds from the beginning."""

    def __init__(self, *args: Any, asks_s: Sequence[float] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks_s = asks_s
        self._was: dict[str, str] = {}

    def ready(self) -> None:
        """Signed in: look after what is open, and ask when it is time."""
        super().ready()
        for seconds in self.asks_s:
            self.stage.after(seconds, self.ask)

        def listed(answer: Answer) -> None:
            for request in answer.body.get("items", []):
                if request["state"] not in FINAL:
                    self.watch(str(request["id"]))

        self.phone.insist("GET", "/requests", None, listed)

    def ask(self) -> None:
        """The person said yes: ask for a peer."""
        will_cancel = self.chance.random() < self.habits.cancels
        cancel_s = lognormal(self.chance, self.habits.cancel_after_s, 0.8)

        def asked(answer: Answer) -> None:
            if not answer.is_ok:
                self.town.broken.append(f"a request was refused: {answer.status} {answer.code}")
                return
            request_id = str(answer.body["id"])
            self.watch(request_id)
            if will_cancel:
                self.stage.after(cancel_s, lambda: self._cancel(request_id))

        self.phone.insist("POST", "/requests", nature.need(self.habits, self.chance), asked)

    def watch(self, request_id: str) -> None:
        """Follow a request, and have an eye on the door for it."""
        self.town.at_desk[request_id] = lambda visit_id: self._sees(request_id, visit_id)
        self.follow(request_id)

    def changed(self, mirror: Mirror) -> None:
        """A followed request is different now."""
        request_id, state = str(mirror.shown["id"]), mirror.state
        before = self._was.get(request_id)
        if state == before:
            return
        self._was[request_id] = state
        if state == "escalated" and self.chance.random() < self.habits.widens:
            self.stage.after(
                lognormal(self.chance, self.habits.manager_s, 0.5), lambda: self._widen(request_id)
            )
        elif state == "in_session" and self.chance.random() < self.habits.ends_early:
            self.stage.after(
                self.habits.session_s * 0.4, lambda: self._on_visit(request_id, "complete")
            )
        elif state in FINAL:
            self.unfollow(request_id)
            self.town.at_desk.pop(request_id, None)
            del self._was[request_id]

    def _state(self, request_id: str) -> str:
        mirror = self.mirrors.get(request_id)
        return mirror.state if mirror is not None else ""

    def _cancel(self, request_id: str) -> None:
        if self._state(request_id) in CANCELLABLE:
            reason = self.chance.choice(nature.CANCEL_REASONS)
            self._press(f"/requests/{request_id}/cancel", {"reason": reason})

    def _widen(self, request_id: str) -> None:
        if self._state(request_id) in ("searching", "escalated"):
            self._press(f"/requests/{request_id}/widen", {"video_fallback": True})

    def _sees(self, request_id: str, visit_id: str) -> None:
        """The peer stands at the desk; now and then the nurse is quicker to say so."""
        if self.chance.random() >= self.habits.presses_is_here:
            return

        def press() -> None:
            if self._state(request_id) in ("accepted", "en_route"):
                self._press(f"/visits/{visit_id}/arrive", None)

        self.stage.after(self.chance.uniform(0.1, 0.8) * self.habits.at_desk_s, press)

    def _on_visit(self, request_id: str, step: str) -> None:
        mirror = self.mirrors.get(request_id)
        visit = mirror.shown.get("visit") if mirror is not None else None
        if visit is not None and visit["state"] == "in_session":
            self._press(f"/visits/{visit['id']}/{step}", None)

    def _press(self, path: str, body: dict[str, Any] | None) -> None:
        def pressed(answer: Answer) -> None:
            if not answer.is_ok:
                # Somebody was quicker. That is life, and no broken promise.
                self.town.seen[f"nurse refused {answer.code}"] += 1

        self.phone.insist("POST", path, body, pressed)
