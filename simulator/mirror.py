"""A request as a client keeps it: a snapshot, brought up to date by the facts after its `seq`.

The reducer is the contract's: a fact's data names the fields it changed. What is shown but not
journaled (the position on the road) is left out of the comparison.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dispatch.events import apply

Json = dict[str, Any]


class Mirror:
    """One request in somebody's app."""

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        self.shown: Json = dict(snapshot)

    @property
    def seq(self) -> int:
        """The last fact that is in it."""
        return int(self.shown["seq"])

    @property
    def state(self) -> str:
        """The request's state as this client knows it."""
        return str(self.shown["state"])

    def take(self, facts: Iterable[Mapping[str, Any]]) -> bool:
        """Apply facts in the order of their `seq`; ones it has are passed over.

        Returns False at a gap: the facts after `seq` must then be fetched.
        """
        for fact in sorted(facts, key=lambda one: int(one["seq"])):
            if fact["seq"] <= self.seq:
                continue
            if fact["seq"] > self.seq + 1:
                return False
            self.shown = apply(self.shown, fact["seq"], fact["data"])
        return True

    def differs(self, fresh: Mapping[str, Any]) -> list[str]:
        """The fields in which a fresh snapshot of the same `seq` is another one."""
        mine, theirs = _comparable(self.shown), _comparable(fresh)
        names = sorted(mine.keys() | theirs.keys())
        return [name for name in names if mine.get(name) != theirs.get(name)]


def _comparable(snapshot: Mapping[str, Any]) -> Json:
    visit = snapshot.get("visit")
    if not isinstance(visit, Mapping):
        return dict(snapshot)
    without = {name: value for name, value in visit.items() if name != "position"}
    return {**snapshot, "visit": without}
