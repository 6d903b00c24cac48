"""What the tests of the HTTP interface stand on: an application on a real, fresh database.

- `wired`  everything plugged together, on the test's database and its manual clock
- `world`  two networks and their people
- `api`    a client: `api.sign_in(person)`, then `api.get(...)`, `api.post(...)` as that person
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from notifications.channels.base import Channel
from notifications.channels.memory import MemoryChannel
from notifications.models import Kind
from server.app import create_app
from server.settings import Settings
from server.wiring import Loops, Wired, make_loops, wire
from storage.clock import ManualClock
from storage.database import Database
from tests.api import people
from tests.api.people import PASSWORD, Person, World

SECRET = "a secret for tests, long enough to pass"


def make_settings(database_url: str, data: Path, **changes: Any) -> Settings:
    """Settings of a test, whatever the environment of the machine says."""
    values: dict[str, Any] = {
        "alongside_env": "test",
        "alongside_data": data,
        "database_url": database_url,
        "secret_key": SECRET,
        "push": "memory",
        "public_url": "http://localhost",
        "database_pool_size": 4,
    }
    return Settings.model_validate(values | changes)


class Api:
    """A client that signs people in once and speaks for them."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.http: FlaskClient = app.test_client(use_cookies=False)
        self._tokens: dict[str, str] = {}

    def sign_in(self, person: Person) -> dict[str, Any]:
        """A fresh session for `person`: the whole answer."""
        credentials = {"email": person.email, "password": PASSWORD}
        answer = self.http.post("/api/v1/sessions", json=credentials)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.get_json()
        self._tokens[person.id] = body["access_token"]
        return body

    def call(
        self,
        method: str,
        path: str,
        by: Person | None = None,
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        """One request under `/api/v1`, signed in as `by`."""
        sent = dict(headers or {})
        if by is not None:
            if by.id not in self._tokens:
                self.sign_in(by)
            sent["Authorization"] = f"Bearer {self._tokens[by.id]}"
        return self.http.open(f"/api/v1{path}", method=method, headers=sent, **more)

    def get(self, path: str, by: Person | None = None, **more: Any) -> TestResponse:
        """GET."""
        return self.call("GET", path, by, **more)

    def post(self, path: str, by: Person | None = None, **more: Any) -> TestResponse:
        """POST; `json=` is the body."""
        return self.call("POST", path, by, **more)


@pytest.fixture
def phones() -> MemoryChannel:
    """What rang, where `channels` has it."""
    return MemoryChannel(Kind.FCM)


@pytest.fixture
def channels() -> dict[Kind, Channel] | None:
    """What deliveries go out by; None: as the settings say. A module may have its own."""
    return None


@pytest.fixture
def wired(
    db: Database,
    database_url: str,
    clock: ManualClock,
    tmp_path: Path,
    channels: dict[Kind, Channel] | None,
) -> Iterator[Wired]:
    """Everything plugged together for this test."""
    plugged = wire(make_settings(database_url, tmp_path), clock, channels=channels)
    yield plugged
    plugged.close()


@pytest.fixture
def loops(wired: Wired) -> Iterator[Loops]:
    """A dispatcher's turns, taken by the test."""
    made = make_loops(wired)
    yield made
    made.close()


@pytest.fixture
def app(wired: Wired) -> Flask:
    """The application."""
    return create_app(wired)


@pytest.fixture
def api(app: Flask) -> Api:
    """A client of the application."""
    return Api(app)


@pytest.fixture
def world(wired: Wired) -> World:
    """Two networks."""
    return people.build(wired.db)


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Assert that `answer` is this problem, whole; its body."""
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), (
        answer.text
    )
    body: dict[str, Any] = answer.get_json()
    assert body["code"] == code, body
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert body["status"] == status
    return body
