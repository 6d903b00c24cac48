"""The numbers of a journal that was written by hand, and the offers that must not be in one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator import doubles, report
from simulator.report import Times

START = datetime(2026, 3, 3, 21, 0, tzinfo=UTC)
MARA, NOAH, ZOE = ({"id": name, "name": name.title()} for name in ("mara", "noah", "zoe"))
Fact = dict[str, Any]


def stamp(second: float) -> str:
    return (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


def fact(request: str, seq: int, second: float, kind: str, **data: Any) -> Fact:
    return {
        "request_id": request,
        "seq": seq,
        "type": kind,
        "at": stamp(second),
        "actor": {"kind": "engine"},
        "data": data,
    }


def offer(request: str, peer: dict[str, str], number: int = 1) -> dict[str, Any]:
    return {"id": f"{request}-{peer['id']}-{number}", "peer": peer}


def visit(peer: dict[str, str], modality: str = "in_person") -> dict[str, Any]:
    return {"id": "visit", "peer": peer, "modality": modality}


def completed_in_person() -> report.Story:
    """Asked at 0; Mara says no, Noah yes at 60; he is there at 1260 and done at 3600."""
    name = "one"
    told = [
        fact(name, 1, 0, "request_created"),
        fact(name, 2, 0, "wave_sent"),
        fact(name, 3, 0, "offer_made", offer=offer(name, MARA)),
        fact(name, 4, 0, "offer_made", offer=offer(name, NOAH)),
        fact(name, 5, 0, "offer_made", offer=offer(name, ZOE)),
        fact(name, 6, 30, "offer_declined", offer=offer(name, MARA)),
        fact(name, 7, 60, "offer_accepted", offer=offer(name, NOAH), visit=visit(NOAH)),
        fact(name, 8, 60, "offers_closed", offers=[offer(name, ZOE)]),
        fact(name, 9, 180, "visit_departed", visit=visit(NOAH)),
        fact(name, 10, 1260, "visit_arrived", visit=visit(NOAH)),
        fact(name, 11, 1300, "visit_started", visit=visit(NOAH)),
        fact(name, 12, 3600, "visit_completed", visit=visit(NOAH)),
    ]
    return {"id": name, "state": "completed", "created_at": stamp(0)}, told


def completed_by_video() -> report.Story:
    """Asked at 100; nobody answers and it escalates; Zoe is assigned and connected at 700."""
    name = "two"
    told = [
        fact(name, 1, 100, "request_created"),
        fact(name, 2, 100, "offer_made", offer=offer(name, MARA)),
        fact(name, 3, 460, "request_escalated"),
        fact(name, 4, 600, "request_assigned", visit=visit(ZOE, "video")),
        fact(name, 5, 600, "offers_closed", offers=[offer(name, MARA)]),
        fact(name, 6, 700, "visit_started", visit=visit(ZOE, "video")),
        fact(name, 7, 2700, "visit_completed", visit=visit(ZOE, "video")),
    ]
    return {"id": name, "state": "completed", "created_at": stamp(100)}, told


def cancelled() -> report.Story:
    """Asked at 5000, and no longer wanted at 5100."""
    name = "three"
    told = [
        fact(name, 1, 5000, "request_created"),
        fact(name, 2, 5000, "offer_made", offer=offer(name, MARA)),
        fact(name, 3, 5100, "offers_closed", offers=[offer(name, MARA)]),
        fact(name, 4, 5100, "request_cancelled"),
    ]
    return {"id": name, "state": "cancelled", "created_at": stamp(5000)}, told


def test_the_report_of_a_journal_written_by_hand() -> None:
    rings = {
        "one-noah-1": START + timedelta(seconds=2),
        "one-zoe-1": START + timedelta(seconds=1),
        "two-mara-1": START + timedelta(seconds=103),
    }
    found = report.tally([completed_in_person(), completed_by_video(), cancelled()], rings)
    assert (found.requests, found.completed, found.cancelled, found.unfilled) == (3, 2, 1, 0)
    assert found.still_open == 0
    assert found.escalated == 1
    assert found.filled == 2
    assert found.to_first_push == Times(2, 2.0, 3.0)
    assert found.to_yes == Times(2, 280.0, 500.0)
    assert found.to_bedside == Times(1, 1260.0, 1260.0)
    assert found.to_video == Times(1, 600.0, 600.0)
    assert (found.asks, found.asks_per_filled) == (5, 2.5)
    assert (found.yes, found.no, found.no_answer) == (1, 1, 3)
    assert found.is_clean
    text = "\n".join(report.lines(found))
    assert "double offers            0" in text
    assert "21:00 min" in text


def test_an_empty_story_is_a_clean_one() -> None:
    found = report.tally([], {})
    assert found.requests == 0
    assert found.asks_per_filled is None
    assert found.is_clean
    assert "-" in "\n".join(report.lines(found))


def test_a_no_that_was_taken_back_is_a_yes() -> None:
    request, told = completed_in_person()
    told = [*told[:6], fact("one", 7, 59, "offer_declined", offer=offer("one", NOAH)), *told[6:]]
    found = report.tally([(request, told)], {})
    assert (found.yes, found.no, found.no_answer) == (1, 1, 1)


def test_broken_promises_make_a_report_unclean_and_are_named() -> None:
    found = report.tally([], {}, ["a request has two live visits: one"])
    assert found.broken_invariants == 1
    assert not found.is_clean
    assert report.lines(found)[-1] == "PROBLEM: a request has two live visits: one"


def test_the_ninetieth_percentile_is_a_value_that_nine_of_ten_do_not_exceed() -> None:
    assert Times.of([float(number) for number in range(1, 11)]) == Times(10, 5.5, 9.0)
    assert Times.of([4.0]) == Times(1, 4.0, 4.0)
    assert Times.of([]) == Times(0, None, None)


def with_offer(second: float, peer: dict[str, str] = MARA, request: str = "four") -> report.Story:
    told = [
        fact(request, 1, second, "request_created"),
        fact(request, 2, second, "offer_made", offer=offer(request, peer)),
    ]
    return {"id": request, "state": "searching", "created_at": stamp(second)}, told


@pytest.mark.parametrize(
    "second, peer, said",
    [
        (100, NOAH, "while with someone"),
        (3599, NOAH, "while with someone"),
        (30, ZOE, "awaited their answer"),
        (29, MARA, "awaited their answer"),
    ],
)
def test_an_offer_that_must_not_have_been_made_is_found(
    second: float, peer: dict[str, str], said: str
) -> None:
    found = doubles.find([completed_in_person(), with_offer(second, peer)])
    assert len(found) == 1
    assert said in found[0]
    assert peer["name"] in found[0]


@pytest.mark.parametrize("second, peer", [(3600, NOAH), (61, ZOE), (31, MARA)])
def test_who_is_free_may_be_asked(second: float, peer: dict[str, str]) -> None:
    assert doubles.find([completed_in_person(), with_offer(second, peer)]) == []


def test_an_unanswered_offer_holds_a_peer_for_three_minutes_and_no_longer() -> None:
    first = with_offer(0, request="three")
    assert len(doubles.find([first, with_offer(179)])) == 1
    assert doubles.find([first, with_offer(180)]) == []


def test_the_same_peer_twice_about_one_request() -> None:
    request, told = with_offer(0)
    again = fact("four", 3, 400, "offer_made", offer=offer("four", MARA, 2))
    assert len(doubles.find([(request, [*told, again])])) == 1
    closed = fact("four", 3, 300, "offers_closed", offers=[offer("four", MARA)])
    again["seq"] = 4
    assert doubles.find([(request, [*told, closed, again])]) == []


def test_a_cancelled_visit_frees_its_peer() -> None:
    request, told = completed_in_person()
    told = [*told[:9], fact("one", 10, 200, "request_cancelled")]
    assert doubles.find([(request, told), with_offer(201, NOAH)]) == []


def bridged(*more: dict[str, Any]) -> report.Story:
    """Zoe is with somebody by video until Noah, who is on the way, is there."""
    told = [
        fact("five", 1, 0, "request_created"),
        fact("five", 2, 0, "offer_made", offer=offer("five", NOAH)),
        fact("five", 3, 60, "offer_accepted", offer=offer("five", NOAH), visit={"peer": NOAH}),
        fact("five", 4, 61, "bridge_wanted"),
        fact("five", 5, 61, "bridge_asked", offers=[offer("five", ZOE, 2)]),
        fact("five", 6, 90, "bridge_accepted", offer=offer("five", ZOE, 2), bridge={"peer": ZOE}),
        fact("five", 7, 120, "bridge_started", bridge={"peer": ZOE}),
        *more,
    ]
    return {"id": "five", "state": "en_route", "created_at": stamp(0)}, told


def test_a_bridge_is_asked_for_answered_and_counted_as_video() -> None:
    found = report.tally([bridged()], {})
    assert (found.asks, found.yes, found.no_answer) == (2, 2, 0)
    assert found.to_video.median_s == 120.0


def test_who_bridges_is_with_someone_until_the_bridge_ends() -> None:
    withdrawn = fact("five", 8, 130, "visit_withdrawn", visit_ended={"peer": NOAH})
    ended = fact("five", 9, 140, "bridge_ended", visit_ended={"peer": ZOE})
    assert len(doubles.find([bridged(withdrawn), with_offer(135, ZOE)])) == 1
    assert doubles.find([bridged(withdrawn), with_offer(135, NOAH)]) == []
    assert doubles.find([bridged(withdrawn, ended), with_offer(141, ZOE)]) == []
    kept = fact("five", 8, 130, "bridge_kept", visit={"peer": ZOE})
    done = fact("five", 9, 140, "visit_completed", visit={"peer": ZOE})
    assert doubles.find([bridged(kept), with_offer(135, NOAH)]) == []
    assert len(doubles.find([bridged(kept), with_offer(135, ZOE)])) == 1
    assert doubles.find([bridged(kept, done), with_offer(141, ZOE)]) == []
