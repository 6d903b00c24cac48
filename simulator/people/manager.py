"""A manager: reads the board, and takes what has been escalated.

First "I have this" and search again with video; when that comes back, call the peers who are free
and assign the first who says yes on the telephone; when nobody does, close it with a reason.
"""

from typing import Any

from simulator.door import Answer, Json, Unreachable
from simulator.mirror import Mirror
from simulator.nature import lognormal
from simulator.people.person import FINAL, Person

READ_BOARD_S = 60.0
CALLS = 3
"""How many peers a manager calls before giving up."""
SAYS_YES_ON_THE_PHONE = 0.4


class Manager(Person):
    """Somebody who looks after a network."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._times: dict[str, int] = {}
        """How often each request has come to this manager."""
        self._has: set[str] = set()
        """Requests being looked after at this moment."""

    def ready(self) -> None:
        """Signed in: open the board."""
        super().ready()
        self._read_board()

    def catch_up(self) -> None:
        """The line is open (again)."""
        super().catch_up()
        self.phone.send("follow_board", {})
        self.read()

    def _read_board(self) -> None:
        """The whole board, now and then: what a line may have missed."""
        self.read()
        self.stage.after(READ_BOARD_S, self._read_board)

    def read(self) -> None:
        """Fetch the whole board."""
        try:
            answer = self.phone.call("GET", "/board")
        except Unreachable:
            return
        for row in answer.body.get("requests", []):
            self.row(row)

    def hear(self, event: str, data: Json) -> None:
        """Something came over the live line."""
        if event == "board":
            for row in data.get("rows", []):
                self.row(row)
        else:
            super().hear(event, data)

    def row(self, row: Json) -> None:
        """A row of the board, newly read."""
        request_id = str(row["id"])
        if row["state"] == "escalated" and request_id not in self._has:
            self._has.add(request_id)
            self._times[request_id] = self._times.get(request_id, 0) + 1
            self.follow(request_id)
            wait_s = lognormal(self.chance, self.habits.manager_s, 0.6)
            self.stage.after(wait_s, lambda: self._take(request_id))

    def changed(self, mirror: Mirror) -> None:
        """A request that this manager looks after is different now."""
        request_id = str(mirror.shown["id"])
        if mirror.state != "escalated":
            self._has.discard(request_id)
        if mirror.state in FINAL:
            self.unfollow(request_id)

    def _take(self, request_id: str) -> None:
        if not self._is_still_ours(request_id):
            return
        self.town.seen["taken by a manager"] += 1
        self._press(request_id, "claim", None)
        times = self._times[request_id]
        wait_s = lognormal(self.chance, self.habits.manager_s, 0.6)
        if times == 1:
            self.stage.after(wait_s, lambda: self._resume(request_id))
        else:
            self.stage.after(wait_s, lambda: self._call_around(request_id, CALLS))

    def _is_still_ours(self, request_id: str) -> bool:
        mirror = self.mirrors.get(request_id)
        return mirror is not None and mirror.state == "escalated"

    def _resume(self, request_id: str) -> None:
        if self._is_still_ours(request_id):
            self._press(request_id, "resume", {"video_fallback": True})

    def _call_around(self, request_id: str, calls_left: int) -> None:
        """Call somebody who is free; the next after a while, or close."""
        if not self._is_still_ours(request_id):
            return
        if calls_left == 0:
            self._press(request_id, "close", {"reason": "nobody_could_come"})
            return
        if self.chance.random() < SAYS_YES_ON_THE_PHONE:
            peer_id = self._somebody_free()
            if peer_id is not None:
                body = {"peer_id": peer_id, "modality": "video"}
                self._press(request_id, "assign", body)
        self.stage.after(
            lognormal(self.chance, self.habits.manager_s, 0.4),
            lambda: self._call_around(request_id, calls_left - 1),
        )

    def _somebody_free(self) -> str | None:
        try:
            board = self.phone.call("GET", "/board").body
        except Unreachable:
            return None
        free = [
            str(peer["id"])
            for peer in board.get("peers", [])
            if peer["request_id"] is None and "video" in peer["modalities"]
        ]
        return self.chance.choice(free) if free else None

    def _press(self, request_id: str, what: str, body: dict[str, Any] | None) -> None:
        def pressed(answer: Answer) -> None:
            if not answer.is_ok:
                self.town.seen[f"manager refused {what} {answer.code}"] += 1

        self.phone.insist("POST", f"/requests/{request_id}/{what}", body, pressed)
