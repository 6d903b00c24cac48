"""The proxy itself: each kind of weather is what it is called."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.harness.faultproxy import FaultProxy


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """A proxy in front of a server that says everything back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def echo(caller: socket.socket) -> None:
        try:
            while data := caller.recv(65536):
                caller.sendall(data)
        except OSError:
            pass
        caller.close()

    def listen() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(caller,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    with FaultProxy(listener.getsockname()[1]) as made:
        yield made
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def call(proxy: FaultProxy, timeout_s: float = 5.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=timeout_s)


def heard(caller: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (data := caller.recv(size - len(got))):
        got += data
    return got


def test_in_fair_weather_every_byte_arrives(proxy: FaultProxy) -> None:
    sent = bytes(range(256)) * 2000
    with call(proxy) as caller:
        threading.Thread(target=caller.sendall, args=(sent,), daemon=True).start()
        assert heard(caller, len(sent)) == sent


def test_with_latency_a_word_takes_its_time_both_ways(proxy: FaultProxy) -> None:
    with call(proxy) as caller:
        proxy.become(latency_s=0.1)
        began = time.monotonic()
        caller.sendall(b"word")
        assert heard(caller, 4) == b"word"
        assert time.monotonic() - began >= 0.2


def test_a_reset_is_noticed_at_once_and_a_close_is_in_order(proxy: FaultProxy) -> None:
    with call(proxy) as reset, call(proxy) as closed, call(proxy) as kept:
        for one in (reset, closed, kept):
            one.sendall(b"x")
            assert heard(one, 1) == b"x"
        assert proxy.cut({reset.getsockname()[1]}) == 1
        with pytest.raises(ConnectionResetError):
            reset.recv(1)
        assert proxy.cut({closed.getsockname()[1]}, reset=False) == 1
        assert closed.recv(1) == b""
        kept.sendall(b"y")
        assert heard(kept, 1) == b"y"


def test_a_black_hole_says_nothing_until_it_heals(proxy: FaultProxy) -> None:
    with call(proxy, 0.3) as lost, call(proxy) as quiet:
        quiet.sendall(b"x")
        assert heard(quiet, 1) == b"x"
        proxy.become(is_hole=True)
        lost.sendall(b"word")
        with pytest.raises(TimeoutError):
            lost.recv(1)
        lost.settimeout(5)
        proxy.heal()
        with pytest.raises(ConnectionResetError):
            lost.recv(1)
        quiet.sendall(b"y")
        assert heard(quiet, 1) == b"y", "who said nothing meanwhile noticed nothing"


def test_an_answer_is_cut_in_the_middle(proxy: FaultProxy) -> None:
    with call(proxy) as caller:
        proxy.become(cut_after=3)
        caller.sendall(b"word")
        assert heard(caller, 3) == b"wor"
        with pytest.raises(ConnectionResetError):
            caller.recv(1)


def test_it_drips_and_refuses(proxy: FaultProxy) -> None:
    with call(proxy) as caller:
        proxy.become(drip=2)
        caller.sendall(b"word")
        assert caller.recv(10) == b"wo"
        assert heard(caller, 2) == b"rd"
    proxy.become(refuses=True)
    with pytest.raises(OSError), call(proxy) as refused:  # noqa: PT012  # either step may notice
        refused.sendall(b"x")
        if refused.recv(1) == b"":
            raise ConnectionResetError
