"""The history of alerts and the state of the channels, as managers and admins see them."""

from datetime import timedelta
from typing import Any

import pytest

from notifications import history, providers
from notifications.calls.models import CallJob, JobState
from notifications.channels.base import Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.circuit import Shut
from notifications.models import Delivery, Device, DeviceState, Kind
from notifications.relay import Relay
from server import turns
from server.doctor import outbox
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import Person, World
from tests.api.test_health import beat
from tests.api.test_walk import ask, on_duty

SECRETS = ("token-of-peer", "Room 7", "overdose", "Hospital here", "614555")


@pytest.fixture
def fcm() -> MemoryChannel:
    return MemoryChannel()


@pytest.fixture
def relay(wired: Wired, fcm: MemoryChannel) -> Relay:
    return Relay(wired.db, {Kind.FCM: fcm}, wired.directory)


def asked(api: Api, world: World) -> Any:
    """A peer with a phone is asked; the request."""
    peer = world.here.peers[0]
    on_duty(api, peer)
    sent = {"kind": "fcm", "address": "token-of-peer", "platform": "android"}
    assert api.post("/devices", peer, json=sent).status_code == 201
    return ask(api, world.here.staff, place="Room 7", focus="overdose")


def alerts(api: Api, by: Person, **query: str) -> list[dict[str, Any]]:
    answer = api.get("/deliveries?" + "&".join(f"{k}={v}" for k, v in query.items()), by)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def fail(fcm: MemoryChannel, relay: Relay, result: Result = Result.BAD_MESSAGE) -> None:
    fcm.script("token-of-peer", Outcome(result, "REFUSED_BY_SDK"))
    relay.tick()


def test_an_alert_is_shown_by_who_how_and_its_end_without_a_word_of_it(
    api: Api, world: World, fcm: MemoryChannel, relay: Relay
) -> None:
    request = asked(api, world)
    relay.tick()
    peer, manager = world.here.peers[0], world.here.manager
    shown = {item["rung"]: item for item in alerts(api, manager) if item["text"] != "test"}
    first = shown["push"]
    assert first["user"] == {"id": peer.id, "name": peer.name, "role": "peer"}
    assert (first["channel"], first["state"], first["attempts"]) == ("fcm", "sent", 1)
    assert first["text"].startswith("offer.")
    assert first["request_id"] == request["id"]
    assert first["sent_at"] is not None
    assert shown["push_again"]["state"] == "pending"
    text = api.get("/deliveries", manager).text
    assert not [secret for secret in SECRETS if secret in text]
    assert [item["rung"] for item in alerts(api, manager, state="sent")] == ["push"]
    assert alerts(api, manager, channel="sms") == []
    assert len(alerts(api, world.here.admin, peer_id=peer.id)) == 2
    assert alerts(api, manager, peer_id=world.here.peers[1].id) == []
    assert alerts(api, manager, before="2026-03-01T00:00:00Z") == []
    assert alerts(api, world.there.manager) == []
    looks = api.get("/audit?what=cases_listed", world.here.admin).get_json()["items"]
    assert {look["about"] for look in looks} == {"alerts"}


def test_pages_follow_one_another(api: Api, world: World, fcm: MemoryChannel, relay: Relay) -> None:
    asked(api, world)
    manager = world.here.manager
    whole = [item["id"] for item in alerts(api, manager)]
    first = api.get("/deliveries?limit=1", manager).get_json()
    rest = api.get(f"/deliveries?limit=5&cursor={first['next_cursor']}", manager).get_json()
    assert [item["id"] for item in first["items"] + rest["items"]] == whole


def test_what_failed_is_sent_again_while_it_is_wanted(
    api: Api, world: World, fcm: MemoryChannel, relay: Relay
) -> None:
    asked(api, world)
    fail(fcm, relay)
    manager = world.here.manager
    (letter,) = alerts(api, manager, needs_a_person="true")
    assert (letter["state"], letter["outcome"], letter["detail"]) == (
        "failed",
        "bad_message",
        "REFUSED_BY_SDK",
    )
    assert letter["needs_a_person"] is True
    relay.tick()  # the ladder climbed: the second push goes by itself
    answer = api.post(f"/deliveries/{letter['id']}/retry", manager)
    assert (answer.status_code, answer.get_json()["state"]) == (200, "pending")
    problem(api.post(f"/deliveries/{letter['id']}/retry", manager), 409, "not_failed")
    problem(api.post(f"/deliveries/{letter['id']}/retry", world.there.manager), 404, "not_found")
    fcm.tried.clear()
    relay.tick()
    assert letter["id"] in {envelope.delivery_id for envelope in fcm.tried}
    assert alerts(api, manager, needs_a_person="true") == []


def test_what_is_no_longer_wanted_is_not_sent_again(
    api: Api, world: World, wired: Wired, clock: ManualClock, fcm: MemoryChannel, relay: Relay
) -> None:
    request = asked(api, world)
    fail(fcm, relay)
    manager = world.here.manager
    (letter,) = alerts(api, manager, needs_a_person="true")
    with wired.db.transaction() as tx:
        device = tx.session.query(Device).one()
        device.state = DeviceState.DEAD
    problem(api.post(f"/deliveries/{letter['id']}/retry", manager), 409, "device_gone")
    with wired.db.transaction() as tx:
        tx.session.query(Device).one().state = DeviceState.ACTIVE
    api.post(f"/requests/{request['id']}/cancel", manager, json={"reason": "other"})
    problem(api.post(f"/deliveries/{letter['id']}/retry", manager), 409, "too_late")
    with wired.db.read() as tx:
        row = tx.session.get_one(Delivery, letter["id"])
        assert row.due_at is None


def test_channels_say_how_they_are(
    api: Api, world: World, wired: Wired, clock: ManualClock, fcm: MemoryChannel, relay: Relay
) -> None:
    asked(api, world)
    relay.tick()
    now = clock.now()
    with wired.db.transaction() as tx:
        shut = Shut("away TIMEOUT", now, now + timedelta(seconds=30))
        providers.write(tx, {(Kind.FCM, "android"): shut, (Kind.SMS, ""): None})
    clock.advance(25)
    answer = api.get("/channels", world.here.manager).get_json()["items"]
    assert [item["channel"] for item in answer] == [kind.value for kind in Kind]
    by_kind = {item["channel"]: item for item in answer}
    push = by_kind["fcm"]
    assert (push["sent"], push["refused"]) == (1, 0)
    assert push["oldest_due_at"] is not None, "the second push is due"
    (door,) = push["doors"]
    assert (door["platform"], door["state"], door["reason"]) == (
        "android",
        "open",
        "away TIMEOUT",
    )
    assert by_kind["sms"]["doors"][0]["state"] == "closed"
    assert by_kind["email"]["is_on"] is False
    foreign = api.get("/channels", world.there.manager).get_json()["items"]
    assert {item["sent"] for item in foreign} == {0}
    metrics = api.http.get("/metrics").text
    assert 'alongside_circuit_open{channel="fcm",platform="android"} 1.0' in metrics
    assert 'alongside_circuit_open{channel="sms",platform=""} 0.0' in metrics
    assert 'alongside_delivery_oldest_due_seconds{channel="fcm"} 5.0' in metrics
    clock.advance(60)
    (door,) = api.get("/channels", world.here.admin).get_json()["items"][0]["doors"]
    assert door["state"] == "trying"


def test_an_outbox_that_does_not_drain_is_said(
    api: Api, world: World, wired: Wired, clock: ManualClock, fcm: MemoryChannel, relay: Relay
) -> None:
    beat(wired)
    assert [finding.is_well for finding in outbox.examine(wired)] == [True]
    asked(api, world)
    assert api.http.get("/readyz").status_code == 200
    clock.advance(61)
    beat(wired)
    late = api.http.get("/readyz")
    assert late.status_code == 503
    assert "nothing is sent" in late.get_json()["checks"]["outbox"]
    assert [f.sentence for f in outbox.examine(wired)] == ["the oldest alert has been due for 61 s"]
    fail(fcm, relay, Result.MISCONFIGURED)
    assert api.http.get("/readyz").status_code == 200
    said = {f.name: f.sentence for f in outbox.examine(wired)}
    assert "refused REFUSED_BY_SDK" in said["circuit"]
    assert "1 failed by fcm in an hour: misconfigured" in said["alerts"]


def test_a_long_queue_that_moves_is_ready(
    api: Api, world: World, wired: Wired, clock: ManualClock, fcm: MemoryChannel, relay: Relay
) -> None:
    asked(api, world)
    clock.advance(70)
    beat(wired)
    with wired.db.transaction() as tx:
        tx.session.query(Delivery).order_by(Delivery.id).limit(1).one().attempted_at = tx.now
    assert api.http.get("/readyz").status_code == 200


def test_the_history_is_forgotten_when_its_days_are_over(
    api: Api, world: World, wired: Wired, clock: ManualClock, fcm: MemoryChannel, relay: Relay
) -> None:
    asked(api, world)
    relay.tick()
    with wired.db.read() as tx:
        before = tx.session.query(Delivery).count()
    clock.advance(89 * 86400)
    turns.forget(wired.db, 90)
    with wired.db.read() as tx:
        assert tx.session.query(Delivery).count() == before
    clock.advance(2 * 86400)
    turns.forget(wired.db, 90)
    with wired.db.read() as tx:
        left = tx.session.query(Delivery).all()
        assert [row.due_at is None for row in left] == [False] * (before - 1), "nothing that waits"


def test_what_a_provider_called_a_call_is_forgotten_with_it(
    wired: Wired, world: World, clock: ManualClock
) -> None:
    with wired.db.transaction() as tx:
        for name, state, due_at in (
            ("over", JobState.DONE, None),
            ("waits", JobState.CLOSING, tx.now),
        ):
            tx.session.add(
                CallJob(
                    id=name,
                    network_id=world.here.id,
                    state=state,
                    created_at=tx.now,
                    due_at=due_at,
                    expires_at=tx.now,
                    sid=f"CA-{name}",
                )
            )
    for days, left in ((89, ["over", "waits"]), (2, ["waits"])):
        clock.advance(days * 86400)
        turns.forget(wired.db, 90)
        with wired.db.read() as tx:
            assert sorted(job.id for job in tx.session.query(CallJob)) == left


def test_forgetting_goes_in_batches(
    api: Api, world: World, wired: Wired, clock: ManualClock, fcm: MemoryChannel, relay: Relay
) -> None:
    asked(api, world)
    relay.tick()
    clock.advance(3600)
    relay.tick()
    with wired.db.transaction() as tx:
        ended = tx.session.query(Delivery).filter(Delivery.due_at.is_(None)).count()
        assert ended >= 2
        assert history.forget(tx, world.there.id, tx.now, 10) == 0
        gone = [history.forget(tx, world.here.id, tx.now + timedelta(1), 1) for _ in range(ended)]
        assert gone == [1] * ended
        assert history.forget(tx, world.here.id, tx.now + timedelta(1), 1) == 0
