"""What operators ask: alive, ready, metrics; and a database that is away."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from server.app import create_app
from server.dispatcher import Heart
from server.models import Heartbeat
from server.wiring import Wired, wire
from storage import migrate
from storage.clock import ManualClock
from tests.api.conftest import Api, make_settings, problem
from tests.api.people import World
from tests.api.test_walk import ASK
from tests.harness.postgres import free_port


def beat(wired: Wired) -> None:
    """A dispatcher's heartbeat."""
    import threading

    Heart(wired.db, threading.Event()).beat()


def test_ready_means_database_revision_and_a_fresh_heartbeat(
    api: Api, wired: Wired, clock: ManualClock
) -> None:
    assert api.http.get("/healthz").get_json() == {"status": "ok"}
    before = api.http.get("/readyz")
    assert before.status_code == 503
    assert before.get_json()["checks"]["dispatcher"] == "has never run"
    assert int(before.headers["Retry-After"]) > 0
    beat(wired)
    assert api.http.get("/readyz").get_json() == {
        "status": "ok",
        "checks": {"database": "ok", "revision": "ok", "dispatcher": "ok", "outbox": "ok"},
    }
    clock.advance(30)
    assert api.http.get("/readyz").status_code == 200
    clock.advance(1)
    late = api.http.get("/readyz")
    assert (late.status_code, late.get_json()["checks"]["dispatcher"]) == (
        503,
        "was last heard of 31 s ago",
    )


@pytest.mark.unchecked("the schema is taken down to an older revision")
def test_another_revision_is_not_ready_and_stops_a_dispatcher(api: Api, wired: Wired) -> None:
    import threading

    stop = threading.Event()
    heart = Heart(wired.db, stop)
    heart.beat()
    assert not stop.is_set()
    with wired.db.transaction() as tx:
        tx.session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = api.http.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["revision"].startswith("database is at 0000")
    heart.beat()
    assert stop.is_set()


def test_a_heartbeat_is_one_row(wired: Wired, clock: ManualClock) -> None:
    import threading

    heart = Heart(wired.db, threading.Event())
    heart.beat()
    clock.advance(5)
    heart.beat()
    with wired.db.read() as tx:
        (row,) = tx.session.query(Heartbeat).all()
    assert (row.at, row.revision) == (clock.now(), migrate.head())
    assert (row.at - row.started_at).total_seconds() == 5


def test_metrics_count_requests_facts_and_open_requests(api: Api, world: World) -> None:
    api.post("/requests", world.here.staff, json=ASK)
    api.get("/requests/no-such-thing", world.here.staff)
    api.http.get("/secret-place?token=x")
    api.http.open("/healthz", method="BREW")
    exposition = api.http.get("/metrics")
    assert exposition.content_type.startswith("text/plain")
    assert 'alongside_facts_total{type="request_created"} 1.0' in exposition.text
    assert 'alongside_open_requests{state="searching"} 1.0' in exposition.text
    assert (
        'alongside_http_request_seconds_count{method="GET",'
        'route="/api/v1/requests/<request_id>",status="404"} 1.0' in exposition.text
    )
    for private in ("secret-place", "no-such-thing", "BREW", world.here.id, "nurse"):
        assert private not in exposition.text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_database_that_is_away_is_said_and_nothing_else_breaks(
    tmp_path: Path, backend: object
) -> None:
    nobody = f"postgresql://postgres@127.0.0.1:{free_port()}/nothing"
    wired = wire(make_settings(nobody, tmp_path))
    api = Api(create_app(wired))
    sent = {"email": "nurse@here.example", "password": "x"}
    answer = api.post("/sessions", json=sent)
    problem(answer, 503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    token, _ = wired.tokens.issue("somebody", "some-session", wired.clock.now())
    bearer = {"Authorization": f"Bearer {token}"}
    problem(api.get("/me", headers=bearer), 503, "database_unavailable")
    problem(api.post("/requests", headers=bearer, json=ASK), 503, "database_unavailable")
    assert api.http.get("/healthz").status_code == 200
    ready = api.http.get("/readyz")
    assert (ready.status_code, ready.get_json()["checks"]) == (
        503,
        {"database": "cannot be reached"},
    )
    assert "alongside_http_request_seconds" in api.http.get("/metrics").text
    assert api.http.get("/").status_code == 200


def test_a_mistake_of_ours_tells_nothing(api: Api, world: World, wired: Wired) -> None:
    """The planner raising inside the commit: a 500, without a word of why, and nothing changed."""

    def broken(_: object) -> None:
        raise RuntimeError("the nurse's password is hunter2")

    wired.db.before_commit.append(broken)
    before = api.http.get("/healthz")
    assert before.status_code == 200
    wired.db.before_commit.clear()
    api.sign_in(world.here.staff)
    wired.db.before_commit.append(broken)
    answer = api.post("/requests", world.here.staff, json=ASK)
    told = problem(answer, 500, "internal")
    assert "hunter2" not in json.dumps(told)
    wired.db.before_commit.clear()
    assert api.get("/requests", world.here.staff).get_json()["items"] == []
