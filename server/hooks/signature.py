"""The provider's proof of who calls: HMAC-SHA1 over the public address and the sorted fields.

Pure. It knows bytes; it refuses to know what a field means.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable

HEADER = "X-Twilio-Signature"


def of(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """The signature of a call to `url` with these form fields."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    # The provider's scheme; an HMAC does not lean on SHA-1 being free of collisions.
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_genuine(token: str, url: str, fields: Iterable[tuple[str, str]], given: str) -> bool:
    """Whether `given` proves the call; compared in constant time, whatever was given."""
    return hmac.compare_digest(of(token, url, fields).encode(), given.encode("utf-8", "replace"))
