"""One person's signed-in app: tokens that are renewed, a live line, a signal that comes and goes.

What has to arrive is insisted on: the same step with the same key, until there is an answer. It
knows how a good client behaves and refuses to know what its person wants.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulator.door import Answer, Door, Hear, Json, Line, Refused, Unreachable
from simulator.stage import Stage

log = logging.getLogger(__name__)

RENEW_BEFORE_S = 60.0
"""An access token is renewed when it has less than this left."""

PATIENCE_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""How long until the next try when the product cannot be reached; the last is repeated."""

LINE_AGAIN_S = 1.5
LINE_CLOSED = "line_closed"
"""What a line says of itself when the other end has hung up."""

Then = Callable[[Answer], None]


@dataclass(frozen=True)
class SignIn:
    """How one person gets in."""

    email: str
    password: str


class Phone:
    """The app of one person.

    `hear` is called on the stage with every event of the live line; `on_live` each time the line
    has been opened (again), when what was missed must be fetched.
    """

    def __init__(
        self,
        door: Door,
        stage: Stage,
        sign_in: SignIn,
        chance: Random,
        *,
        hear: Hear,
        on_live: Callable[[], None],
    ) -> None:
        self._door = door
        self._stage = stage
        self._sign_in = sign_in
        self._chance = chance
        self._hear = hear
        self._on_live = on_live
        self._access: str | None = None
        self._refresh: str | None = None
        self._renew_at = stage.now()
        self._line: Line | None = None
        self._wants_line = False
        self._waiting: deque[Callable[[], None]] = deque()
        self.has_signal = True

    # Calls

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """One call, now. Raises `Unreachable` without a signal or when nobody is there."""
        key = self._new_key() if method == "POST" else None
        return self._call(method, path, body, key)

    def insist(
        self, method: str, path: str, body: Mapping[str, Any] | None, then: Then, tries: int = 0
    ) -> None:
        """Make the call until there is an answer, which `then` is given; soon, if all is well."""
        self._insist(method, path, body, then, tries, self._new_key())

    def _insist(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        then: Then,
        tries: int,
        key: str,
    ) -> None:
        def again() -> None:
            self._insist(method, path, body, then, tries + 1, key)

        if not self.has_signal:
            self._waiting.append(again)
            return
        try:
            answer = self._call(method, path, body, key if method == "POST" else None)
        except Unreachable:
            self._stage.after(PATIENCE_S[min(tries, len(PATIENCE_S) - 1)], again)
            return
        if answer.status in (429, 503):
            self._stage.after(PATIENCE_S[min(tries, len(PATIENCE_S) - 1)], again)
            return
        then(answer)

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, key: str | None
    ) -> Answer:
        if not self.has_signal:
            raise Unreachable("no signal")
        answer = self._door.request(method, path, body, token=self._token(), key=key)
        if answer.status == 401:
            self._access = None
            answer = self._door.request(method, path, body, token=self._token(), key=key)
        return answer

    def _new_key(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"

    # Tokens

    def _token(self) -> str:
        """A good access token, renewed or signed in anew where that is needed."""
        if self._access is not None and self._stage.now() < self._renew_at:
            return self._access
        if self._refresh is not None:
            token, self._refresh = self._refresh, None
            answer = self._door.request("POST", "/sessions/refresh", {"refresh_token": token})
            if answer.is_ok:
                return self._keep(answer.body)
        answer = self._door.request(
            "POST",
            "/sessions",
            {"email": self._sign_in.email, "password": self._sign_in.password},
        )
        if not answer.is_ok:
            raise Unreachable(f"cannot sign in: {answer.status} {answer.code}")
        return self._keep(answer.body)

    def _keep(self, tokens: Json) -> str:
        self._access, self._refresh = str(tokens["access_token"]), str(tokens["refresh_token"])
        good_for_s = float(tokens["expires_in"]) - RENEW_BEFORE_S
        self._renew_at = self._stage.now() + timedelta(seconds=max(good_for_s, 1.0))
        return self._access

    # The live line

    @property
    def is_live(self) -> bool:
        """Whether what happens is heard as it happens."""
        return self.has_signal and self._line is not None and self._line.is_open

    def go_live(self) -> None:
        """Open the line, and keep it open: it is opened again whenever it breaks."""
        self._wants_line = True
        if self.is_live or not self.has_signal:
            return
        try:
            token = self._token()
            self._line = self._door.connect(token, self._heard)
        except Refused:
            self._access = None
            self._stage.after(LINE_AGAIN_S, self.go_live)
            return
        except Unreachable:
            self._stage.after(LINE_AGAIN_S * 2, self.go_live)
            return
        line = self._line
        self._stage.after(self._good_for_s(), lambda: self._renew_line(line))
        self._on_live()

    def _good_for_s(self) -> float:
        return max((self._renew_at - self._stage.now()).total_seconds(), 1.0)

    def _renew_line(self, line: Line) -> None:
        """Give the line a fresh token before the one it stands on expires."""
        if line is not self._line or not self.is_live:
            return
        try:
            self.send("refresh", {"token": self._token()})
        except Unreachable:
            # The server will hang up, and a new line brings a new token.
            return
        self._stage.after(self._good_for_s(), lambda: self._renew_line(line))

    def send(self, event: str, data: Mapping[str, Any]) -> Json | None:
        """Send on the live line; the acknowledgement, or None when there is no line."""
        if not self.is_live or self._line is None:
            return None
        try:
            return self._line.call(event, data)
        except Unreachable:
            return None

    def tell(self, event: str, data: Mapping[str, Any]) -> bool:
        """Send on the live line and wait for nothing; whether there was a line."""
        if not self.is_live or self._line is None:
            return False
        try:
            self._line.say(event, data)
        except Unreachable:
            return False
        return True

    def _heard(self, event: str, data: Json) -> None:
        """May be called from another thread: the stage takes it from there."""
        if event == LINE_CLOSED:
            self._stage.after(LINE_AGAIN_S, self._line_again)
        else:
            self._stage.after(0.0, lambda: self._hear(event, data))

    def _line_again(self) -> None:
        if self._wants_line and not self.is_live:
            self._line = None
            self.go_live()

    # The signal

    def lose_signal(self, seconds: float) -> None:
        """No network for that long: the line falls, steps wait, nothing is lost."""
        if not self.has_signal:
            return
        self.has_signal = False
        self._hang_up()
        self._stage.after(seconds, self._regain)

    def _regain(self) -> None:
        self.has_signal = True
        if self._wants_line:
            self.go_live()
        for _ in range(len(self._waiting)):
            self._waiting.popleft()()

    def switch_off(self) -> None:
        """Close the line for good."""
        self._wants_line = False
        self._hang_up()

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()


def iso(moment: datetime) -> str:
    """A moment as the contract writes it: RFC 3339, ending in `Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
