"""New primary keys: opaque to clients, ordered by time for the index that holds them."""

import secrets
import time
import uuid


def new_id() -> str:
    """A fresh identifier: 32 lowercase hexadecimal digits of a version 7 UUID (RFC 9562).

    The leading 48 bits are the system's milliseconds, so that new rows land at the right edge of
    a B-tree. Nothing reads the time back out of it: order in the product is `seq` and `at`.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return uuid.UUID(int=value).hex
