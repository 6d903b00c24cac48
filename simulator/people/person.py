"""What all people of the city have in common: an app, a chance of their own, what they follow.

Who follows a request keeps a mirror of it, and now and then holds it against a fresh snapshot: that
is how the promise "snapshot plus facts equals a fresh snapshot" is kept honest by its users.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

from simulator.door import Door, Json, Unreachable
from simulator.mirror import Mirror
from simulator.nature import Habits
from simulator.phone import Phone, SignIn
from simulator.stage import Stage
from simulator.town import Town

FINAL = frozenset({"completed", "cancelled", "unfilled"})
COMPARES = 0.1
"""How often a fact makes its reader fetch a fresh snapshot, just to be sure."""


class Person:
    """Somebody with a sign-in."""

    def __init__(
        self, door: Door, stage: Stage, sign_in: SignIn, town: Town, habits: Habits, seed: str
    ) -> None:
        self.stage = stage
        self.town = town
        self.habits = habits
        # A chance of their own: what one person does never changes what another draws.
        self.chance = Random(f"{seed}:{sign_in.email}")
        self.name = sign_in.email
        self.me: Json = {}
        self.phone = Phone(
            door,
            stage,
            sign_in,
            Random(f"{seed}:{sign_in.email}:keys"),
            hear=self.hear,
            on_live=self.catch_up,
        )
        self.mirrors: dict[str, Mirror] = {}

    def begin(self) -> None:
        """Sign in and learn who one is; then `ready`."""
        self.phone.insist("GET", "/me", None, lambda answer: self._known(answer.body))

    def _known(self, me: Json) -> None:
        self.me = me
        self.name = str(me["name"])
        self.ready()

    def ready(self) -> None:
        """Signed in: what this person does first."""
        self.phone.go_live()

    def hear(self, event: str, data: Json) -> None:
        """Something came over the live line."""
        if event == "fact":
            self._fact(data)
        elif event == "resync":
            self._resync(data)

    def _resync(self, data: Json) -> None:
        """Something could not be said on the line: fetch it, when asked of many not all at once."""
        wait_s = self.chance.uniform(0.0, float(data["spread_s"]))
        request_id = data.get("request_id")
        if request_id is None:
            self.stage.after(wait_s, self.catch_up)
        elif request_id in self.mirrors:
            self.stage.after(wait_s, lambda: self.refetch(str(request_id)))

    def catch_up(self) -> None:
        """The line is open (again): follow anew what was followed, from the last fact known."""
        for request_id in list(self.mirrors):
            self.follow(request_id)

    # Following

    def follow(self, request_id: str) -> None:
        """Follow a request over the live line; without one, a later `catch_up` does it."""
        known = self.mirrors.get(request_id)
        asked: dict[str, Any] = {"request_id": request_id}
        if known is not None:
            asked["after"] = known.seq
        answer = self.phone.send("follow", asked)
        if answer is None:
            self.refetch(request_id)
            return
        if not answer.get("ok"):
            self.forget(request_id)
            return
        snapshot = answer["snapshot"]
        if known is None:
            self.mirrors[request_id] = Mirror(snapshot)
        elif known.take(answer["facts"]) and not answer["more"]:
            self._hold_against(known, snapshot)
        else:
            self.refetch(request_id)
            return
        self.changed(self.mirrors[request_id])

    def unfollow(self, request_id: str) -> None:
        """It is over, or no longer ours."""
        if self.mirrors.pop(request_id, None) is not None:
            self.phone.send("unfollow", {"request_id": request_id})

    def forget(self, request_id: str) -> None:
        """It is not ours to see any more."""
        self.mirrors.pop(request_id, None)

    def refetch(self, request_id: str) -> None:
        """Close a gap by asking for the facts, or for the whole when there is no mirror yet."""
        mirror = self.mirrors.get(request_id)
        try:
            if mirror is None:
                whole = self.phone.call("GET", f"/requests/{request_id}")
                if not whole.is_ok:
                    return
                mirror = self.mirrors[request_id] = Mirror(whole.body)
            else:
                missed = self.phone.call("GET", f"/requests/{request_id}/facts?after={mirror.seq}")
                if not missed.is_ok:
                    self.forget(request_id)
                    return
                mirror.take(missed.body["items"])
        except Unreachable:
            # The next line, or the next fact, finds the gap again.
            return
        self.changed(mirror)

    def _fact(self, fact: Mapping[str, Any]) -> None:
        mirror = self.mirrors.get(str(fact["request_id"]))
        if mirror is None or fact["seq"] <= mirror.seq:
            return
        if not mirror.take([fact]):
            self.refetch(str(fact["request_id"]))
            return
        if self.chance.random() < COMPARES or mirror.state in FINAL:
            self.compare(mirror)
        self.changed(mirror)

    def changed(self, mirror: Mirror) -> None:
        """A followed request is different now."""

    def compare(self, mirror: Mirror) -> None:
        """Hold a mirror against a fresh snapshot."""
        request_id = str(mirror.shown["id"])
        try:
            fresh = self.phone.call("GET", f"/requests/{request_id}")
            if not fresh.is_ok:
                return
            if fresh.body["seq"] > mirror.seq:
                missed = self.phone.call("GET", f"/requests/{request_id}/facts?after={mirror.seq}")
                mirror.take(missed.body.get("items", []))
        except Unreachable:
            return
        self._hold_against(mirror, fresh.body)

    def _hold_against(self, mirror: Mirror, fresh: Mapping[str, Any]) -> None:
        if fresh["seq"] != mirror.seq:
            return
        self.town.compared += 1
        for name in mirror.differs(fresh):
            self.town.broken.append(
                f"request {mirror.shown['id']} seq {mirror.seq}: {name} is "
                f"{mirror.shown.get(name)!r} by facts and {fresh.get(name)!r} afresh "
                f"for {self.me.get('role', 'somebody')}"
            )
