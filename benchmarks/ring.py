"""From the commit of a request to the push at the provider and to the offer on a peer's socket.

One real server process (`python -m server run`, SQLite), the real Firebase SDK talking to a
stand-in on loopback, real websockets. A request is made five times a second; each asks three
peers. Times count from the offer's `asked_at`, the moment its transaction began, so the commit
itself is in them. The peer in the same run is a bare acknowledgement over the same sockets.
"""

import json
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import socketio

from benchmarks.table import percentile, show
from storage.clock import SystemClock
from tests.harness.fcm import Answer, FcmServer
from tests.harness.servers import ServerProcess

PHONES = 100
"""Fewer than the sign-ins that one address may make in a minute."""
REQUESTS = 100
INTERVAL_S = 0.2
SOCKET_LIMIT_MS = 50.0
SOCKET_RATIO_LIMIT = 3.0
PUSH_LIMIT_MS = 250.0
WAIT_S = 10.0
CLOCK = SystemClock()


class TimedFcm(FcmServer):
    """The stand-in, remembering when the first push of each offer arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: dict[str, float] = {}

    def send(self, authorization: str, body: bytes) -> tuple[Answer, bytes]:
        """Note the time, then do what the stand-in does."""
        at = CLOCK.now().timestamp()
        offer_id = json.loads(body)["message"].get("data", {}).get("offer_id")
        if offer_id is not None:
            self.arrived.setdefault(offer_id, at)
        return super().send(authorization, body)


class Town(ServerProcess):
    """The server process and the people in it."""

    def __init__(self, folder: Path, fcm: FcmServer) -> None:
        super().__init__(
            "run",
            folder,
            PUSH="fcm",
            FCM_BASE_URL=fcm.url,
            FIREBASE_CREDENTIALS=str(fcm.write_service_account(folder / "firebase.json")),
            LOG_LEVEL="WARNING",
        )
        self.until_ready()


class Phone:
    """One peer's socket: when each offer arrived, and how long a bare acknowledgement takes."""

    def __init__(self, town: Town, token: str) -> None:
        self.offers: dict[str, tuple[str, float]] = {}
        self.client = socketio.Client(reconnection=False)
        self.client.on("offer", self._on_offer, namespace="/live")
        self.client.connect(
            town.url,
            auth={"token": token},
            namespaces=["/live"],
            transports=["websocket"],
            wait_timeout=WAIT_S,
        )

    def _on_offer(self, offer: dict[str, Any]) -> None:
        self.offers[offer["id"]] = (offer["asked_at"], CLOCK.now().timestamp())

    def bare_ms(self) -> float:
        """Milliseconds to an acknowledgement that touches no row."""
        began = time.perf_counter()
        self.client.call("unfollow", {"request_id": "0" * 32}, namespace="/live", timeout=WAIT_S)
        return (time.perf_counter() - began) * 1000


def main() -> None:
    """Run it and print the table."""
    phones: list[Phone] = []
    with tempfile.TemporaryDirectory() as folder, TimedFcm() as fcm:
        town = Town(Path(folder), fcm)
        try:
            nurse = _people(town, phones)
            bare = [phone.bare_ms() for phone in phones]
            _ask(town, nurse)
        finally:
            # The server hangs up on every phone at once; one by one they would each say goodbye.
            town.end()
            for phone in phones:
                phone.client.wait()
    offers = {name: times for phone in phones for name, times in phone.offers.items()}
    sockets = [_ms(asked_at, at) for asked_at, at in offers.values()]
    pushes = [_ms(offers[name][0], at) for name, at in fcm.arrived.items() if name in offers]
    _print(bare, sockets, pushes)


def _people(town: Town, phones: list[Phone]) -> str:
    """Fill `phones` with certified peers on duty near one site; the token of its nurse."""
    demo = town.demo()["users"]
    first = demo[0]["network"]
    by_role = {user["role"]: user for user in reversed(demo) if user["network"] == first}
    manager = town.sign_in(by_role["manager"]["email"], by_role["manager"]["password"])
    nurse = town.sign_in(by_role["staff"]["email"], by_role["staff"]["password"])
    site = town.call("GET", "/me", nurse)["site"]
    far = (CLOCK.now() + timedelta(days=30)).isoformat()

    def phone(number: int) -> None:
        email, password = f"phone{number}@benchmark.example", "a-long-enough-password"
        profile = {
            "modalities": ["in_person"],
            "languages": ["en"],
            "home_latitude": site["latitude"] + 0.001 * (number % 50),
            "home_longitude": site["longitude"],
            "open_offer_limit": 10,
            "certificates": [{"name": "CPS", "expires_at": far}],
            "badges": [{"site_id": site["id"], "expires_at": far}],
        }
        peer: dict[str, Any] = {
            "email": email,
            "password": password,
            "name": f"Phone {number}",
            "role": "peer",
        }
        town.call("POST", "/users", manager, peer | {"profile": profile})
        token = town.sign_in(email, password)
        device = {
            "kind": "fcm",
            "address": f"token-{number:04d}-{'x' * 120}",
            "platform": "android",
        }
        town.call("POST", "/devices", token, device)
        town.call("PUT", "/duty", token, {"on_duty": True, "modalities": ["in_person"]})
        phones.append(Phone(town, token))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(phone, range(PHONES)))
    return nurse


def _ask(town: Town, nurse: str) -> None:
    """Five requests a second, each cancelled two seconds later so that its peers are free again."""

    def one(number: int) -> None:
        ask = {
            "modality": "in_person",
            "place": f"Room {number}",
            "language": "en",
            "consent": True,
        }
        asked = town.call("POST", "/requests", nurse, ask)
        time.sleep(2)
        town.call("POST", f"/requests/{asked['id']}/cancel", nurse, {"reason": "mistake"})

    threads = []
    for number in range(REQUESTS):
        threads.append(threading.Thread(target=one, args=(number,)))
        threads[-1].start()
        time.sleep(INTERVAL_S)
    for thread in threads:
        thread.join()


def _ms(asked_at: str, at: float) -> float:
    began = datetime.fromisoformat(asked_at.replace("Z", "+00:00"))
    return (at - began.timestamp()) * 1000


def _print(bare: list[float], sockets: list[float], pushes: list[float]) -> None:
    ratio = percentile(sockets, 99) / max(percentile(bare, 99), 0.001)

    def row(what: str, values: list[float], limit: str) -> tuple[str, ...]:
        if not values:
            return (what, "0", "", "", limit)
        return (
            what,
            str(len(values)),
            f"{statistics.median(values):.1f}",
            f"{percentile(values, 99):.1f}",
            limit,
        )

    show(
        f"A request is made; {PHONES} phones connected, {1 / INTERVAL_S:.0f} requests a second",
        ("what", "measured", "p50 ms", "p99 ms", "limit (p99)"),
        [
            row("bare acknowledgement", bare, "the peer"),
            row(
                "commit to offer on the socket",
                sockets,
                f"{SOCKET_LIMIT_MS:.0f} ms and {SOCKET_RATIO_LIMIT:.0f} x bare: {ratio:.1f} x",
            ),
            row("commit to push at the provider", pushes, f"{PUSH_LIMIT_MS:.0f} ms"),
        ],
    )


if __name__ == "__main__":
    main()
