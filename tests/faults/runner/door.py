"""Calls that are insisted on, as a good client does, and a ledger of what their answers promised.

It knows HTTP; it refuses to know what is done to the processes behind the door.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from storage.ids import new_id

CALL_S = 4.0
AGAIN_S = 0.15
AWAY = frozenset({429, 500, 502, 503, 504})
"""Answers after which a good client comes again with the same key."""


@dataclass(frozen=True)
class Answer:
    """What came back in the end."""

    status: int
    body: Any

    @property
    def is_done(self) -> bool:
        """Whether it promises something."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Promise:
    """A step that was answered with 2xx: it must be there for ever."""

    what: str
    request_id: str
    who: str
    key: str
    body: Any


@dataclass
class Ledger:
    """What was promised, by whom it was heard, and how long callers had to insist."""

    promises: list[Promise] = field(default_factory=list)
    stalls: list[tuple[float, str]] = field(default_factory=list)
    """Seconds from a call's first failure to its answer, and which call."""
    odd: list[str] = field(default_factory=list)
    """Answers that nobody should get."""
    calls: int = 0
    failures: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def promised(self, promise: Promise) -> None:
        """Write one down."""
        with self.lock:
            self.promises.append(promise)


class Door:
    """One person's way in."""

    def __init__(self, url: str, token: Any, ledger: Ledger) -> None:
        self._url = url
        self._token = token
        self._ledger = ledger
        self._session = requests.Session()

    def insist(
        self, method: str, path: str, body: Any = None, *, until: float, key: str | None = None
    ) -> Answer | None:
        """Make the call until there is an answer, always with the same key; None past `until`."""
        headers = {}
        if method == "POST":
            headers["Idempotency-Key"] = key or new_id()
        failed_at: float | None = None
        while time.monotonic() < until:
            answer = self._once(method, path, body, headers)
            if answer is not None and answer.status not in AWAY:
                if failed_at is not None:
                    stall = (time.monotonic() - failed_at, f"{method} {path}")
                    with self._ledger.lock:
                        self._ledger.stalls.append(stall)
                return answer
            failed_at = failed_at or time.monotonic()
            time.sleep(AGAIN_S)
        return None

    def _once(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer | None:
        self._ledger.calls += 1
        try:
            answer = self._session.request(
                method,
                f"{self._url}/api/v1{path}",
                headers={"Authorization": f"Bearer {self._token()}", **headers},
                json=body,
                timeout=CALL_S,
            )
            return Answer(answer.status_code, answer.json() if answer.content else None)
        except (requests.RequestException, ValueError):
            self._ledger.failures += 1
            return None

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()
