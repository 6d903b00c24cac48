"""Access tokens: signed, short-lived, and only a claim until the session's row agrees.

It knows signatures and times; it refuses to know roles or rights, which are read per request.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from server.errors import Problem
from storage.clock import Clock

ACCESS_LIFE_S = 15 * 60
_MAX_TOKEN_CHARS = 2_048


@dataclass(frozen=True)
class Claims:
    """What a valid token says: which user, through which session, until when."""

    user_id: str
    session_id: str
    expires_at: datetime


class AccessTokens:
    """Issues and reads access tokens with one key on one clock."""

    def __init__(self, secret: str, clock: Clock) -> None:
        # Its own key for its own use: a token is never valid where another signature is asked for.
        key = hashlib.sha256(b"alongside access token\0" + secret.encode()).digest()
        self._key = OctKey.import_key(key)
        self._clock = clock

    def issue(self, user_id: str, session_id: str, now: datetime) -> tuple[str, datetime]:
        """A token and the moment it expires."""
        expires_at = now.replace(microsecond=0) + timedelta(seconds=ACCESS_LIFE_S)
        claims = {"sub": user_id, "sid": session_id, "exp": int(expires_at.timestamp())}
        return jwt.encode({"alg": "HS256"}, claims, self._key), expires_at

    def read(self, token: str) -> Claims:
        """The claims of a token whose signature and time are right, else a 401 `Problem`."""
        if len(token) > _MAX_TOKEN_CHARS:
            raise Problem("not_signed_in")
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError):
            raise Problem("not_signed_in") from None
        subject, session_id, expires = (claims.get(name) for name in ("sub", "sid", "exp"))
        if not isinstance(subject, str) or not isinstance(session_id, str):
            raise Problem("not_signed_in")
        now = self._clock.now()
        if not isinstance(expires, int) or expires <= now.timestamp():
            raise Problem("not_signed_in", "The access token has expired; refresh it.")
        return Claims(subject, session_id, datetime.fromtimestamp(expires, now.tzinfo))


def new_secret() -> str:
    """A fresh random value for a refresh token or a cookie: 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """What is stored of a random secret. Plain SHA-256 is enough: 256 random bits have no list."""
    return hashlib.sha256(secret.encode()).hexdigest()
