"""A request as a client keeps it, and the line of a story told from the board."""

from typing import Any

import pytest

from simulator.mirror import Mirror
from simulator.people.watcher import tell

SNAPSHOT: dict[str, Any] = {"id": "r", "seq": 3, "state": "searching", "wave": 1, "visit": None}


def fact(seq: int, **data: Any) -> dict[str, Any]:
    return {"seq": seq, "data": data}


def test_facts_change_what_they_name_in_whatever_order_they_come() -> None:
    mirror = Mirror(SNAPSHOT)
    assert mirror.take([fact(5, state="escalated"), fact(4, wave=2, why="words"), fact(3, wave=9)])
    assert mirror.seq == 5
    assert mirror.state == "escalated"
    assert mirror.shown["wave"] == 2
    assert "why" not in mirror.shown


def test_a_gap_is_noticed_and_closed_by_the_facts_between() -> None:
    mirror = Mirror(SNAPSHOT)
    assert not mirror.take([fact(5, state="escalated")])
    assert mirror.state == "searching"
    assert mirror.take([fact(4, wave=2), fact(5, state="escalated")])
    assert mirror.state == "escalated"


def test_what_differs_is_named_and_the_position_on_the_road_is_not_looked_at() -> None:
    mirror = Mirror({**SNAPSHOT, "visit": {"id": "v", "state": "en_route"}})
    fresh = {**SNAPSHOT, "visit": {"id": "v", "state": "en_route", "position": {"latitude": 1}}}
    assert mirror.differs(fresh) == []
    fresh["visit"]["state"] = "arrived"
    assert mirror.differs({**fresh, "wave": 2}) == ["visit", "wave"]


ROW: dict[str, Any] = {
    "id": "r",
    "seq": 9,
    "state": "accepted",
    "modality": "in_person",
    "place": "Room 12",
    "site": {"name": "Scioto Ridge"},
    "focus": "overdose",
    "wave": 1,
    "asked": 3,
    "eligible": 8,
    "alarm": None,
    "owner": {"kind": "peer", "name": "Marcus H."},
    "visit": {"state": "accepted", "modality": "in_person", "peer": {"name": "Marcus H."}},
    "offers": {"open": 0, "seen": 0, "declined": 1, "unreachable": 0},
}
BEFORE = {**ROW, "seq": 5, "state": "searching", "visit": None, "wave": 0}
BEFORE["offers"] = {**ROW["offers"], "declined": 0}


def test_a_story_is_told_from_two_looks_at_a_row() -> None:
    assert tell(BEFORE, ROW) == [
        "wave 1: 3 asked, 8 could be",
        "1 said not this time",
        "Marcus H. said yes, in person",
    ]


@pytest.mark.parametrize(
    "state",
    [
        *("searching", "escalated", "accepted", "en_route", "arrived", "in_session"),
        *("completed", "cancelled", "unfilled"),
    ],
)
def test_no_line_of_a_story_carries_anything_private(state: str) -> None:
    before = {**BEFORE, "state": "escalated" if state != "escalated" else "searching"}
    row = {**ROW, "state": state, "alarm": "no_yes_yet"}
    for line in [*tell(before, row), *tell({}, row)]:
        assert not any(word in line for word in ("Room", "Scioto", "overdose"))
