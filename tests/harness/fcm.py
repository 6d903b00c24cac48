"""A stand-in for Firebase Cloud Messaging: the HTTP v1 protocol and the OAuth grant, on loopback.

The real SDK talks to it. It checks what the real service checks (the grant's signature, the access
token, every field of a message), fails as scripted for one address, keeps every message and knows
what each device would show. What it does not do: the topics, conditions and batches that the
product never uses.
"""

import json
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.harness.fcm_schema import Refused, check
from tests.harness.standin import Asked, HttpStandIn, Reply, Scripts, json_reply, until

PROJECT = "alongside-test"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""What google-auth claims, wherever the token endpoint really is."""
SCOPES = {
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
}
"""Either lets a caller send."""
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


@dataclass(frozen=True)
class Answer:
    """One scripted answer. `status` 0 cuts the connection; `hang_s` waits before answering.

    `is_taken`: the message reaches the device although the answer does not say so.
    """

    status: int
    code: str = ""
    fcm_code: str | None = None
    message: str = "scripted"
    field: str | None = None
    retry_after: str | None = None
    hang_s: float = 0.0
    body: bytes | None = None
    is_taken: bool = False

    def as_json(self) -> bytes:
        """The error in the shape of the API."""
        details: list[dict[str, Any]] = []
        if self.fcm_code:
            details.append({"@type": FCM_ERROR, "errorCode": self.fcm_code})
        if self.field:
            violation = {"field": self.field, "description": self.message}
            details.append({"@type": BAD_REQUEST, "fieldViolations": [violation]})
        error: dict[str, Any] = {"code": self.status, "message": self.message, "status": self.code}
        if details:
            error["details"] = details
        return json.dumps({"error": error}).encode()


UNREGISTERED = Answer(404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.")
NOT_FOUND = Answer(404, "NOT_FOUND", message="Requested entity was not found.")
WRONG_URL = Answer(404, body=b"<html>Not Found</html>")
INVALID_TOKEN = Answer(
    400,
    "INVALID_ARGUMENT",
    "INVALID_ARGUMENT",
    "The registration token is not a valid FCM registration token",
)
INVALID_TOKEN_FIELD = Answer(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", field="message.token")
INVALID_MESSAGE = Answer(
    400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", field="message.android.ttl", message="Bad ttl"
)
SENDER_ID_MISMATCH = Answer(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH")
PERMISSION_DENIED = Answer(403, "PERMISSION_DENIED")
THIRD_PARTY_AUTH_ERROR = Answer(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")
QUOTA_EXCEEDED = Answer(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
INTERNAL = Answer(500, "INTERNAL", "INTERNAL")
UNAVAILABLE = Answer(503, "UNAVAILABLE", "UNAVAILABLE")
RESET = Answer(0)
RESET_AFTER_TAKING = Answer(0, is_taken=True)


def quota_exceeded(retry_after: str) -> Answer:
    """429 with a Retry-After."""
    return Answer(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", retry_after=retry_after)


def hang(seconds: float, *, is_taken: bool = False) -> Answer:
    """No answer for this long, then a cut connection."""
    return Answer(0, hang_s=seconds, is_taken=is_taken)


@cache
def _key() -> tuple[str, RSAKey]:
    """One generated key for the session: the private half as PEM, the public half to verify."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, RSAKey.import_key(private.public_key())


class FcmServer(HttpStandIn):
    """Start it with `with FcmServer() as fcm:`; `fcm.url` is the base URL to give to the product."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        """Every message that a device got, in order."""
        self.tried: list[dict[str, Any]] = []
        """Every message that was sent, dry runs apart, whatever came of it."""
        self.dry_runs: list[dict[str, Any]] = []
        self.grants = 0
        self.refused: list[str] = []
        """Why messages were refused that no script refused: always a mistake of the product."""
        self.grant_answers: deque[Answer] = deque()
        self._scripts: Scripts[Answer] = Scripts()
        self._tokens: set[str] = set()

    def service_account(self) -> dict[str, str]:
        """The content of a key file whose grant runs against this server."""
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "test",
            "private_key": _key()[0],
            "client_email": f"push@{PROJECT}.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{self.url}/token",
        }

    def write_service_account(self, path: Path) -> Path:
        """The same as a file, as an operator has it."""
        path.write_text(json.dumps(self.service_account()))
        return path

    def script(self, address: str, *answers: Answer) -> None:
        """The next messages to `address` are answered like this, one after another."""
        with self.lock:
            self._scripts.add(address, *answers)

    def always(self, address: str, answer: Answer) -> None:
        """Every message to `address` is answered like this."""
        with self.lock:
            self._scripts.keep(address, answer)

    def forget_access_tokens(self) -> None:
        """Every access token handed out so far is revoked."""
        with self.lock:
            self._tokens.clear()

    def sent_to(self, address: str) -> list[dict[str, Any]]:
        """The messages this device got, in order."""
        with self.lock:
            return [m for m in self.messages if address in (m.get("token"), m.get("fid"))]

    def visible(self, address: str) -> dict[str, str]:
        """What this device shows: the newest title under each tag."""
        return {
            message["android"]["notification"]["tag"]: message["notification"]["title"]
            for message in self.sent_to(address)
        }

    def rang(self, address: str) -> list[str]:
        """The titles that made a sound on this device, in order."""
        return [
            message["notification"]["title"]
            for message in self.sent_to(address)
            if message["android"]["notification"]["channel_id"] != "quiet"
        ]

    def grant(self, body: bytes) -> tuple[Answer, bytes]:
        """Answer the OAuth token endpoint: a signed assertion for an access token."""
        with self.lock:
            if self.grant_answers:
                answer = self.grant_answers.popleft()
                return answer, answer.body or json.dumps({"error": answer.code}).encode()
        form = parse_qs(body.decode())
        claims = jwt.decode(form["assertion"][0], _key()[1], algorithms=["RS256"]).claims
        if claims["aud"] != AUDIENCE or SCOPES.isdisjoint(claims["scope"].split()):
            return Answer(400), b'{"error": "invalid_grant"}'
        with self.lock:
            self.grants += 1
            token = f"access-{self.grants}"
            self._tokens.add(token)
        shape = {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        return Answer(200), json.dumps(shape).encode()

    def send(self, authorization: str, body: bytes) -> tuple[Answer, bytes]:
        """Answer `messages:send`."""
        if authorization.removeprefix("Bearer ") not in self._tokens:
            answer = Answer(401, "UNAUTHENTICATED", message="Invalid authentication credentials")
            return answer, answer.as_json()
        try:
            request = json.loads(body)
            address = check(request)
        except (ValueError, Refused) as error:
            with self.lock:
                self.refused.append(str(error))
            answer = Answer(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", str(error))
            return answer, answer.as_json()
        message, is_dry = request["message"], request.get("validate_only", False)
        with self.lock:
            (self.dry_runs if is_dry else self.tried).append(message)
            answer = self._scripts.take(address, Answer(200))
            if not is_dry and (answer.status == 200 or answer.is_taken):
                self.messages.append(message)
            name = f"projects/{PROJECT}/messages/{len(self.messages)}"
        if answer.status == 200:
            return answer, json.dumps({"name": name}).encode()
        return answer, answer.body or answer.as_json()

    def answer(self, asked: Asked) -> Reply:
        """Route the two endpoints."""
        if asked.path == "/token":
            answer, content = self.grant(asked.body)
        elif asked.path == f"/v1/projects/{PROJECT}/messages:send":
            answer, content = self.send(asked.headers.get("authorization", ""), asked.body)
        else:
            answer, content = WRONG_URL, WRONG_URL.body or b""
        return json_reply(
            answer.status, content, retry_after=answer.retry_after, hang_s=answer.hang_s
        )

    def wait_for(self, count: int, timeout_s: float = 5.0) -> None:
        """Until this many messages have been tried; `TimeoutError` otherwise."""
        until(count, lambda: len(self.tried), "messages were tried", timeout_s)
