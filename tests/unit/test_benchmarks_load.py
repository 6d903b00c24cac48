"""The load generator's own parts: frames as the standard has them, and a lost fact is found."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from benchmarks.load import frames
from benchmarks.load.calls import _parse
from benchmarks.load.follower import Stream
from benchmarks.load.verdict import Verdict, count_facts

BEGAN = datetime(2026, 3, 3, 2, 40, tzinfo=UTC)


def heard_by_server(data: bytes) -> list[str]:
    """What the library that our server uses makes of these bytes."""
    server = Connection(ConnectionType.SERVER)
    server.receive_data(data)
    return [event.data for event in server.events() if isinstance(event, TextMessage)]


@pytest.mark.parametrize("size", [0, 1, 3, 125, 126, 127, 4_000, 65_535])
def test_what_a_phone_says_is_what_the_server_hears(size: int) -> None:
    said = "".join(chr(97 + at % 26) for at in range(size))
    assert heard_by_server(frames.frame(said.encode())) == [said]


@pytest.mark.parametrize("step", [1, 2, 7, 1_000_000])
def test_messages_are_whole_however_they_arrive(step: int) -> None:
    server = Connection(ConnectionType.SERVER)
    said = ["2", "x" * 200, "y" * 70_000, ""]
    stream = b"".join(server.send(TextMessage(data=one)) for one in said)
    # One message in two parts, as the standard allows.
    stream += server.send(TextMessage(data="half ", message_finished=False))
    stream += server.send(TextMessage(data="and half"))
    reader, heard = frames.Reader(), []
    for at in range(0, len(stream), step):
        heard += reader.feed(stream[at : at + step])
    assert heard == [(frames.TEXT, one.encode()) for one in [*said, "half and half"]]


@pytest.mark.parametrize(
    "text, packet",
    [
        ("2", ("2", None, None)),
        ('0{"sid":"a","pingInterval":25000}', ("0", None, {"sid": "a", "pingInterval": 25000})),
        ('40/live,{"sid":"b"}', ("40", None, {"sid": "b"})),
        ('42/live,["offer",{"id":"c,1"}]', ("42", None, ["offer", {"id": "c,1"}])),
        ('43/live,17[{"ok":true}]', ("43", 17, [{"ok": True}])),
        ('44/live,{"message":"no"}', ("44", None, {"message": "no"})),
        ("41/live,", ("41", None, None)),
    ],
)
def test_packets(text: str, packet: tuple[str, int | None, Any]) -> None:
    assert frames.packet(text) == packet


def test_an_answer_that_was_cut_off_is_none() -> None:
    whole = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"seq": 12}'
    assert _parse(whole, 0.1).body == {"seq": 12}
    with pytest.raises(ValueError, match="cut off"):
        _parse(whole[:-1], 0.1)
    with pytest.raises(ValueError, match="cut off"):
        _parse(b"HTTP/1.1 200 OK\r\n", 0.1)


def stream_of(*live: int, start: int = 1) -> Stream:
    """A stream from a snapshot, and the facts that came as they happened."""
    stream = Stream("r", start, start)
    for seq in live:
        stream.take(seq, "live", {})
    return stream


def test_a_gap_is_seen_and_closed_in_any_order() -> None:
    stream = stream_of(2, 4)
    assert (stream.reached, stream.has_gap) == (2, True)
    stream.take(3, "gap", {})
    assert (stream.reached, stream.has_gap) == (4, False)
    # What came before the snapshot was there is no gap, and what comes twice counts once.
    assert not stream_of(1, 2, 2).has_gap


def test_a_request_ends_by_its_newest_fact() -> None:
    stream = stream_of()
    stream.take(3, "live", {"state": "completed"})
    stream.take(2, "gap", {"state": "in_session"})
    assert (stream.state, stream.is_final) == ("completed", True)


@pytest.mark.parametrize(
    "came, until, expected",
    [
        ((2, 3, 4), None, {"live": 3}),
        ((2, 4), None, {"live": 2, "missed": 1}),
        # The last one: no later fact betrays it.
        ((2, 3), None, {"live": 2, "missed": 1}),
        # It happened when this follower had left.
        ((2, 3), 3, {"live": 2}),
    ],
)
def test_a_lost_fact_is_missed(
    came: tuple[int, ...], until: int | None, expected: dict[str, int]
) -> None:
    journal = {seq: (BEGAN + timedelta(seconds=seq), "wave_sent") for seq in range(1, 5)}
    stream = stream_of(*came)
    if until is not None:
        stream.until = BEGAN + timedelta(seconds=until)
    found = Verdict()
    count_facts(found, stream, journal, "staff")
    assert dict(found.facts) == expected
    assert len(found.examples) == expected.get("missed", 0)
