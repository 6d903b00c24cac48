"""Every row of the push table for Web Push, with the real client against a push service that decrypts."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from random import Random
from typing import Any

import pytest

from notifications import devices
from notifications.channels.memory import MemoryChannel
from notifications.channels.webpush import WebPushChannel, topic_of
from notifications.models import DeliveryState, DeviceState, Kind, Rung
from notifications.push_services import PushServices
from notifications.relay import Relay
from notifications.vapid import Keys
from storage.clock import ManualClock
from storage.database import Database
from tests.harness import webpush as provider
from tests.harness.databases import START
from tests.harness.phones import Phones
from tests.harness.webpush import Answer, PushService

SENT, PENDING, CANCELLED = DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.CANCELLED
UNKNOWN, FAILED = DeliveryState.UNKNOWN, DeliveryState.FAILED
OFFER = "Someone would like a peer"
ALIVE, DEAD, DISABLED = DeviceState.ACTIVE, DeviceState.DEAD, DeviceState.DISABLED
TIMEOUT_S = 0.4


@pytest.fixture
def service(clock: ManualClock) -> Iterator[PushService]:
    """The stand-in; a push that it refused without a script fails the test."""
    with PushService(clock.now) as server:
        yield server
        assert server.refused == []


@pytest.fixture
def channel(db: Database, service: PushService) -> Iterator[WebPushChannel]:
    """The real adapter, allowed to call the stand-in only."""
    one = make(db, service.url)
    yield one
    one.close()


def make(db: Database, hosts: str) -> WebPushChannel:
    return WebPushChannel(
        Keys(db),
        subject="mailto:it@example.org",
        services=PushServices(hosts),
        clock=db.clock,
        workers=8,
        timeout_s=TIMEOUT_S,
    )


Observe = Callable[[str, str, float], None]


def relay(phones: Phones, channel: WebPushChannel, observe: Observe | None = None) -> Relay:
    return Relay(
        phones.db, {Kind.WEBPUSH: channel}, phones.directory, rng=Random(1), observe=observe
    )


def run(one: Relay) -> None:
    one.tick()
    assert one.settle(10)


def rings(phones: Phones, *subscriptions: dict[str, Any]) -> str:
    """A peer whose browsers have these subscriptions; their id."""
    user_id = phones.person()
    with phones.db.transaction() as tx:
        for subscription in subscriptions:
            devices.register(
                tx,
                user_id=user_id,
                network_id=phones.network_id,
                kind=Kind.WEBPUSH,
                subscription=subscription,
                platform="web",
            )
    return user_id


@dataclass(frozen=True)
class Row:
    """One row of the push table: the answer, and what must have become of everything."""

    answer: Answer
    state: DeliveryState
    device: DeviceState = ALIVE
    detail: str = ""
    waits_s: tuple[float, float] | None = None
    next_rung: str = "waits"
    """`waits` for its time, goes `now`, or is `cancelled` with its address."""
    tries: int = 1


def dies(answer: Answer, detail: str, device: DeviceState = DEAD) -> Row:
    return Row(answer, FAILED, device, detail, next_rung="cancelled")


def waits(answer: Answer, detail: str, low_s: float, high_s: float) -> Row:
    return Row(answer, PENDING, detail=detail, waits_s=(low_s, high_s))


IN_90_S = format_datetime(START + timedelta(seconds=90), usegmt=True)
TABLE: dict[str, Row] = {
    "created": Row(provider.CREATED, SENT),
    "ok": Row(Answer(200), SENT),
    "accepted": Row(Answer(202), SENT),
    "not found": dies(provider.NOT_FOUND, "HTTP_404"),
    "gone": dies(provider.GONE, "HTTP_410"),
    "google: another key": dies(provider.OTHER_KEY_GOOGLE, "OTHER_VAPID_KEY", DISABLED),
    "mozilla: another key": dies(provider.OTHER_KEY_MOZILLA, "OTHER_VAPID_KEY", DISABLED),
    "apple: another key": dies(provider.OTHER_KEY_APPLE, "OTHER_VAPID_KEY", DISABLED),
    "unauthorized": Row(provider.UNAUTHORIZED, FAILED, detail="VAPID_REFUSED", next_rung="now"),
    "forbidden": Row(provider.FORBIDDEN, FAILED, detail="VAPID_REFUSED", next_rung="now"),
    "bad message": Row(provider.BAD_REQUEST, FAILED, detail="HTTP_400", next_rung="now"),
    "a redirect": Row(
        Answer(307, headers={"Location": "/elsewhere"}), FAILED, detail="HTTP_307", next_rung="now"
    ),
    "too many": waits(provider.TOO_MANY, "HTTP_429", 60, 75),
    "too many, seconds": waits(provider.too_many("28"), "HTTP_429", 28, 35),
    "too many, a date": waits(provider.too_many(IN_90_S), "HTTP_429", 90, 112.5),
    "too many, nonsense": waits(provider.too_many("soon"), "HTTP_429", 60, 75),
    "too many, not a number": waits(provider.too_many("nan"), "HTTP_429", 60, 75),
    "internal": waits(provider.INTERNAL, "HTTP_500", 10, 12.5),
    "unavailable": waits(provider.UNAVAILABLE, "HTTP_503", 10, 12.5),
    "unavailable, seconds": waits(provider.too_many("40", 503), "HTTP_503", 40, 50),
    "timeout": Row(provider.hang(3), UNKNOWN, detail="TIMEOUT", waits_s=(5, 6.25)),
    "reset": Row(provider.RESET, UNKNOWN, detail="CONNECTION_LOST", waits_s=(5, 6.25)),
}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_row_of_the_push_table(
    db: Database, clock: ManualClock, service: PushService, channel: WebPushChannel, name: str
) -> None:
    row = TABLE[name]
    phones = Phones(db)
    browser = service.browser()
    marcus = rings(phones, browser.subscription)
    (offer_id,) = phones.offer(marcus, expires_at=(clock.now() + timedelta(hours=1)).isoformat())
    service.script(browser, row.answer)
    took_s: list[float] = []
    run(relay(phones, channel, lambda *end: took_s.append(end[2])))
    assert max(took_s) < 3, "nobody sleeps on a service's behalf"

    assert len(service.tried) == 1, "nobody sends again but the outbox"
    push = phones.row(rung=Rung.PUSH)
    assert (push.state, push.outcome_detail or "", push.attempts) == (row.state, row.detail, 1)
    assert phones.device_state(browser.endpoint) is row.device
    if row.waits_s is None:
        assert push.due_at is None
    else:
        assert push.due_at is not None
        low, high = row.waits_s
        assert low <= (push.due_at - clock.now()).total_seconds() <= high
    expected = [(marcus, frozenset({offer_id}))] if row.next_rung == "cancelled" else []
    assert phones.directory.reported == expected
    again = phones.row(rung=Rung.PUSH_AGAIN)
    if row.next_rung == "cancelled":
        assert again.state is CANCELLED
    elif row.next_rung == "now":
        assert again.due_at == clock.now()
    else:
        assert again.due_at == clock.now() + timedelta(seconds=20)


def test_a_dead_browser_hands_over_to_the_next_rung(
    db: Database, service: PushService, channel: WebPushChannel
) -> None:
    phones = Phones(db, (Kind.WEBPUSH, Kind.SMS))
    browser = service.browser()
    marcus = rings(phones, browser.subscription)
    phones.device(marcus, "+16145550123", kind=Kind.SMS, platform="phone")
    phones.offer(marcus)
    service.script(browser, provider.GONE)
    texts = MemoryChannel(Kind.SMS)
    one = Relay(db, {Kind.WEBPUSH: channel, Kind.SMS: texts}, phones.directory, rng=Random(1))
    run(one)
    run(one)
    assert len(texts.sent) == 1, "the text goes now, not after its time"
    assert phones.row(rung=Rung.PUSH_AGAIN).state is CANCELLED
    assert phones.directory.reported == []


def test_what_is_too_large_is_sent_once_more_with_its_ids_alone(
    db: Database, service: PushService, channel: WebPushChannel
) -> None:
    phones = Phones(db)
    small, never = service.browser(), service.browser()
    (offer_id, _) = phones.offer(
        rings(phones, small.subscription), rings(phones, never.subscription)
    )
    service.script(small, provider.TOO_LARGE)
    service.always(never, provider.TOO_LARGE)
    run(relay(phones, channel))
    (push,) = small.pushes
    assert set(push.payload) == {"data"}
    assert (push.payload["data"]["offer_id"], push.payload["data"]["opens"]) == (offer_id, "offer")
    assert service.tried.count(small.id) == service.tried.count(never.id) == 2
    ends = {row.state: row.outcome_detail for row in phones.rows(rung=Rung.PUSH)}
    assert ends == {SENT: None, FAILED: "TOO_LARGE"}


def test_a_push_says_all_that_the_browser_needs_and_nothing_private(
    db: Database, clock: ManualClock, service: PushService, channel: WebPushChannel
) -> None:
    phones = Phones(db)
    browser = service.browser()
    end = clock.now() + timedelta(seconds=300)
    (offer_id,) = phones.offer(rings(phones, browser.subscription), expires_at=end.isoformat())
    run(relay(phones, channel))
    (push,) = browser.pushes
    row = phones.row(rung=Rung.PUSH)
    assert push.payload == {
        "notification": {
            "title": OFFER,
            "body": "In person, about 14 min from you. Open to answer.",
            "tag": offer_id,
            "lang": "en",
            "silent": False,
            "renotify": True,
            "requireInteraction": True,
        },
        "data": {
            "opens": "offer",
            "offer_id": offer_id,
            "request_id": phones.request_id,
            "delivery_id": row.id,
        },
    }
    assert (push.headers["ttl"], push.headers["urgency"]) == ("300", "high")
    assert push.headers["topic"] == offer_id
    assert push.claims["sub"] == "mailto:it@example.org"
    assert push.claims["exp"] - clock.now().timestamp() == 12 * 3600


def test_the_end_of_an_offer_replaces_it_without_a_sound(
    db: Database, service: PushService, channel: WebPushChannel
) -> None:
    phones = Phones(db)
    browser = service.browser()
    one = relay(phones, channel)
    (offer_id,) = phones.offer(rings(phones, browser.subscription))
    run(one)
    phones.close(offer_id)
    run(one)
    assert browser.visible() == {offer_id: "This one is taken care of"}
    assert browser.rang() == [OFFER]
    assert browser.pushes[-1].headers["urgency"] == "normal"
    assert browser.pushes[-1].payload["data"]["opens"] == "closed"


def test_a_push_that_arrived_though_its_answer_did_not_shows_once(
    db: Database, clock: ManualClock, service: PushService, channel: WebPushChannel
) -> None:
    phones = Phones(db)
    browser = service.browser()
    one = relay(phones, channel)
    (offer_id,) = phones.offer(rings(phones, browser.subscription))
    service.script(browser, provider.RESET_AFTER_TAKING)
    run(one)
    clock.advance(7)
    run(one)
    assert len(browser.pushes) == 2
    assert browser.visible() == {offer_id: OFFER}
    assert phones.row(rung=Rung.PUSH).state is SENT


def test_no_connection_at_all_is_busy_not_unknown(db: Database, service: PushService) -> None:
    nobody = make(db, "http://127.0.0.1:1")
    phones = Phones(db)
    subscription = service.browser().subscription | {"endpoint": "http://127.0.0.1:1/push/a"}
    phones.offer(rings(phones, subscription))
    run(relay(phones, nobody))
    push = phones.row(rung=Rung.PUSH)
    assert (push.state, push.outcome_detail) == (PENDING, "NO_CONNECTION")
    nobody.close()


def test_a_browser_that_hangs_holds_up_no_other(
    db: Database, service: PushService, channel: WebPushChannel
) -> None:
    phones = Phones(db)
    stuck, *others = (service.browser() for _ in range(13))
    service.always(stuck, provider.hang(5))
    phones.offer(*(rings(phones, one.subscription) for one in (stuck, *others)))
    one = relay(phones, channel)
    began = time.monotonic()
    while not all(each.pushes for each in others) and time.monotonic() - began < 10:
        one.tick()
    assert all(len(each.pushes) == 1 for each in others)
    assert one.settle(10)
    service.accounted(*others)


def test_a_refused_signature_shuts_the_door_and_another_key_only_that_browser(
    db: Database, service: PushService, channel: WebPushChannel
) -> None:
    phones = Phones(db)
    one = relay(phones, channel)
    old = service.browser()
    phones.offer(rings(phones, old.subscription))
    service.script(old, provider.OTHER_KEY_GOOGLE)
    run(one)
    assert one.shut_doors() == []
    refused = service.browser()
    phones.offer(rings(phones, refused.subscription))
    service.script(refused, provider.FORBIDDEN)
    run(one)
    assert [kind for kind, _ in one.shut_doors()] == [Kind.WEBPUSH]


BROKEN: dict[str, dict[str, Any]] = {
    "no keys": {"keys": None},
    "no secret": {"keys": {"p256dh": "BKey"}},
    "no base64": {"keys": {"p256dh": "é", "auth": "é"}},
    "empty": {"keys": {"p256dh": "", "auth": ""}},
    "a short point": {"keys": {"p256dh": "BKey", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "a point beside the curve": {
        "keys": {"p256dh": "B" + "A" * 86, "auth": "AAAAAAAAAAAAAAAAAAAAAA"}
    },
    "numbers": {"keys": {"p256dh": 1, "auth": 2}},
}


@pytest.mark.parametrize("name", sorted(BROKEN))
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_broken_subscription_is_a_dead_address(
    db: Database, service: PushService, channel: WebPushChannel, name: str
) -> None:
    phones = Phones(db)
    browser = service.browser()
    phones.offer(rings(phones, browser.subscription | BROKEN[name]))
    run(relay(phones, channel))
    assert phones.device_state(browser.endpoint) is DEAD
    assert phones.row(rung=Rung.PUSH).outcome_detail == "BAD_SUBSCRIPTION"
    assert service.tried == []


def test_what_stands_in_the_rows_is_checked_again_before_it_is_called(
    db: Database, service: PushService, channel: WebPushChannel
) -> None:
    phones = Phones(db)
    subscription = service.browser().subscription | {"endpoint": "http://127.0.0.1:9/inside"}
    phones.offer(rings(phones, subscription))
    run(relay(phones, channel))
    assert phones.row(rung=Rung.PUSH).outcome_detail == "PUSH_SERVICE_UNKNOWN"
    assert phones.device_state("http://127.0.0.1:9/inside") is DEAD


def test_a_signature_is_used_again_until_it_is_half_over(
    db: Database, clock: ManualClock, service: PushService, channel: WebPushChannel
) -> None:
    phones = Phones(db)
    browser = service.browser()
    one = relay(phones, channel)
    marcus = rings(phones, browser.subscription)
    for forward_s in (0, 5 * 3600, 3 * 3600):
        clock.advance(forward_s)
        phones.offer(marcus)
        run(one)
    first, second, third = (push.claims["exp"] for push in browser.pushes[-3:])
    assert first == second < third


def test_a_topic_fits_whatever_collapses() -> None:
    assert topic_of("a" * 32) == "a" * 32
    for odd in ("a" * 33, "with space", "señal"):
        topic = topic_of(odd)
        assert topic != odd
        assert len(topic) == 32
        assert topic == topic_of(odd)
