"""STUN and TURN: passwords that end, letters as bytes, and addresses as browsers write them."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from server import ice, stun
from server.doctor.video import Where, parse
from server.settings import Settings, unsafe
from server.stun import Message

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
RFC5769_REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36000600096576746a3a683676592020200008001"
    "49aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcb"
)
"""The sample request of RFC 5769, 2.1; its password is below."""
RFC5769_PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"


def settings(**values: object) -> Settings:
    """Settings of a test."""
    return Settings.model_validate({"alongside_env": "test", **values})


def test_a_password_ends_and_is_what_relays_check() -> None:
    made = ice.password("secret", "somebody", NOW)
    ends, who = made.username.split(":")
    assert int(ends) - int(NOW.timestamp()) == ice.LIFE_S
    assert who == "somebody"
    digest = hmac.new(b"secret", made.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(made.credential) == digest


def test_a_browser_is_told_the_servers_of_the_settings() -> None:
    told = settings(
        stun_urls="stun:a.example:3478 stun:b.example",
        turn_urls="turn:relay.example:3478?transport=udp turns:relay.example:5349",
        turn_secret="secret",
        turn_only=True,
    )
    found = ice.servers(told, "x", NOW)
    assert [one["urls"] for one in found["ice_servers"]] == [
        ["stun:a.example:3478", "stun:b.example"],
        ["turn:relay.example:3478?transport=udp", "turns:relay.example:5349"],
    ]
    assert set(found["ice_servers"][1]) == {"urls", "username", "credential"}
    assert found["relay_only"] is True
    assert ice.servers(settings(), "x", NOW)["ice_servers"] == []


@pytest.mark.parametrize("value", ["http://a.example", "turn:a b:c", "turn:a?x=1", "stun:a"])
def test_what_is_no_relay_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="turn_urls"):
        settings(turn_urls=value)


def test_production_wants_the_secret_of_its_relay() -> None:
    live = {"alongside_env": "production", "turn_urls": "turn:relay.example"}
    assert any(one.startswith("TURN_SECRET") for one in unsafe(settings(**live)))
    only = {"alongside_env": "production", "turn_only": True}
    assert any(one.startswith("TURN_URLS") for one in unsafe(settings(**only)))


def test_the_sample_of_the_standard_is_read_and_whole() -> None:
    found = stun.decode(RFC5769_REQUEST)
    assert (found.method, found.kind) == (stun.BINDING, stun.REQUEST)
    assert found.get(stun.USERNAME) == b"evtj:h6vY"
    assert stun.is_whole(RFC5769_REQUEST, RFC5769_PASSWORD)
    assert not stun.is_whole(RFC5769_REQUEST, b"another")


def test_what_is_written_is_read_again() -> None:
    address = ("192.0.2.1", 32853)
    message = Message(
        stun.ALLOCATE, stun.SUCCESS, b"123456789012", [(stun.RELAYED, stun.pack_address(address))]
    )
    data = stun.encode(message, b"key")
    again = stun.decode(data)
    assert (again.method, again.kind, again.transaction) == (
        stun.ALLOCATE,
        stun.SUCCESS,
        b"123456789012",
    )
    assert stun.unpack_address(again.get(stun.RELAYED) or b"") == address
    assert stun.is_whole(data, b"key")
    assert stun.pack_address(address) == bytes.fromhex("0001a147e112a643")


@pytest.mark.parametrize("data", [b"", b"x" * 19, b"\x80" + b"\0" * 30, b"\0\1\0\0" + b"\0" * 16])
def test_other_bytes_are_no_message(data: bytes) -> None:
    with pytest.raises(stun.NoMessage):
        stun.decode(data)


@pytest.mark.parametrize(
    "url, where",
    [
        ("stun:a.example", ("a.example", 3478, False, False)),
        ("turn:a.example:80?transport=tcp", ("a.example", 80, True, False)),
        ("turns:a.example", ("a.example", 5349, True, True)),
        ("turn:[::1]:3479", ("::1", 3479, False, False)),
        ("turn:[2001:db8::1]", ("2001:db8::1", 3478, False, False)),
    ],
)
def test_an_address_is_taken_apart(url: str, where: tuple[str, int, bool, bool]) -> None:
    assert parse(url) == Where(url, *where)
