"""Somebody who reads the live board and tells what happens, one line at a time.

Nothing private is in a line: no hospital, no room, no reason, no preference.
"""

from collections.abc import Mapping
from typing import Any

from simulator.door import Json, Unreachable
from simulator.people.person import FINAL, Person

REMEMBERED = 500
_WAYS = {"in_person": "in person", "video": "by video", "phone": "by phone", "chat": "by chat"}


class Watcher(Person):
    """A supervisor with the board open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rows: dict[str, Json] = {}

    def catch_up(self) -> None:
        """The line is open (again)."""
        super().catch_up()
        self.phone.send("follow_board", {})
        try:
            rows = self.phone.call("GET", "/board").body.get("requests", [])
        except Unreachable:
            return
        for row in rows:
            if row["state"] not in FINAL or row["id"] in self._rows:
                self.row(row)

    def hear(self, event: str, data: Json) -> None:
        """Something came over the live line."""
        if event == "board":
            for row in data.get("rows", []):
                self.row(row)

    def row(self, row: Json) -> None:
        """A row of the board, newly read: tell what is new in it."""
        before = self._rows.pop(row["id"], {})
        if before and row["seq"] <= before["seq"]:
            self._rows[row["id"]] = before
            return
        self._rows[row["id"]] = row
        if len(self._rows) > REMEMBERED:
            self._rows.pop(next(iter(self._rows)))
        for news in tell(before, row):
            self.town.tell(f"request {row['id'][-6:]}: {news}")


def tell(before: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """What happened between two looks at one row of the board, in words."""
    news = []
    state = row["state"]
    if not before:
        way = _WAYS[row["modality"]]
        if state == "searching":
            news.append(f"an emergency department asks for a peer, {way}")
        else:
            news.append(f"goes on: {state.replace('_', ' ')}")
    if row["wave"] > before.get("wave", 0):
        news.append(f"wave {row['wave']}: {row['asked']} asked, {row['eligible']} could be")
    declined = row["offers"]["declined"] - before.get("offers", {}).get("declined", 0)
    if declined > 0:
        news.append(f"{declined} said not this time")
    if row["alarm"] is not None and row["alarm"] != before.get("alarm"):
        news.append(f"alarm: {row['alarm'].replace('_', ' ')}")
    if before and state != before["state"]:
        news.append(_news_of_state(row))
    return news


def _news_of_state(row: Mapping[str, Any]) -> str:
    visit = row["visit"] or {}
    name = visit.get("peer", {}).get("name", "somebody")
    way = _WAYS.get(visit.get("modality", ""), "")
    owner = (row["owner"] or {}).get("name", "a manager")
    return {
        "searching": "somebody else is looked for",
        "escalated": f"nobody yet; {owner} holds it",
        "accepted": f"{name} said yes, {way}",
        "en_route": f"{name} is on the way",
        "arrived": f"{name} is there",
        "in_session": f"{name} and the person talk",
        "completed": "completed",
        "cancelled": "cancelled; it is no longer wanted",
        "unfilled": "closed; nobody could come",
    }[row["state"]]
