"""What became of a text or a call, in one transaction."""

from collections.abc import Mapping

from notifications import callbacks
from notifications.callbacks import News
from notifications.models import Kind
from server.hooks import twiml
from server.wiring import Wired


def of_text(wired: Wired, form: Mapping[str, str], query: Mapping[str, str] | None = None) -> bytes:
    """Queued, sent, delivered, or not."""
    return _take(wired, Kind.SMS, form, query, form.get("MessageSid"), form.get("MessageStatus"))


def of_call(wired: Wired, form: Mapping[str, str], query: Mapping[str, str] | None = None) -> bytes:
    """Ringing, picked up, over, or not."""
    return _take(wired, Kind.VOICE, form, query, form.get("CallSid"), form.get("CallStatus"))


def _take(
    wired: Wired,
    kind: Kind,
    form: Mapping[str, str],
    query: Mapping[str, str] | None,
    sid: str | None,
    status: str | None,
) -> bytes:
    if sid and status and len(sid) <= 64:
        code = form.get("ErrorCode", "")
        news = News(
            kind,
            sid,
            status,
            int(code) if code.isascii() and code.isdigit() and len(code) < 9 else None,
            (query or {}).get("delivery"),
        )
        with wired.db.transaction() as tx:
            callbacks.take(tx, wired.directory, wired.kinds, news)
    return twiml.nothing()
