"""The fake of the door port: it answers as it is told to and keeps what was asked of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.door import Answer, Hear, Json, Unreachable

Script = Callable[["Asked"], Answer]


@dataclass(frozen=True)
class Asked:
    """One call."""

    method: str
    path: str
    body: Json
    token: str | None
    key: str | None


class MemoryLine:
    """A line that keeps what is said and says what a test wants said."""

    def __init__(self, token: str, hear: Hear) -> None:
        self.token = token
        self.hear = hear
        self.said: list[tuple[str, Json]] = []
        self.is_open = True

    def call(self, event: str, data: Mapping[str, Any]) -> Json:
        """Keep it; everything is well."""
        if not self.is_open:
            raise Unreachable("the line is closed")
        self.said.append((event, dict(data)))
        return {"ok": True}

    def say(self, event: str, data: Mapping[str, Any]) -> None:
        """Keep it."""
        self.call(event, data)

    def close(self) -> None:
        """Hang up."""
        self.is_open = False


class MemoryDoor:
    """Signs everybody in, and answers everything else by `script`."""

    def __init__(self, script: Script, *, expires_in: int = 900) -> None:
        self.script = script
        self.expires_in = expires_in
        self.asked: list[Asked] = []
        self.lines: list[MemoryLine] = []
        self.is_reachable = True
        self._tokens = 0

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        key: str | None = None,
    ) -> Answer:
        """One call."""
        asked = Asked(method, path, dict(body or {}), token, key)
        self.asked.append(asked)
        if not self.is_reachable:
            raise Unreachable("the door is shut")
        if path in ("/sessions", "/sessions/refresh"):
            self._tokens += 1
            fresh = {
                "access_token": f"access-{self._tokens}",
                "refresh_token": f"refresh-{self._tokens}",
                "expires_in": self.expires_in,
            }
            return Answer(201, fresh)
        return self.script(asked)

    def connect(self, token: str, hear: Hear) -> MemoryLine:
        """A live line."""
        if not self.is_reachable:
            raise Unreachable("the door is shut")
        line = MemoryLine(token, hear)
        self.lines.append(line)
        return line
