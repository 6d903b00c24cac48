"""All connections in use: ordinary calls are refused soon and politely, a yes still goes through."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.wiring import Wired
from storage.database import Transaction
from storage.gate import Gate, urgent
from tests.api.conftest import Api
from tests.api.people import World

postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
ASK = {"modality": "in_person", "place": "Room 12", "language": "en", "consent": True}
ON_DUTY = {"on_duty": True, "modalities": ["in_person"]}
SOON_S = 20.0


@pytest.fixture
def rush(wired: Wired) -> Iterator[ExitStack]:
    """Ordinary work that holds on to every place it can get, until the end of the test."""
    with ExitStack() as stack:
        yield stack


def fill(wired: Wired, rush: ExitStack) -> None:
    """Take every place there is for ordinary work."""
    assert wired.db.gate is not None
    wired.db.gate.wait_s = 0.05
    for _ in range(wired.db.gate.places):
        tx = rush.enter_context(wired.db.read())
        tx.session.connection()


@postgresql
def test_a_yes_and_a_call_for_help_go_past_a_rush(
    api: Api, wired: Wired, world: World, rush: ExitStack
) -> None:
    first = world.here.peers[0]
    assert api.call("PUT", "/duty", first, json=ON_DUTY).status_code == 200
    asked = api.call("POST", "/requests", world.here.staff, json=ASK)
    assert asked.status_code == 201, asked.text
    offer = api.get("/offers", first).get_json()["items"][0]
    fill(wired, rush)

    refused = api.get("/offers", first)
    assert refused.status_code == 503
    assert refused.get_json()["code"] == "database_unavailable"
    assert int(refused.headers["Retry-After"]) >= 1
    again = api.call("POST", "/requests", world.here.staff, json=ASK)
    assert again.status_code == 503

    said = api.call("POST", f"/offers/{offer['id']}/accept", first)
    assert said.status_code == 200, said.text
    visit = said.get_json()["visit"]
    called = api.call("POST", f"/visits/{visit['id']}/help", first)
    assert called.status_code == 200, called.text
    checks = api.http.get("/readyz").get_json()["checks"]
    assert checks["database"] == "ok"

    rush.close()
    assert api.get("/offers", first).status_code == 200


@postgresql
def test_what_is_kept_free_is_more_than_ordinary_work_can_take(
    wired: Wired, api: Api, rush: ExitStack
) -> None:
    fill(wired, rush)
    with pytest.raises(PoolTimeout), wired.db.transaction():
        pass
    with urgent(), wired.db.transaction() as tx:
        tx.session.connection()


@postgresql
def test_what_was_committed_is_told_from_the_same_place(wired: Wired, api: Api) -> None:
    gate = wired.db.gate = Gate(1, wait_s=2.0)
    told, is_waiting = threading.Event(), threading.Event()

    def come_meanwhile() -> None:
        is_waiting.set()
        with wired.db.read():
            assert told.is_set()

    def tell(tx: Transaction) -> None:
        other.start()
        assert is_waiting.wait(SOON_S)
        assert not gate._free.acquire(blocking=False), "the place was given back before"
        with wired.db.read() as look:
            assert look.session.scalar(text("SELECT 1")) == 1
        told.set()

    other = threading.Thread(target=come_meanwhile)
    wired.db.after_commit.append(tell)
    with wired.db.transaction() as tx:
        tx.session.connection()
    assert told.is_set(), "a commit was not told because others were in its way"
    other.join(SOON_S)


def test_a_place_is_given_back_and_who_waits_gets_it() -> None:
    gate = Gate(1, wait_s=30.0)
    inside = threading.Event()

    def wait() -> None:
        with gate.passed():
            inside.set()

    with gate.passed():
        waiting = threading.Thread(target=wait)
        waiting.start()
        with urgent(), gate.passed():
            assert not inside.is_set()
    assert inside.wait(30.0)
    waiting.join()
    gate.wait_s = 0.01
    with gate.passed(), pytest.raises(PoolTimeout), gate.passed():
        pass
    with gate.passed():
        pass


def test_ordinary_work_that_has_not_begun_lets_what_is_urgent_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("storage.gate.AHEAD_S", SOON_S)
    gate = Gate(4)
    order: list[str] = []
    is_under_way, has_looked = threading.Event(), threading.Event()

    def say_yes() -> None:
        with urgent(), gate.passed():
            is_under_way.set()
            assert not has_looked.wait(0.2)
            order.append("yes")

    def look() -> None:
        assert is_under_way.wait(SOON_S)
        with gate.passed():
            order.append("look")
            has_looked.set()

    callers = [threading.Thread(target=what) for what in (say_yes, look)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(SOON_S)
    assert order == ["yes", "look"]


def test_what_is_urgent_and_takes_long_stops_nobody() -> None:
    gate = Gate(4)
    done: list[str] = []

    def look() -> None:
        with gate.passed():
            done.append("look")

    with urgent(), gate.passed():
        caller = threading.Thread(target=look)
        caller.start()
        caller.join(SOON_S)
        assert done == ["look"]
        # Nor does it wait for itself, or for another of its kind.
        with urgent(), gate.passed():
            done.append("second yes")
    assert done == ["look", "second yes"]
