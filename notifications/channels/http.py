"""What an end over HTTP says to every channel alike: no answer, and when a busy provider wants it again.

It knows `requests`; what a provider's own answers mean stands in its channel.
"""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests

from notifications.channels.base import Outcome, Result

QUOTA_BACKOFF_S = 60.0
"""Where the waiting starts after 429."""
SERVER_BACKOFF_S = 10.0
"""Where it starts when the provider fails, or was not met at all."""

_NEVER_MET = ("NewConnectionError", "NameResolutionError", "ProxyError")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]*)?")


def without_answer(error: BaseException | None) -> Outcome:
    """No answer came: if not even a connection was made it was not sent, else nobody knows."""
    is_away = isinstance(error, requests.ConnectTimeout)
    if is_away or any(name in repr(error) for name in _NEVER_MET):
        return Outcome(Result.BUSY, "NO_CONNECTION", backoff_s=SERVER_BACKOFF_S)
    if isinstance(error, requests.exceptions.SSLError):
        return Outcome(Result.BUSY, "NO_TLS", backoff_s=SERVER_BACKOFF_S)
    kind = "TIMEOUT" if isinstance(error, requests.Timeout) else "CONNECTION_LOST"
    return Outcome(Result.UNKNOWN, kind)


def retry_after_s(answer: requests.Response, now: datetime | None = None) -> float | None:
    """The seconds asked for; a date counts from `now`. None when it is neither."""
    asked = answer.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(asked):
        return float(asked)
    if now is None:
        return None
    try:
        return max(0.0, (parsedate_to_datetime(asked) - now).total_seconds())
    except (TypeError, ValueError):
        return None
