"""A TURN relay on the loopback interface that checks time-limited passwords, and can be cut.

Allocations, permissions, channels and indications over UDP, as browsers use them (RFC 8656). While
it is cut it neither hears nor says anything, as a network that is away; `worsen` makes it lose and
hold back packets, as a network that is far. From browser to browser a packet comes by twice.
"""

import base64
import hashlib
import hmac
import os
import random
import selectors
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from server import stun
from server.stun import Address, Message

REALM = "alongside"
SECRET = "a secret that the relay and the server share"
LIFETIME_S = 600


@dataclass
class Allocation:
    """One browser's address at the relay."""

    client: Address
    relay: socket.socket
    username: str
    channels: dict[int, Address] = field(default_factory=dict)
    permitted: set[str] = field(default_factory=set)


class Relay:
    """The relay, in a thread of its own, until `close`."""

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret
        self.relayed = 0
        """Packets that were carried from one side to the other."""
        self.refused = 0
        """Requests whose password was wrong or had ended."""
        self.is_cut = False
        self._loss = 0.0
        self._delay_s = 0.0
        self._dice = random.Random(7)
        self._held: deque[tuple[float, Allocation | None, bytes, Address]] = deque()
        self._socket = _bound()
        self.port: int = self._socket.getsockname()[1]
        self.url = f"turn:127.0.0.1:{self.port}?transport=udp"
        self._allocations: dict[Address, Allocation] = {}
        self._nonce = os.urandom(8).hex().encode()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ, None)
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """The network is away."""
        self.is_cut = True

    def mend(self) -> None:
        """The network is back; what was on its way meanwhile is lost."""
        self.is_cut = False
        self.worsen()

    def worsen(self, loss: float = 0.0, delay_s: float = 0.0) -> None:
        """Lose this part of the packets, and hold the others back for so long, each time they pass."""
        self._loss, self._delay_s = loss, delay_s

    def close(self) -> None:
        """End it."""
        self._is_over = True
        self._thread.join()
        for one in self._allocations.values():
            one.relay.close()
        self._socket.close()

    def _run(self) -> None:
        while not self._is_over:
            while self._held and self._held[0][0] <= time.monotonic():
                self._take(*self._held.popleft()[1:])
            for key, _ in self._selector.select(timeout=0.005 if self._held else 0.1):
                found: socket.socket = key.fileobj  # type: ignore[assignment]  # only sockets are registered
                try:
                    data, sender = found.recvfrom(65_536)
                except OSError:
                    continue
                if self.is_cut or self._dice.random() < self._loss:
                    continue
                if self._delay_s:
                    due = time.monotonic() + self._delay_s
                    self._held.append((due, key.data, data, sender))
                else:
                    self._take(key.data, data, sender)

    def _take(self, allocation: Allocation | None, data: bytes, sender: Address) -> None:
        if allocation is None:
            self._from_client(data, sender)
        else:
            self._from_peer(allocation, data, sender)

    def _from_client(self, data: bytes, sender: Address) -> None:
        allocation = self._allocations.get(sender)
        if data and data[0] & 0xC0 == 0x40:
            number, size = struct.unpack_from("!HH", data)
            if allocation is not None and (peer := allocation.channels.get(number)):
                self._carry(allocation, data[4 : 4 + size], peer)
            return
        try:
            message = stun.decode(data)
        except stun.NoMessage:
            return
        if message.method == stun.BINDING:
            self._answer(message, sender, [(stun.XOR_MAPPED, stun.pack_address(sender))], None)
        elif message.method == stun.SEND:
            self._send(allocation, message)
        else:
            self._signed_in(message, data, sender)

    def _signed_in(self, message: Message, data: bytes, sender: Address) -> None:
        username = (message.get(stun.USERNAME) or b"").decode()
        if message.get(stun.INTEGRITY) is None:
            self._refuse(message, sender, 401)
            return
        key = stun.long_term_key(username, REALM, self._password(username))
        if not stun.is_whole(data, key) or float(username.split(":")[0]) < time.time():
            self.refused += 1
            self._refuse(message, sender, 401)
            return
        extra: list[tuple[int, bytes]] = []
        if message.method == stun.ALLOCATE:
            extra = self._allocate(sender, username)
        elif message.method == stun.REFRESH:
            extra = [(stun.LIFETIME, message.get(stun.LIFETIME) or struct.pack("!I", LIFETIME_S))]
        elif (allocation := self._allocations.get(sender)) is not None:
            for name, value in message.attributes:
                if name == stun.PEER:
                    self._permit(allocation, message, stun.unpack_address(value))
        self._answer(message, sender, extra, key)

    def _password(self, username: str) -> str:
        digest = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()

    def _allocate(self, sender: Address, username: str) -> list[tuple[int, bytes]]:
        found = self._allocations.get(sender)
        if found is None:
            found = self._allocations[sender] = Allocation(sender, _bound(), username)
            self._selector.register(found.relay, selectors.EVENT_READ, found)
        return [
            (stun.RELAYED, stun.pack_address(found.relay.getsockname())),
            (stun.LIFETIME, struct.pack("!I", LIFETIME_S)),
            (stun.XOR_MAPPED, stun.pack_address(sender)),
        ]

    def _permit(self, allocation: Allocation, message: Message, peer: Address) -> None:
        allocation.permitted.add(peer[0])
        if (number := message.get(stun.CHANNEL_NUMBER)) is not None:
            allocation.channels[struct.unpack_from("!H", number)[0]] = peer

    def _send(self, allocation: Allocation | None, message: Message) -> None:
        peer, data = message.get(stun.PEER), message.get(stun.BYTES)
        if allocation is not None and peer is not None and data is not None:
            self._carry(allocation, data, stun.unpack_address(peer))

    def _carry(self, allocation: Allocation, data: bytes, peer: Address) -> None:
        if peer[0] in allocation.permitted:
            self.relayed += 1
            _quietly(allocation.relay, data, peer)

    def _from_peer(self, allocation: Allocation, data: bytes, peer: Address) -> None:
        if peer[0] not in allocation.permitted:
            return
        for number, bound in allocation.channels.items():
            if bound == peer:
                framed = struct.pack("!HH", number, len(data)) + data
                _quietly(self._socket, framed, allocation.client)
                return
        told = Message(
            stun.DATA,
            stun.INDICATION,
            os.urandom(12),
            [(stun.PEER, stun.pack_address(peer)), (stun.BYTES, data)],
        )
        _quietly(self._socket, stun.encode(told), allocation.client)

    def _answer(
        self, asked: Message, to: Address, attributes: list[tuple[int, bytes]], key: bytes | None
    ) -> None:
        answer = Message(asked.method, stun.SUCCESS, asked.transaction, attributes)
        _quietly(self._socket, stun.encode(answer, key), to)

    def _refuse(self, asked: Message, to: Address, code: int) -> None:
        attributes = [
            (stun.ERROR, bytes([0, 0, code // 100, code % 100]) + b"Unauthorized"),
            (stun.REALM, REALM.encode()),
            (stun.NONCE, self._nonce),
        ]
        _quietly(
            self._socket,
            stun.encode(Message(asked.method, stun.FAILURE, asked.transaction, attributes)),
            to,
        )


def _bound() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def _quietly(through: socket.socket, data: bytes, to: Address) -> None:
    """Send; what a socket that is gone says to it is nobody's business."""
    try:
        through.sendto(data, to)
    except OSError:
        pass
