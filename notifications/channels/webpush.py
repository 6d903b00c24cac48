"""Standard Web Push: straight to the browser's own push service, without an account anywhere.

pywebpush encrypts; the request is ours, so that a send is one HTTP request with a timeout, follows
no redirect and is repeated by nobody but the outbox.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from pywebpush import WebPusher
from requests.adapters import HTTPAdapter
from sqlalchemy.exc import SQLAlchemyError

from notifications.channels.base import Envelope, Outcome, Result
from notifications.channels.http import (
    QUOTA_BACKOFF_S,
    SERVER_BACKOFF_S,
    retry_after_s,
    without_answer,
)
from notifications.messages import Tone
from notifications.models import Kind
from notifications.push_services import PushServices
from notifications.vapid import GOOD_FOR, Keys
from storage.clock import Clock

SERVICES = 4
"""How many push services there are to keep connections for."""
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
POINT_BYTES = 65
SECRET_BYTES = 16

_OTHER_KEY = re.compile(r"not correspond|mismatch", re.IGNORECASE)
"""How Google, Mozilla and Apple say that the browser subscribed with another key than ours."""


class WebPushChannel:
    """Sends to the services of `services`, signed by the pair of `keys`.

    `subject` is whom a service may write to: an https or mailto address.
    """

    kind = Kind.WEBPUSH

    def __init__(
        self,
        keys: Keys,
        *,
        subject: str,
        services: PushServices,
        clock: Clock,
        workers: int = 32,
        timeout_s: float = 10.0,
    ) -> None:
        self.workers = workers
        # Two requests at most (the second one shorter), each with two waits.
        self.deadline_s = 2.5 * timeout_s
        self._timeout_s = timeout_s
        self._keys = keys
        self._subject = subject
        self._services = services
        self._clock = clock
        self._signed: dict[str, tuple[datetime, str]] = {}
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(
                scheme,
                HTTPAdapter(max_retries=0, pool_connections=SERVICES, pool_maxsize=max(workers, 1)),
            )

    def send(self, envelope: Envelope) -> Outcome:
        """One push to one browser. Never raises for a bad subscription or an answer."""
        if envelope.address is None:
            return Outcome(Result.DEAD_ADDRESS, "NO_DEVICE")
        subscription = envelope.address.subscription or {}
        if not is_sound(subscription):
            return Outcome(Result.DEAD_ADDRESS, "BAD_SUBSCRIPTION")
        if not self._services.allow(subscription["endpoint"]):
            return Outcome(Result.DEAD_ADDRESS, "PUSH_SERVICE_UNKNOWN")
        try:
            signature = self._signature(subscription["endpoint"])
        except SQLAlchemyError:
            return Outcome(Result.BUSY, "NO_KEY", backoff_s=SERVER_BACKOFF_S)
        outcome = self._post(subscription, envelope, signature, payload_of(envelope))
        if outcome == _TOO_LARGE:
            return self._post(subscription, envelope, signature, {"data": dict(envelope.data)})
        return outcome

    def _signature(self, endpoint: str) -> str:
        """Who we are, for this service; signed anew when half of its time is over."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        now = self._clock.now()
        signed_at, header = self._signed.get(audience, (None, ""))
        if signed_at is None or not timedelta() <= now - signed_at < GOOD_FOR / 2:
            header = self._keys.pair().authorization(audience, self._subject, now)
            self._signed[audience] = (now, header)
        return header

    def _post(
        self,
        subscription: Mapping[str, Any],
        envelope: Envelope,
        signature: str,
        payload: Mapping[str, Any],
    ) -> Outcome:
        content = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            answer = self._session.post(
                subscription["endpoint"],
                data=WebPusher(subscription).encode(content)["body"],
                headers=headers_of(envelope) | {"Authorization": signature},
                timeout=self._timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return without_answer(error)
        return outcome_of(answer, self._clock.now())

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def is_sound(subscription: Mapping[str, Any]) -> bool:
    """Whether something can be encrypted for this subscription and sent somewhere."""
    try:
        keys, endpoint = subscription["keys"], subscription["endpoint"]
        point, secret = _bytes(keys["p256dh"]), _bytes(keys["auth"])
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    is_text = isinstance(endpoint, str)
    return is_text and len(point) == POINT_BYTES and len(secret) == SECRET_BYTES


def _bytes(text: str) -> bytes:
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def payload_of(envelope: Envelope) -> dict[str, Any]:
    """What the service worker reads."""
    words = envelope.words
    is_quiet = words.tone is Tone.QUIET
    return {
        "notification": {
            "title": words.title,
            "body": words.body,
            "tag": envelope.collapse_id,
            "lang": words.locale,
            "silent": is_quiet,
            "renotify": not is_quiet,
            "requireInteraction": words.tone is Tone.RING,
        },
        "data": dict(envelope.data),
    }


def headers_of(envelope: Envelope) -> dict[str, str]:
    """What the push service reads: how long to keep it, how urgent, and what it replaces."""
    return {
        "TTL": str(envelope.ttl_s),
        "Urgency": "normal" if envelope.words.tone is Tone.QUIET else "high",
        "Topic": topic_of(envelope.collapse_id),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
    }


def topic_of(collapse_id: str) -> str:
    """The collapse id where it can be a Topic, else one that stands for it."""
    if TOPIC.fullmatch(collapse_id):
        return collapse_id
    return urlsafe_b64encode(sha256(collapse_id.encode()).digest())[:32].decode("ascii")


_TOO_LARGE = Outcome(Result.BAD_MESSAGE, "TOO_LARGE")


def outcome_of(answer: requests.Response, now: datetime) -> Outcome:
    """The push service's answer as an outcome; the tests hold the table of them, row by row."""
    status = answer.status_code
    code = f"HTTP_{status}"
    if 200 <= status < 300:
        return Outcome(Result.DELIVERED)
    if status in {404, 410}:
        return Outcome(Result.DEAD_ADDRESS, code)
    if status == 413:
        return _TOO_LARGE
    if status in {400, 401, 403} and _OTHER_KEY.search(answer.text):
        return Outcome(Result.MISCONFIGURED, "OTHER_VAPID_KEY", disables_address=True)
    if status in {401, 403}:
        return Outcome(Result.MISCONFIGURED, "VAPID_REFUSED")
    if status == 429:
        return Outcome(Result.BUSY, code, retry_after_s(answer, now), QUOTA_BACKOFF_S)
    if status >= 500:
        return Outcome(Result.BUSY, code, retry_after_s(answer, now), SERVER_BACKOFF_S)
    return Outcome(Result.BAD_MESSAGE, code)
