"""A stand-in for a push service and the browsers behind it: RFC 8030, 8188, 8291 and 8292 on loopback.

It checks what real services check (the VAPID signature and its claims, TTL, Topic, Urgency, the
encoding), decrypts like a browser, keeps what each browser would show, and fails as scripted. A
push that it refuses without a script is always a mistake of the product; `accounted` fails then,
and on a push to a browser that nobody expected.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from storage.ids import new_id
from tests.harness.standin import Asked, HttpStandIn, Reply, Scripts, until

MAX_BYTES = 4096
"""What a push service must take at least, and most take at most."""
MAX_EXP_S = 24 * 3600


@dataclass(frozen=True)
class Answer:
    """One scripted answer. `status` 0 cuts the connection; `hang_s` waits before that.

    `is_taken`: the push reaches the browser although the answer does not say so.
    """

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    is_taken: bool = False


CREATED = Answer(201)
NOT_FOUND = Answer(404, "no such subscription")
GONE = Answer(410, "push subscription has unsubscribed or expired.")
TOO_LARGE = Answer(413)
UNAUTHORIZED = Answer(401, '{"code": 401, "errno": 109, "message": "Request did not validate"}')
FORBIDDEN = Answer(403, "invalid JWT provided")
OTHER_KEY_GOOGLE = Answer(
    403,
    "the VAPID credentials in the authorization header do not correspond to the credentials used "
    "to create the subscriptions.",
)
OTHER_KEY_MOZILLA = Answer(401, '{"errno": 109, "message": "VAPID public key mismatch"}')
OTHER_KEY_APPLE = Answer(400, '{"reason": "VapidPkHashMismatch"}')
BAD_REQUEST = Answer(400)
TOO_MANY = Answer(429)
INTERNAL = Answer(500)
UNAVAILABLE = Answer(503)
RESET = Answer(0)
RESET_AFTER_TAKING = Answer(0, is_taken=True)


def too_many(retry_after: str, status: int = 429) -> Answer:
    """429 (or another status) with a Retry-After."""
    return Answer(status, headers={"Retry-After": retry_after})


def hang(seconds: float, *, is_taken: bool = False) -> Answer:
    """No answer for this long, then a cut connection."""
    return Answer(0, hang_s=seconds, is_taken=is_taken)


@dataclass(frozen=True)
class Push:
    """One push that a browser got, decrypted."""

    payload: dict[str, Any]
    headers: dict[str, str]
    claims: dict[str, Any]


class Browser:
    """One subscription with its real keys, and what its browser got."""

    def __init__(self, url: str) -> None:
        self.id = new_id()
        self.endpoint = f"{url}/push/{self.id}"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = bytes.fromhex(new_id())
        self.pushes: list[Push] = []
        self.wanted_key: str | None = None
        """The key it subscribed with; None takes the first that signs, as a push service would
        have learned it from the browser."""

    @property
    def subscription(self) -> dict[str, Any]:
        """What `pushManager.subscribe()` gives to a page."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {"p256dh": text_of(point), "auth": text_of(self._secret)},
        }

    def decrypt(self, body: bytes) -> Any:
        """The payload as the browser hands it to the service worker; raises when it cannot."""
        content = http_ece.decrypt(
            body, private_key=self._key, auth_secret=self._secret, version="aes128gcm"
        )
        return json.loads(content)

    def visible(self) -> dict[str, str]:
        """What stands on the screen: the newest title under each Topic."""
        return {
            push.headers["topic"]: push.payload["notification"]["title"] for push in self.pushes
        }

    def rang(self) -> list[str]:
        """The titles that made a sound, in order."""
        words = [push.payload["notification"] for push in self.pushes]
        return [one["title"] for one in words if not one["silent"]]


class PushService(HttpStandIn):
    """Start it with `with PushService() as service:`; `service.url` belongs into WEBPUSH_HOSTS.

    `now` is what time it is for signatures: the test's clock.
    """

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        super().__init__()
        self._now = now or (lambda: datetime.now(UTC))
        self.browsers: dict[str, Browser] = {}
        self.tried: list[str] = []
        """The browser of every push that was sent, in order, whatever came of it."""
        self.refused: list[str] = []
        """Why pushes were refused that no script refused: always a mistake of the product."""
        self._scripts: Scripts[Answer] = Scripts()

    def browser(self) -> Browser:
        """A browser that has subscribed."""
        made = Browser(self.url)
        with self.lock:
            self.browsers[made.id] = made
        return made

    def script(self, browser: Browser, *answers: Answer) -> None:
        """The next pushes to `browser` are answered like this, one after another."""
        with self.lock:
            self._scripts.add(browser.id, *answers)

    def always(self, browser: Browser, answer: Answer) -> None:
        """Every push to `browser` is answered like this."""
        with self.lock:
            self._scripts.keep(browser.id, answer)

    def accounted(self, *expected: Browser) -> None:
        """Nothing was refused without a script, and nobody got a push but these."""
        assert self.refused == []
        got = {one.id for one in self.browsers.values() if one.pushes}
        assert got <= {one.id for one in expected}, "somebody rang whom nobody expected"

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one POST."""
        with self.lock:
            browser = self.browsers.get(path.removeprefix("/push/"))
            if browser is None:
                self.refused.append(f"no such subscription: {path}")
                return NOT_FOUND
            self.tried.append(browser.id)
            try:
                push = self._check(browser, headers, body)
            except Exception as error:  # noqa: BLE001  # whatever is wrong with it, it is refused
                self.refused.append(f"{type(error).__name__}: {error}")
                return BAD_REQUEST
            answer = self._scripts.take(browser.id, CREATED)
            if 200 <= answer.status < 300 or answer.is_taken:
                browser.pushes.append(push)
            return answer

    def _check(self, browser: Browser, headers: Mapping[str, str], body: bytes) -> Push:
        """What a real service refuses, and what a browser could not read."""
        assert len(body) <= MAX_BYTES, "longer than a push service takes"
        assert headers["content-encoding"] == "aes128gcm"
        assert re.fullmatch(r"[1-9][0-9]{0,6}", headers["ttl"]), headers["ttl"]
        assert headers["urgency"] in {"very-low", "low", "normal", "high"}
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers["topic"]), headers["topic"]
        claims = self._claims(browser, headers["authorization"])
        return Push(browser.decrypt(body), dict(headers), claims)

    def _claims(self, browser: Browser, authorization: str) -> dict[str, Any]:
        found = re.fullmatch(r"vapid t=([\w.-]+), ?k=([\w-]+)", authorization)
        assert found, "no VAPID signature"
        token, key = found.groups()
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(key))
        claims = jwt.decode(token, ECKey.import_key(point), algorithms=["ES256"]).claims
        left_s = claims["exp"] - self._now().timestamp()
        assert claims["aud"] == self.url
        assert 0 < left_s <= MAX_EXP_S, f"valid for {left_s} s"
        assert re.match(r"mailto:.+@.+|https://.+", claims["sub"])
        assert browser.wanted_key in {None, key}, "another key than it subscribed with"
        browser.wanted_key = key
        return claims

    def answer(self, asked: Asked) -> Reply:
        """One push."""
        answer = self.take(asked.path, asked.headers, asked.body)
        return Reply(answer.status, answer.body.encode(), answer.headers, answer.hang_s)

    def wait_for(self, count: int, timeout_s: float = 5.0) -> None:
        """Until this many pushes have been tried; `TimeoutError` otherwise."""
        until(count, lambda: len(self.tried), "pushes were tried", timeout_s)


def text_of(value: bytes) -> str:
    """base64url without padding, as browsers write it."""
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def bytes_of(text: str) -> bytes:
    """The same backwards."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
