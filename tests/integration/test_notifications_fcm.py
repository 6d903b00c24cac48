"""Every row of the push table, with the real SDK talking to a server that speaks FCM's protocol."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from notifications.channels.fcm import FcmChannel
from notifications.models import DeliveryState, DeviceState, Kind, Rung
from notifications.relay import Relay
from storage.clock import ManualClock, SystemClock
from storage.database import Database
from tests.harness import fcm as provider
from tests.harness.databases import open_database
from tests.harness.fcm import Answer, FcmServer
from tests.harness.phones import Phones

SENT, PENDING, CANCELLED = DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.CANCELLED
UNKNOWN, FAILED = DeliveryState.UNKNOWN, DeliveryState.FAILED
OFFER, AGAIN = "Someone would like a peer", "Still open: someone would like a peer"
ALIVE, DEAD, DISABLED = DeviceState.ACTIVE, DeviceState.DEAD, DeviceState.DISABLED
TIMEOUT_S = 0.4


@pytest.fixture
def fcm() -> Iterator[FcmServer]:
    """The stand-in; a message that it refused without a script fails the test."""
    with FcmServer() as server:
        yield server
        assert server.refused == []


@pytest.fixture
def channel(fcm: FcmServer, tmp_path: Path) -> Iterator[FcmChannel]:
    """The real adapter with a key file, as an operator sets it up."""
    path = fcm.write_service_account(tmp_path / "key.json")
    one = FcmChannel(str(path), base_url=fcm.url, workers=8, timeout_s=TIMEOUT_S)
    yield one
    one.close()


Observe = Callable[[str, str, float], None]


def relay(phones: Phones, channel: FcmChannel, observe: Observe | None = None) -> Relay:
    return Relay(phones.db, {Kind.FCM: channel}, phones.directory, rng=Random(1), observe=observe)


def run(one: Relay) -> None:
    one.tick()
    assert one.settle(10)


@dataclass(frozen=True)
class Row:
    """One row of the push table: the answer, and what must have become of everything."""

    answer: Answer
    state: DeliveryState
    device: DeviceState = ALIVE
    detail: str = ""
    waits_s: tuple[float, float] | None = None
    is_unreachable: bool = False
    next_rung: str = "waits"
    """`waits` for its time, goes `now`, or is `cancelled` with its address."""


DIES = {"state": FAILED, "device": DEAD, "is_unreachable": True, "next_rung": "cancelled"}

TABLE: dict[str, Row] = {
    "unregistered": Row(provider.UNREGISTERED, detail="UNREGISTERED", **DIES),  # type: ignore[arg-type]  # the values fit by name
    "invalid token": Row(provider.INVALID_TOKEN, detail="INVALID_ADDRESS", **DIES),  # type: ignore[arg-type]  # as above
    "invalid token by field": Row(
        provider.INVALID_TOKEN_FIELD,
        detail="INVALID_ADDRESS",
        **DIES,  # type: ignore[arg-type]  # as above
    ),
    "invalid message": Row(
        provider.INVALID_MESSAGE, FAILED, detail="INVALID_ARGUMENT", next_rung="now"
    ),
    "sender id mismatch": Row(
        provider.SENDER_ID_MISMATCH,
        FAILED,
        device=DISABLED,
        detail="SENDER_ID_MISMATCH",
        is_unreachable=True,
        next_rung="cancelled",
    ),
    "third party auth": Row(
        provider.THIRD_PARTY_AUTH_ERROR, FAILED, detail="THIRD_PARTY_AUTH_ERROR", next_rung="now"
    ),
    "permission denied": Row(
        provider.PERMISSION_DENIED, FAILED, detail="PERMISSION_DENIED", next_rung="now"
    ),
    "not the api": Row(provider.WRONG_URL, FAILED, detail="NO_SUCH_API", next_rung="now"),
    "quota": Row(provider.QUOTA_EXCEEDED, PENDING, detail="RESOURCE_EXHAUSTED", waits_s=(60, 75)),
    "quota with retry-after": Row(
        provider.quota_exceeded("28"), PENDING, detail="RESOURCE_EXHAUSTED", waits_s=(28, 35)
    ),
    "internal": Row(provider.INTERNAL, PENDING, detail="INTERNAL", waits_s=(10, 12.5)),
    "unavailable": Row(provider.UNAVAILABLE, PENDING, detail="UNAVAILABLE", waits_s=(10, 12.5)),
    "timeout": Row(provider.hang(3), UNKNOWN, detail="TIMEOUT", waits_s=(5, 6.25)),
    "reset": Row(provider.RESET, UNKNOWN, detail="CONNECTION_LOST", waits_s=(5, 6.25)),
}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_row_of_the_push_table(
    db: Database, clock: ManualClock, fcm: FcmServer, channel: FcmChannel, name: str
) -> None:
    row = TABLE[name]
    phones = Phones(db)
    took_s: list[float] = []
    one = relay(phones, channel, lambda *end: took_s.append(end[2]))
    marcus = phones.person("token-a")
    (offer_id,) = phones.offer(marcus)
    fcm.script("token-a", row.answer)
    run(one)
    assert max(took_s) < 3, "nobody sleeps on a provider's behalf"

    assert len(fcm.tried) == 1, "the SDK must not send again by itself"
    push = phones.row(rung=Rung.PUSH)
    assert (push.state, push.outcome_detail, push.attempts) == (row.state, row.detail, 1)
    assert phones.device_state("token-a") is row.device
    if row.waits_s is None:
        assert push.due_at is None
    else:
        assert push.due_at is not None
        low, high = row.waits_s
        assert low <= (push.due_at - clock.now()).total_seconds() <= high
    expected = [(marcus, frozenset({offer_id}))] if row.is_unreachable else []
    assert phones.directory.reported == expected
    again = phones.row(rung=Rung.PUSH_AGAIN)
    if row.next_rung == "cancelled":
        assert again.state is CANCELLED
    elif row.next_rung == "now":
        assert again.due_at == clock.now()
    else:
        assert again.due_at == clock.now() + timedelta(seconds=20)


def test_taken_is_sent_once_with_one_grant(
    db: Database, fcm: FcmServer, channel: FcmChannel
) -> None:
    phones = Phones(db)
    phones.offer(phones.person("token-a"))
    phones.offer(phones.person("token-b"))
    run(relay(phones, channel))
    assert {row.state for row in phones.rows(rung=Rung.PUSH)} == {SENT}
    assert sorted(message["token"] for message in fcm.messages) == ["token-a", "token-b"]
    assert fcm.grants <= 2


def test_a_bare_not_found_is_verified_without_ringing(
    db: Database, fcm: FcmServer, channel: FcmChannel
) -> None:
    phones = Phones(db)
    one = relay(phones, channel)
    phones.offer(phones.person("gone"), phones.person("here"))
    fcm.script("gone", provider.NOT_FOUND, provider.NOT_FOUND)
    fcm.script("here", provider.NOT_FOUND)
    run(one)
    assert len(fcm.dry_runs) == 2
    assert phones.device_state("gone") is DEAD
    assert phones.device_state("here") is ALIVE
    (waiting,) = [r for r in phones.rows(rung=Rung.PUSH) if r.state is PENDING]
    assert waiting.outcome_detail == "NOT_FOUND_ONCE"
    assert fcm.messages == []


def test_a_revoked_access_token_is_replaced_at_once(
    db: Database, fcm: FcmServer, channel: FcmChannel
) -> None:
    phones = Phones(db)
    one = relay(phones, channel)
    phones.offer(phones.person("token-a"))
    run(one)
    fcm.forget_access_tokens()
    phones.offer(phones.person("token-b"))
    run(one)
    assert fcm.rang("token-b") == [OFFER]


@pytest.mark.parametrize(
    "answer, state, detail",
    [
        (Answer(400, "invalid_grant"), FAILED, "NO_ACCESS_TOKEN"),
        (Answer(0), PENDING, "TOKEN_ENDPOINT"),
        (provider.hang(3), PENDING, "TOKEN_ENDPOINT"),
    ],
)
def test_without_an_access_token_nothing_was_sent(
    db: Database,
    fcm: FcmServer,
    channel: FcmChannel,
    answer: Answer,
    state: DeliveryState,
    detail: str,
) -> None:
    phones = Phones(db)
    fcm.grant_answers.append(answer)
    phones.offer(phones.person("token-a"))
    run(relay(phones, channel))
    push = phones.row(rung=Rung.PUSH)
    assert (push.state, push.outcome_detail) == (state, detail)
    assert fcm.tried == []


def test_no_connection_at_all_is_busy_not_unknown(
    db: Database, fcm: FcmServer, tmp_path: Path
) -> None:
    account = fcm.write_service_account(tmp_path / "key.json")
    nobody = FcmChannel(str(account), base_url="http://127.0.0.1:1", timeout_s=TIMEOUT_S)
    phones = Phones(db)
    phones.offer(phones.person("token-a"))
    run(relay(phones, nobody))
    push = phones.row(rung=Rung.PUSH)
    assert (push.state, push.outcome_detail) == (PENDING, "NO_CONNECTION")
    nobody.close()


def test_a_message_that_arrived_though_its_answer_did_not_shows_once(
    db: Database, clock: ManualClock, fcm: FcmServer, channel: FcmChannel
) -> None:
    phones = Phones(db)
    one = relay(phones, channel)
    (offer_id,) = phones.offer(phones.person("token-a"))
    fcm.script("token-a", provider.RESET_AFTER_TAKING)
    run(one)
    clock.advance(7)
    run(one)
    assert len(fcm.sent_to("token-a")) == 2
    assert fcm.visible("token-a") == {offer_id: OFFER}
    assert phones.row(rung=Rung.PUSH).state is SENT


def test_each_platform_gets_what_makes_it_really_ring(
    db: Database, clock: ManualClock, fcm: FcmServer, channel: FcmChannel
) -> None:
    phones = Phones(db)
    end = clock.now() + timedelta(seconds=300)
    (offer_id,) = phones.offer(phones.person("token-a"), expires_at=end.isoformat())
    run(relay(phones, channel))
    (message,) = fcm.messages
    android = message["android"]
    assert (android["priority"], android["ttl"]) == ("high", "300s")
    assert android["collapse_key"] == android["notification"]["tag"] == offer_id
    assert android["notification"]["channel_id"] == "offers"
    headers = message["apns"]["headers"]
    assert (headers["apns-push-type"], headers["apns-priority"]) == ("alert", "10")
    assert headers["apns-collapse-id"] == offer_id
    assert headers["apns-expiration"] == str(int(end.timestamp()))
    aps = message["apns"]["payload"]["aps"]
    assert aps["interruption-level"] == "time-sensitive"
    assert "content-available" not in aps
    web = message["webpush"]
    assert web["headers"] == {"TTL": "300", "Urgency": "high", "Topic": offer_id}
    assert web["notification"]["tag"] == offer_id
    assert web["notification"]["renotify"]
    assert web["notification"]["requireInteraction"]
    assert "actions" not in web["notification"]
    assert message["data"]["offer_id"] == offer_id


def test_the_end_of_an_offer_makes_no_sound_anywhere(
    db: Database, fcm: FcmServer, channel: FcmChannel
) -> None:
    phones = Phones(db)
    one = relay(phones, channel)
    (offer_id,) = phones.offer(phones.person("token-a"))
    run(one)
    phones.close(offer_id)
    run(one)
    assert fcm.visible("token-a") == {offer_id: "This one is taken care of"}
    quiet = fcm.messages[-1]
    assert quiet["android"]["notification"]["channel_id"] == "quiet"
    assert "vibrate_timings" not in quiet["android"]["notification"]
    aps = quiet["apns"]["payload"]["aps"]
    assert aps["interruption-level"] == "passive"
    assert "sound" not in aps
    assert quiet["webpush"]["notification"]["silent"]
    assert not quiet["webpush"]["notification"]["renotify"]


def test_an_installation_id_is_sent_as_one(
    db: Database, fcm: FcmServer, channel: FcmChannel
) -> None:
    phones = Phones(db)
    phones.offer(phones.person("cVQ0fS2vTsK3qPpNwQkzXy"))
    run(relay(phones, channel))
    (message,) = fcm.messages
    assert message["fid"] == "cVQ0fS2vTsK3qPpNwQkzXy"
    assert "token" not in message


def test_a_token_that_hangs_holds_up_no_other(
    db: Database, fcm: FcmServer, channel: FcmChannel
) -> None:
    phones = Phones(db)
    one = relay(phones, channel)
    fcm.always("stuck", provider.hang(5))
    phones.offer(phones.person("stuck"), *[phones.person(f"token-{n}") for n in range(20)])
    began = time.monotonic()
    while len(fcm.messages) < 20 and time.monotonic() - began < 10:
        one.tick()
    took_s = time.monotonic() - began
    assert len(fcm.messages) == 20
    assert took_s < 5
    assert one.settle(10)


DISPATCHER = """
import sys
from notifications.channels.fcm import FcmChannel
from notifications.directory import FakeDirectory
from notifications.models import Kind
from notifications.relay import Relay
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine

database_url, key_file, fcm_url = sys.argv[1:]
db = Database(make_engine(database_url), SystemClock())
channel = FcmChannel(key_file, base_url=fcm_url, timeout_s=30)
relay = Relay(db, {Kind.FCM: channel}, FakeDirectory(), lease_s=2.0)
while True:
    relay.tick()
    relay.settle(0.1)
"""


def test_a_dispatcher_killed_between_send_and_record_leaves_one_alert_on_the_phone(
    database_url: str, fcm: FcmServer, tmp_path: Path
) -> None:
    key = str(fcm.write_service_account(tmp_path / "key.json"))

    def start() -> subprocess.Popen[Any]:
        command = [sys.executable, "-c", DISPATCHER, database_url, key, fcm.url]
        return subprocess.Popen(command, cwd=Path(__file__).parents[2])

    with open_database(database_url, SystemClock()) as db:
        phones = Phones(db)
        (offer_id,) = phones.offer(phones.person("token-a"))
        # The message is on the phone; its answer never comes back.
        fcm.script("token-a", provider.hang(60, is_taken=True))
        first = start()
        try:
            fcm.wait_for(1, timeout_s=30)
        finally:
            first.kill()
            first.wait()
        assert phones.row(rung=Rung.PUSH).state is UNKNOWN
        second = start()
        try:
            until = time.monotonic() + 30
            while phones.row(rung=Rung.PUSH).state is not SENT and time.monotonic() < until:
                time.sleep(0.1)
        finally:
            second.kill()
            second.wait()
        assert phones.row(rung=Rung.PUSH).state is SENT
        assert list(fcm.visible("token-a")) == [offer_id]


def test_a_request_that_was_cut_short_is_nobodys_mistake() -> None:
    """Whoever was killed in the middle of sending has asked for nothing."""
    head = b"POST /v1/projects/x/messages:send HTTP/1.1\r\nContent-Length: 900\r\n\r\n"
    with FcmServer() as fcm:
        fcm._tokens.add("known")
        with socket.create_connection(("127.0.0.1", fcm.port)) as line:
            line.sendall(head.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer known\r\n\r\n{"))
            line.shutdown(socket.SHUT_WR)
            assert line.recv(1000) == b""
        assert fcm.refused == []
