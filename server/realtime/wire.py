"""JSON as it travels on a socket: compact, and with letters as themselves.

The Socket.IO library is given this module in the place of its own.
"""

import json
from typing import Any

from engineio import json as bounded

_TEXT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
"""Made once: every message of every socket passes here."""


def dumps(value: Any, **_style: Any) -> str:
    """`value` as text. The library's own wish for separators is already ours."""
    return _TEXT.encode(value)


def loads(text: str) -> Any:
    """What a client sent; `ValueError` for anything that is no JSON, however deep it pretends."""
    try:
        return bounded.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def size(value: Any) -> int:
    """How many bytes `value` takes on the wire."""
    return len(dumps(value).encode())
