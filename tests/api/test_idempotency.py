"""The same key gives the same answer; another body is refused; refused work keeps no key."""

import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from dispatch.models import SupportRequest
from server import idempotency
from server.models import IdempotencyKey
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import World
from tests.api.test_walk import ASK

KEY = {"Idempotency-Key": "one-tap"}


def count(wired: Wired, model: Any) -> int:
    """How many rows there are."""
    with wired.db.read() as tx:
        return tx.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_request_that_is_sent_again_is_answered_again(
    api: Api, world: World, wired: Wired
) -> None:
    first = api.post("/requests", world.here.staff, json=ASK, headers=KEY)
    again = api.post("/requests", world.here.staff, json=ASK, headers=KEY)
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(wired, SupportRequest) == 1


def test_the_order_of_fields_does_not_matter(api: Api, world: World) -> None:
    api.post("/requests", world.here.staff, json=ASK, headers=KEY)
    turned = dict(reversed(list(ASK.items())))
    again = api.post("/requests", world.here.staff, json=turned, headers=KEY)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_another_body_or_address_is_refused(api: Api, world: World, wired: Wired) -> None:
    staff = world.here.staff
    made = api.post("/requests", staff, json=ASK, headers=KEY).get_json()
    other = api.post("/requests", staff, json=ASK | {"place": "Room 13"}, headers=KEY)
    problem(other, 422, "idempotency_mismatch")
    elsewhere = api.post(f"/requests/{made['id']}/widen", staff, json={}, headers=KEY)
    problem(elsewhere, 422, "idempotency_mismatch")
    assert count(wired, SupportRequest) == 1


def test_a_key_belongs_to_its_user(api: Api, world: World, wired: Wired) -> None:
    for person in (world.here.staff, world.here.other_staff, world.there.staff):
        answer = api.post("/requests", person, json=ASK, headers=KEY)
        assert "Idempotency-Replayed" not in answer.headers
    assert count(wired, SupportRequest) == 3


def test_refused_work_keeps_no_key(api: Api, world: World, wired: Wired) -> None:
    refused = api.post("/requests", world.here.staff, json=ASK | {"consent": False}, headers=KEY)
    problem(refused, 422, "consent_required")
    assert count(wired, IdempotencyKey) == 0
    assert api.post("/requests", world.here.staff, json=ASK, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 201])
def test_a_key_that_cannot_be_one_is_refused(api: Api, world: World, key: str) -> None:
    headers = {"Idempotency-Key": key.encode().decode("latin1")}
    problem(api.post("/requests", world.here.staff, json=ASK, headers=headers), 422, "invalid")


def test_keys_live_for_a_day(api: Api, world: World, wired: Wired, clock: ManualClock) -> None:
    api.post("/requests", world.here.staff, json=ASK, headers=KEY)
    clock.advance(idempotency.LIFE.total_seconds())
    with wired.db.transaction() as tx:
        assert idempotency.purge(tx) == 0
    clock.advance(1)
    with wired.db.transaction() as tx:
        assert idempotency.purge(tx) == 1


@pytest.mark.race
def test_two_at_once_with_one_key_do_it_once(api: Api, world: World, wired: Wired) -> None:
    api.sign_in(world.here.staff)
    for number in range(10):
        headers = {"Idempotency-Key": f"double-tap-{number}"}
        answers: list[tuple[int, bytes, str | None]] = []
        together = threading.Barrier(4)

        def tap(
            headers: dict[str, str] = headers,
            answers: list[tuple[int, bytes, str | None]] = answers,
            together: threading.Barrier = together,
        ) -> None:
            together.wait()
            answer = api.post("/requests", world.here.staff, json=ASK, headers=headers)
            replayed = answer.headers.get("Idempotency-Replayed")
            answers.append((answer.status_code, answer.data, replayed))

        threads = [threading.Thread(target=tap) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {status for status, _, _ in answers} == {201}
        assert len({body for _, body, _ in answers}) == 1
        assert sorted(str(replayed) for _, _, replayed in answers) == ["None", *["true"] * 3]
        assert count(wired, SupportRequest) == number + 1
