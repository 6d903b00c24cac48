"""Connections on which nobody is being answered end when the process stops; the others finish."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from server.idle import Idle


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours, and the client's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for one in (ours, theirs):
            one.settimeout(5)
        yield ours, theirs


def is_open(ours: socket.socket) -> bool:
    """Whether we still wait for what the client says."""
    ours.setblocking(False)
    try:
        return ours.recv(1) != b""
    except BlockingIOError:
        return True
    finally:
        ours.settimeout(5)


def test_who_waits_is_hung_up_on(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    idle = Idle()
    with idle.held(ours):
        assert is_open(ours)
        idle.hang_up()
        assert not is_open(ours)


def test_who_is_being_answered_is_let_finish(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    idle = Idle()
    with idle.held(ours):
        with idle.answered(ours):
            idle.hang_up()
            theirs.sendall(b"the second half")
            assert ours.recv(100) == b"the second half"
            ours.sendall(b"the answer")
        assert theirs.recv(100) == b"the answer"
        assert not is_open(ours), "and there is no next call"


def test_what_has_arrived_is_read_still(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    idle = Idle()
    with idle.held(ours):
        theirs.sendall(b"a call")
        idle.hang_up()
        assert ours.recv(100) == b"a call"
        assert ours.recv(100) == b""


def test_who_has_gone_is_nobodys(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    idle = Idle()
    with ExitStack() as stack:
        stack.enter_context(idle.held(ours))
    idle.hang_up()
    assert is_open(ours)
