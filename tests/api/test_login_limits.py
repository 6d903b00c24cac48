"""Guessing is slowed down; a hospital that signs many people in is not."""

from pathlib import Path

import pytest

from server.app import create_app
from server.wiring import wire
from storage.clock import ManualClock
from storage.database import Database
from tests.api import people
from tests.api.conftest import Api, make_settings, problem
from tests.api.people import PASSWORD, World

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def guess(api: Api, email: str, password: str = "wrong") -> int:
    """One sign-in; its status."""
    return api.post("/sessions", json={"email": email, "password": password}).status_code


def test_ten_failures_are_enough_for_one_person(api: Api, world: World) -> None:
    email = world.here.staff.email
    assert [guess(api, email) for _ in range(11)] == [*[401] * 10, 429]
    answer = api.post("/sessions", json={"email": email.upper(), "password": PASSWORD})
    problem(answer, 429, "too_many_attempts")
    assert 1 <= int(answer.headers["Retry-After"]) <= 300
    # Others at the same address go on.
    assert guess(api, world.here.manager.email, PASSWORD) == 201


def test_an_unknown_person_is_limited_alike(api: Api, world: World) -> None:
    assert [guess(api, "nobody@here.example") for _ in range(11)] == [*[401] * 10, 429]


def test_trying_many_people_from_one_address_ends_too(
    db: Database, database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    settings = make_settings(database_url, tmp_path, login_failures_per_address=15)
    wired = wire(settings, clock)
    world = people.build(wired.db)
    api = Api(create_app(wired))
    statuses = [guess(api, f"person{number}@here.example") for number in range(17)]
    assert statuses == [*[401] * 15, 429, 429]
    assert guess(api, world.here.staff.email, PASSWORD) == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    sent = {"email": world.here.staff.email, "password": PASSWORD}
    assert api.post("/sessions", json=sent, environ_overrides=elsewhere).status_code == 201
    wired.close()


def test_successful_sign_ins_are_not_counted(api: Api, world: World) -> None:
    for _ in range(30):
        assert guess(api, world.here.staff.email, PASSWORD) == 201
    assert [guess(api, world.here.staff.email) for _ in range(3)] == [401] * 3


def test_with_redis_away_each_process_counts_alone(
    db: Database, database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    settings = make_settings(database_url, tmp_path, redis_url="redis://127.0.0.1:1/0")
    wired = wire(settings, clock)
    world = people.build(wired.db)
    api = Api(create_app(wired))
    assert [guess(api, world.here.staff.email) for _ in range(11)] == [*[401] * 10, 429]
    assert guess(api, world.here.manager.email, PASSWORD) == 201
    wired.close()
