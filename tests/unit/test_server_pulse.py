"""Pings from one place: nobody is pinged too soon, who does not answer is ended, who has ended is forgotten."""

import time
from typing import Any

import engineio
import pytest
from engineio import packet

from server.realtime.pulse import Pulse, Pulsed

INTERVAL_S, TIMEOUT_S = 25.0, 20.0


@pytest.fixture
def engine() -> engineio.Server:
    """The library's own, with its own connections; no network."""
    return engineio.Server(async_mode="threading", ping_interval=INTERVAL_S, ping_timeout=TIMEOUT_S)


@pytest.fixture
def pulse(engine: engineio.Server, monkeypatch: pytest.MonkeyPatch) -> Pulse:
    """One that beats when the test says so."""
    engine.on("connect", lambda sid, environ: None)
    kept = Pulse(engine)
    kept.keep()
    monkeypatch.setattr(kept, "_run", lambda: None)
    return kept


def connected(engine: engineio.Server) -> Any:
    """One more connection, as the library makes it."""
    before = set(engine.sockets)
    answered: list[str] = []
    environ = {"QUERY_STRING": "EIO=4&transport=polling", "REQUEST_METHOD": "GET"}
    engine.handle_request(environ, lambda status, headers: answered.append(status))
    assert answered == ["200 OK"]
    [sid] = set(engine.sockets) - before
    return engine.sockets[sid]


def sent(connection: Any) -> list[int]:
    """The types of the packets that wait for a client."""
    return [one.packet_type for one in list(connection.queue.queue) if one is not None]


def test_a_ping_goes_after_an_interval_and_again_only_after_its_answer(
    engine: engineio.Server, pulse: Pulse
) -> None:
    connection = connected(engine)
    assert isinstance(connection, Pulsed)
    now = time.monotonic()
    pulse.beat(now + INTERVAL_S - 1)
    assert sent(connection) == []
    pulse.beat(now + INTERVAL_S + 1)
    assert sent(connection) == [packet.PING]
    connection.receive(packet.Packet(packet.PONG))
    connection.receive(packet.Packet(packet.PONG))
    pulse.beat(now + INTERVAL_S - 1)
    assert sent(connection) == [packet.PING]
    pulse.beat(time.monotonic() + INTERVAL_S + 1)
    pulse.beat(time.monotonic() + INTERVAL_S + 1)
    assert sent(connection) == [packet.PING, packet.PING]


def test_who_answers_stays_and_who_does_not_is_ended_and_forgotten(
    engine: engineio.Server, pulse: Pulse
) -> None:
    reasons: list[Any] = []
    engine.on("disconnect", lambda sid, reason: reasons.append((sid, reason)))
    answers, silent = connected(engine), connected(engine)
    pinged_at = time.monotonic() + INTERVAL_S + 1
    pulse.beat(pinged_at)
    answers.receive(packet.Packet(packet.PONG))
    pulse.beat(pinged_at + TIMEOUT_S - 1)
    assert reasons == []
    pulse.beat(pinged_at + TIMEOUT_S + 1)
    assert reasons == [(silent.sid, engine.reason.PING_TIMEOUT)]
    assert not answers.closed
    pulse.beat(time.monotonic() + INTERVAL_S + 2)
    assert sent(answers) == [packet.PING, packet.PING]


def test_who_has_ended_is_pinged_no_more_and_forgotten(
    engine: engineio.Server, pulse: Pulse
) -> None:
    gone = connected(engine)
    gone.close(wait=False, abort=True)
    assert gone.sid in engine.sockets
    pulse.beat(time.monotonic() + INTERVAL_S + 1)
    assert gone.sid not in engine.sockets
    assert packet.PING not in sent(gone)


def test_what_fails_for_one_is_no_matter_of_the_others(
    engine: engineio.Server, pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = connected(engine), connected(engine)

    def fail(_packet: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(broken, "send", fail)
    pulse.beat(time.monotonic() + INTERVAL_S + 1)
    assert sent(fine) == [packet.PING]
