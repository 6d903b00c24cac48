"""Lanes: a provider that hangs costs the others nothing. And the ladder as a table."""

import threading
import time
from datetime import UTC, datetime
from queue import Queue

from notifications.channels.base import Envelope, Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.compose import Words
from notifications.ladder import STEPS, after_s, args_of, key_of
from notifications.lanes import Finished, Lane, Sending
from notifications.messages import Tone
from notifications.models import Kind, Rung

NOW = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)


def sending(name: str) -> Sending:
    envelope = Envelope(name, "u", None, Words("t", "b", Tone.RING, "en"), {}, name, 60, NOW)
    return Sending(name, "lease", 1, NOW, Kind.FCM, Rung.PUSH, "u", None, None, envelope)


def lane(channel: MemoryChannel, *, give_up_s: float = 60) -> tuple[Lane, Queue[Finished]]:
    done: Queue[Finished] = Queue()
    return Lane(channel, done.put, give_up_s=give_up_s), done


def test_a_lane_without_workers_sends_in_place() -> None:
    channel = MemoryChannel(workers=0)
    one, done = lane(channel)
    one.start(sending("a"))
    assert one.free is None
    assert done.get_nowait().outcome.result is Result.DELIVERED


def test_a_worker_past_its_deadline_is_given_up_but_stays_busy_until_it_is_back() -> None:
    release = threading.Event()

    def hang(envelope: Envelope) -> Outcome:
        release.wait(10)
        return Outcome(Result.DELIVERED)

    channel = MemoryChannel(workers=2, deadline_s=0.05)
    channel.script(None, hang)
    one, done = lane(channel)
    one.start(sending("a"))
    time.sleep(0.1)
    assert one.overdue() == 1
    assert done.get_nowait().outcome == Outcome(Result.UNKNOWN, "DEADLINE")
    assert (one.free, one.busy) == (1, 1)
    one.start(sending("b"))
    assert done.get(timeout=2).sending.id == "b"
    release.set()
    for _ in range(100):
        if one.busy == 0:
            break
        time.sleep(0.01)
    assert one.busy == 0
    assert done.empty(), "the late answer of a send that was given up must not count"
    one.close()


def test_a_channel_that_raises_ends_its_own_send_only() -> None:
    def explode(envelope: Envelope) -> Outcome:
        raise RuntimeError("Scioto Ridge")

    channel = MemoryChannel(workers=1)
    channel.script(None, explode)
    one, done = lane(channel)
    one.start(sending("a"))
    assert done.get(timeout=2).outcome == Outcome(Result.UNKNOWN, "RuntimeError")
    one.start(sending("b"))
    assert done.get(timeout=2).outcome.result is Result.DELIVERED
    one.close()


def test_a_process_that_slept_past_its_lease_does_not_send() -> None:
    channel = MemoryChannel(workers=0)
    one, done = lane(channel, give_up_s=-1)
    one.start(sending("a"))
    assert done.get_nowait().outcome.detail == "LEASE_OVER"
    assert channel.tried == []


def test_the_ladder_climbs_push_push_sms_voice() -> None:
    timings = {"push_again_s": 20, "sms_s": 30, "voice_s": 45}
    assert [(step.rung.value, after_s(step, timings)) for step in STEPS] == [
        ("push", 0),
        ("push_again", 20),
        ("sms", 30),
        ("voice", 45),
    ]


def test_a_text_knows_the_way_and_whole_minutes_only() -> None:
    offer = {"id": "o", "peer": {"name": "Marcus"}, "modality": "in_person", "travel_s": 781}
    assert args_of(offer) == {"modality": "in_person", "minutes": 14}
    assert args_of(offer | {"travel_s": 5})["minutes"] == 1
    assert key_of(STEPS[0], args_of(offer | {"travel_s": None})) == "offer.in_person_near"
    assert args_of(offer | {"modality": "video"}) == {"modality": "video"}
