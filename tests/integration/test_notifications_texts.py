"""Every row of the table of texts and calls, with the real channels and a provider on a socket."""

import time
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from notifications.channels.base import Address, Channel, Envelope, Outcome, Result
from notifications.channels.sms import SmsChannel
from notifications.channels.twilio import Account
from notifications.channels.voice import VoiceChannel
from notifications.compose import Words
from notifications.messages import Tone
from notifications.models import Delivery, DeliveryState, DeviceState, Kind, Rung
from notifications.relay import Relay
from storage.clock import ManualClock
from storage.database import Database
from tests.harness import twilio as provider
from tests.harness.databases import START
from tests.harness.phones import Phones
from tests.harness.twilio import Answer, TwilioServer, refused

SENT, PENDING, UNKNOWN = DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.UNKNOWN
FAILED = DeliveryState.FAILED
ALIVE, DEAD, DISABLED = DeviceState.ACTIVE, DeviceState.DEAD, DeviceState.DISABLED
TIMEOUT_S = 0.4
NUMBER = "+16145550100"
OURS = "https://alongside.example"
RUNGS = {Kind.SMS: Rung.SMS, Kind.VOICE: Rung.VOICE}


@pytest.fixture
def twilio(clock: ManualClock) -> Iterator[TwilioServer]:
    """The stand-in, on the clock of the test; what it refused without a script fails the test."""
    with TwilioServer(now=clock.now) as server:
        yield server
        assert server.refused == []


def account(twilio: TwilioServer, **changes: str) -> Account:
    values = {
        "sid": twilio.account,
        "token": twilio.token,
        "sender": twilio.number,
        "base_url": twilio.url,
        "public_url": OURS,
    }
    return Account(**(values | changes))


@pytest.fixture(params=[Kind.SMS, Kind.VOICE])
def channel(request: pytest.FixtureRequest, twilio: TwilioServer) -> Iterator[Channel]:
    """The one channel, then the other: they are alike."""
    made = make(request.param, account(twilio))
    yield made
    made.close()


def make(kind: Kind, of: Account) -> Channel:
    if kind is Kind.SMS:
        return SmsChannel(of, timeout_s=TIMEOUT_S)
    return VoiceChannel(of, timeout_s=TIMEOUT_S)


class Story:
    """One peer with a push that never arrives and a number, asked about one request."""

    def __init__(self, db: Database, clock: ManualClock, channel: Channel) -> None:
        self.db, self.clock, self.channel = db, clock, channel
        self.phones = Phones(db, kinds=[channel.kind])
        self.relay = Relay(
            db, {channel.kind: channel}, self.phones.directory, public_url=OURS, rng=Random(1)
        )
        self.marcus = self.phones.person()
        self.device_id = self.phones.device(self.marcus, NUMBER, kind=channel.kind)
        (self.offer_id,) = self.phones.offer(self.marcus)
        self.advance(60)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.relay.tick()
        assert self.relay.settle(10)

    @property
    def row(self) -> Delivery:
        return self.phones.row(rung=RUNGS[self.channel.kind])


BUSY, LOST, WRONG = Result.BUSY, Result.UNKNOWN, Result.BAD_MESSAGE
GONE, OURS_TO_MEND = Result.DEAD_ADDRESS, Result.MISCONFIGURED


def outcome(result: Result, detail: str, **more: Any) -> Outcome:
    return Outcome(result, detail, **more)


def aside(result: Result, detail: str) -> Outcome:
    """Only this address is put aside."""
    return Outcome(result, detail, disables_address=True)


TABLE: dict[str, tuple[Answer, Outcome]] = {
    "invalid number": (refused(21211), outcome(GONE, "INVALID_NUMBER")),
    "malformed number": (refused(21217), outcome(GONE, "INVALID_NUMBER")),
    "not a mobile": (refused(21614), outcome(GONE, "LANDLINE")),
    "stopped": (refused(21610), aside(GONE, "STOPPED")),
    "region": (refused(21408, 403), aside(OURS_TO_MEND, "REGION_NOT_ALLOWED")),
    "region of calls": (refused(21215, 403), aside(OURS_TO_MEND, "REGION_NOT_ALLOWED")),
    "trial account": (refused(21608, 403), aside(OURS_TO_MEND, "NUMBER_NOT_VERIFIED")),
    "no route": (refused(21612), aside(OURS_TO_MEND, "NUMBER_NOT_REACHABLE")),
    "not our number": (refused(21606), outcome(OURS_TO_MEND, "FROM_NOT_OURS")),
    "no sender": (refused(21603), outcome(OURS_TO_MEND, "FROM_INVALID")),
    "bad sender": (refused(21212), outcome(OURS_TO_MEND, "FROM_INVALID")),
    "sender of others": (refused(21659), outcome(OURS_TO_MEND, "FROM_NOT_OURS")),
    "bad token": (refused(20003, 401), outcome(OURS_TO_MEND, "AUTHENTICATION_FAILED")),
    "suspended": (refused(20005, 403), outcome(OURS_TO_MEND, "ACCOUNT_NOT_ACTIVE")),
    "not signed in": (Answer(401), outcome(OURS_TO_MEND, "HTTP_401")),
    "forbidden": (Answer(403), outcome(OURS_TO_MEND, "HTTP_403")),
    "not the api": (Answer(404, body=b"<html>"), outcome(OURS_TO_MEND, "NO_SUCH_API")),
    "a redirect": (Answer(302, body=b""), outcome(OURS_TO_MEND, "NO_SUCH_API")),
    "a page": (Answer(200, body=b"<html>"), outcome(OURS_TO_MEND, "NO_SUCH_API")),
    "bad text": (refused(21617), outcome(WRONG, "CODE_21617")),
    "too many": (refused(20429, 429), outcome(BUSY, "CODE_20429", backoff_s=60.0)),
    "too many, wait": (
        Answer(429, 20429, retry_after="28"),
        outcome(BUSY, "CODE_20429", retry_after_s=28.0, backoff_s=60.0),
    ),
    "queue full": (refused(21611), outcome(BUSY, "CODE_21611", backoff_s=60.0)),
    "broken": (Answer(500), outcome(BUSY, "HTTP_500", backoff_s=10.0)),
    "away": (
        Answer(503, body=b"<html>", retry_after="soon"),
        outcome(BUSY, "HTTP_503", backoff_s=10.0),
    ),
    "timeout": (provider.hang(3), outcome(LOST, "TIMEOUT")),
    "reset": (provider.RESET, outcome(LOST, "CONNECTION_LOST")),
}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_row_of_the_table(twilio: TwilioServer, channel: Channel, name: str) -> None:
    answer, expected = TABLE[name]
    twilio.script(NUMBER, answer)
    began = time.monotonic()
    assert channel.send(envelope(channel.kind)) == expected
    assert time.monotonic() - began < 3, "nobody sleeps on a provider's behalf"
    assert len(twilio.tried) == 1, "nothing is sent again by itself"


def envelope(kind: Kind) -> Envelope:
    return Envelope(
        delivery_id="d1",
        user_id="u1",
        address=Address(kind, NUMBER),
        words=Words("", "Alongside: someone would like a peer.", Tone.RING, "en"),
        data={},
        collapse_id="o1",
        ttl_s=3600,
        expires_at=START,
    )


@pytest.mark.parametrize(
    "name, state, device, is_door_shut",
    [
        ("invalid number", FAILED, DEAD, False),
        ("stopped", FAILED, DISABLED, False),
        ("region", FAILED, DISABLED, False),
        ("bad token", FAILED, ALIVE, True),
        ("bad text", FAILED, ALIVE, False),
        ("broken", PENDING, ALIVE, False),
        ("reset", UNKNOWN, ALIVE, False),
    ],
)
def test_what_becomes_of_the_delivery_its_number_and_the_provider(
    db: Database,
    clock: ManualClock,
    twilio: TwilioServer,
    name: str,
    state: DeliveryState,
    device: DeviceState,
    is_door_shut: bool,
) -> None:
    twilio.script(NUMBER, TABLE[name][0])
    story = Story(db, clock, make(Kind.SMS, account(twilio)))
    assert (story.row.state, story.row.outcome_detail) == (state, TABLE[name][1].detail)
    assert story.phones.device_state(NUMBER) is device
    gone = [] if device is ALIVE else [(story.marcus, frozenset({story.offer_id}))]
    assert story.phones.directory.reported == gone
    assert story.relay.shut_doors() == ([(Kind.SMS, "android")] if is_door_shut else [])


def test_taken_is_sent_under_the_providers_own_name(
    db: Database, clock: ManualClock, twilio: TwilioServer, channel: Channel
) -> None:
    story = Story(db, clock, channel)
    (one,) = twilio.sent
    assert (story.row.state, story.row.provider_id) == (SENT, one.sid)
    assert one.to == NUMBER
    assert one.fields["From"] == twilio.number
    callback = one.fields["StatusCallback"]
    assert callback.startswith(f"{OURS}/hooks/")
    assert callback.endswith(f"?delivery={story.row.id}")


def test_a_text_says_what_the_design_says_and_a_call_fetches_it(
    db: Database, clock: ManualClock, twilio: TwilioServer, channel: Channel
) -> None:
    story = Story(db, clock, channel)
    (one,) = twilio.sent
    if channel.kind is Kind.SMS:
        assert one.body == (
            "Alongside: someone would like a peer, in person, about 14 min from you. Reply Y to "
            f"go or N for not this time. Details: {OURS}/peer/offers/{story.offer_id}"
        )
        return
    assert one.fields["Url"] == f"{OURS}/hooks/voice/{story.row.id}"
    assert one.fields["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]


def test_a_messaging_service_may_be_the_sender(
    db: Database, clock: ManualClock, twilio: TwilioServer
) -> None:
    service = "MG" + 32 * "a"
    twilio.script(NUMBER, provider.RESET_AFTER_TAKING)
    story = Story(db, clock, make(Kind.SMS, account(twilio, sender=service)))
    assert twilio.tried[0]["MessagingServiceSid"] == service
    story.advance(7)
    assert len(twilio.sent) == 1
    assert story.row.state is SENT


@pytest.mark.parametrize(
    "answer", [provider.RESET_AFTER_TAKING, provider.hang(3, is_taken=True)], ids=["reset", "hang"]
)
def test_what_was_taken_though_its_answer_did_not_come_rings_once(
    db: Database, clock: ManualClock, twilio: TwilioServer, channel: Channel, answer: Answer
) -> None:
    twilio.script(NUMBER, answer)
    story = Story(db, clock, channel)
    assert story.row.state is UNKNOWN
    story.advance(7)
    assert (story.row.state, story.row.provider_id) == (SENT, twilio.sent[0].sid)
    assert len(twilio.tried) == len(twilio.sent) == 1


def test_what_was_not_taken_is_sent_when_the_provider_says_so(
    db: Database, clock: ManualClock, twilio: TwilioServer, channel: Channel
) -> None:
    twilio.script(NUMBER, provider.RESET)
    story = Story(db, clock, channel)
    story.advance(7)
    assert story.row.state is SENT
    assert len(twilio.sent) == 1
    assert twilio.listings == 1


def test_without_a_look_nothing_rings_a_second_time(
    db: Database, clock: ManualClock, twilio: TwilioServer, channel: Channel
) -> None:
    """The look fails for as long as it is tried, then succeeds for another: the first was there."""
    twilio.script(NUMBER, provider.RESET_AFTER_TAKING)
    story = Story(db, clock, channel)
    twilio.list_answers.extend([Answer(500), provider.RESET])
    story.advance(7)
    assert (story.row.state, story.row.outcome_detail) == (UNKNOWN, "COULD_NOT_LOOK")
    story.advance(13)
    assert story.row.state is UNKNOWN
    story.advance(26)
    assert len(twilio.tried) == 1, "the moment asked about is that of the first send"
    assert (story.row.state, story.row.provider_id) == (SENT, twilio.sent[0].sid)


def test_what_the_provider_took_and_could_not_hand_over_is_judged_by_its_code(
    db: Database, clock: ManualClock, twilio: TwilioServer, channel: Channel
) -> None:
    twilio.script(NUMBER, provider.RESET_AFTER_TAKING)
    story = Story(db, clock, channel)
    twilio.sent[0].status, twilio.sent[0].error_code = "failed", 30006
    story.advance(7)
    assert (story.row.state, story.row.outcome_detail) == (FAILED, "LANDLINE")
    assert story.phones.device_state(NUMBER) is DEAD


def test_an_older_text_or_another_one_is_not_taken_for_this_one(
    db: Database, clock: ManualClock, twilio: TwilioServer, channel: Channel
) -> None:
    story = Story(db, clock, channel)
    clock.advance(600)
    twilio.script(NUMBER, provider.RESET)
    (second,) = story.phones.offer(story.marcus)
    story.advance(60)
    story.advance(7)
    assert len(twilio.sent) == 2
    rows = story.phones.rows(rung=RUNGS[channel.kind], offer_id=second)
    assert [row.provider_id for row in rows] == [twilio.sent[1].sid]


def test_no_connection_at_all_is_busy_not_unknown(
    db: Database, clock: ManualClock, twilio: TwilioServer
) -> None:
    nobody = make(Kind.SMS, account(twilio, base_url="http://127.0.0.1:1"))
    story = Story(db, clock, nobody)
    assert (story.row.state, story.row.outcome_detail) == (PENDING, "NO_CONNECTION")
    nobody.close()


def test_a_provider_that_hangs_holds_up_no_other_channel_and_no_other_number(
    db: Database, clock: ManualClock, twilio: TwilioServer
) -> None:
    sms = make(Kind.SMS, account(twilio))
    phones = Phones(db, kinds=[Kind.SMS])
    one = Relay(db, {Kind.SMS: sms}, phones.directory, rng=Random(1))
    numbers = [f"+1614555{n:04d}" for n in range(10)]
    for number in numbers:
        phones.device(phones.person(), number, kind=Kind.SMS)
    twilio.always(numbers[0], provider.hang(5))
    phones.offer(*phones.directory.peers)
    clock.advance(timedelta(seconds=31).total_seconds())
    began = time.monotonic()
    while len(twilio.sent) < 9 and time.monotonic() - began < 10:
        one.tick()
    assert len(twilio.sent) == 9
    assert time.monotonic() - began < 5
    assert one.settle(10)
    sms.close()


@pytest.mark.parametrize(
    "broken, detail",
    [
        ({}, ""),
        ({"token": "wrong"}, "AUTHENTICATION_FAILED"),
        ({"sid": "AC1"}, "NO_SUCH_API"),
        ({"sender": "+16145550999"}, "FROM_NOT_OURS"),
        ({"base_url": "http://127.0.0.1:1"}, "NO_CONNECTION"),
    ],
)
def test_the_provider_is_asked_whether_it_knows_us_without_ringing_anybody(
    twilio: TwilioServer, broken: dict[str, str], detail: str
) -> None:
    twilio.sms_url = f"{OURS}/hooks/sms"
    for kind in (Kind.SMS, Kind.VOICE):
        channel = make(kind, account(twilio, **broken))
        assert isinstance(channel, SmsChannel | VoiceChannel)
        assert channel.probe().detail == detail
        channel.close()
    assert twilio.tried == []


def test_a_number_that_can_only_text_and_an_account_that_is_suspended_are_named(
    twilio: TwilioServer,
) -> None:
    twilio.numbers[twilio.number] = {"sms": True, "voice": False}
    sms, voice = SmsChannel(account(twilio)), VoiceChannel(account(twilio))
    assert (sms.probe().detail, voice.probe().detail) == ("HOOK_NOT_SET", "FROM_CANNOT")
    twilio.sms_url = f"{OURS}/hooks/sms"
    assert (sms.probe().detail, voice.probe().detail) == ("", "FROM_CANNOT")
    twilio.status = "suspended"
    assert sms.probe().detail == "ACCOUNT_NOT_ACTIVE"
    sms.close()
    voice.close()
