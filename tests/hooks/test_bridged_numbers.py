"""Whose number is dialled in a bridged call, and that it stands nowhere else."""

import pytest

from dispatch.actions import visits
from server.realtime import events
from server.realtime.outlets import MemoryOutlet
from tests.hooks.calling import BEDSIDE, DESK, MARCUS, talk
from tests.hooks.conftest import Town

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BYE = "Goodbye."


def test_the_telephone_at_the_bedside_is_kept_for_its_visit_alone(town: Town) -> None:
    call = talk(town)
    path = f"/visits/{call.visit}/bedside_phone"
    for number in ("911", "6145550177", "+1614555", "+19005550177", "+442079460000", "+1 614"):
        answer = call.http("PUT", path, town.nurse, {"number": number})
        assert answer.status_code == 422, number
        assert number not in answer.text
    answer = call.http("PUT", path, town.nurse, {"number": BEDSIDE})
    assert answer.status_code == 200
    assert answer.json()["has_bedside_phone"]
    bridge = call.called()
    bridge.talk()
    assert bridge.other is not None
    assert bridge.other.number == BEDSIDE
    for who in (call.peer, town.nurse):
        for shown in (f"/visits/{call.visit}/call", f"/requests/{call.request}/facts?after=0"):
            text = call.http("GET", shown, who).text
            assert BEDSIDE not in text
            assert BEDSIDE.removeprefix("+1") not in text
    assert call.http("PUT", path, call.peer, {"number": BEDSIDE}).status_code == 403
    bridge.hang_up()
    town.do(visits.complete, call.peer, call.visit)
    call.turn()
    assert call.bedsides == []


@SQLITE
def test_a_number_at_the_bedside_is_taken_back(town: Town) -> None:
    call = talk(town)
    path = f"/visits/{call.visit}/bedside_phone"
    call.http("PUT", path, town.nurse, {"number": BEDSIDE})
    assert call.http("DELETE", path, town.nurse).status_code == 204
    bridge = call.called()
    bridge.ring()
    bridge.pick_up()
    bridge.press("1")
    assert bridge.other is not None
    assert bridge.other.number == DESK


def test_no_document_and_no_row_holds_more_than_the_verb_needs(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """Every document of a whole evening: the desk's number stands in one Dial, and nowhere the peer's."""
    call = talk(town, place="Room 12", note="Ask for the quiet corner")
    bridge = call.called()
    bridge.ring()
    bridge.pick_up()
    bridge.press("5")
    bridge.press("1")
    bridge.other_picks_up()
    bridge.other_presses("8")
    bridge.other_presses("1")
    bridge.other_ends()
    second = call.called(town.nurse)
    second.ring()
    second.pick_up()
    second.press("1")
    second.other_ends("no-answer")
    documents = bridge.documents + second.documents
    assert len(documents) == 10
    holding = [one for one in documents if DESK in one]
    assert len(holding) == 2
    for one in documents:
        assert MARCUS not in one
        assert one.count(DESK) == (1 if "<Dial" in one else 0)
        for private in (
            "Room",
            "12",
            "Scioto",
            "Marcus",
            "Hannah",
            "quiet",
            "hospital",
            "overdose",
        ):
            words = "".join(part.split("</Say>")[0] for part in one.split("<Say")[1:])
            assert private not in words
    with town.db.read() as tx:
        kept = tx.session.connection()
        for table in ("visit_calls", "call_jobs", "facts", "callbacks"):
            for row in kept.exec_driver_sql(f"SELECT * FROM {table}"):
                assert MARCUS not in str(row)
                assert table == "facts" or DESK not in str(row)
    said = " ".join(record.getMessage() + str(record.__dict__) for record in caplog.records)
    assert MARCUS not in said
    assert DESK not in said


@SQLITE
def test_both_screens_hear_how_the_call_is_and_no_number(town: Town) -> None:
    call = talk(town)
    heard = MemoryOutlet()
    town.wired.publisher.use(heard)
    bridge = call.called()
    bridge.talk()
    bridge.hang_up()
    told = [one for one in heard.emitted if one.event == "call"]
    assert [one.payload["call"]["state"] for one in told] == [
        "placed",
        "ready",
        "connected",
        "ended",
    ]
    for one in told:
        events.check("call", one.payload)
        assert set(one.rooms) == {
            f"request:{call.request}:full",
            f"request:{call.request}:plain",
            f"peer:{call.peer.id}",
        }
    for said in heard.emitted:
        assert MARCUS not in str(said)
