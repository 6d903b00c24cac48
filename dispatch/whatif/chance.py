"""Draws that belong to a request and a peer, and not to a stream: the same under every policy, in
whatever order it asks (common random numbers). So a difference between two policies is theirs.
"""

import struct
from hashlib import blake2b
from math import exp
from statistics import NormalDist

BEYOND = 2.5
"""A log-normal draw is at most so many deviations away: nobody drives at 200 km/h."""

_NORMAL = NormalDist()
_BITS = 2.0**-64


def draws(seed: int, request: int, peer: int, count: int) -> tuple[float, ...]:
    """Numbers between 0 and 1 that belong to these three and to nothing else; at most 8."""
    digest = blake2b(struct.pack("<qqq", seed, request, peer), digest_size=8 * count).digest()
    return tuple((number + 0.5) * _BITS for number in struct.unpack(f"<{count}Q", digest))


def lognormal(median: float, spread: float, draw: float) -> float:
    """The draw as a log-normal number; `spread` is the deviation of the logarithm."""
    away = _NORMAL.inv_cdf(min(max(draw, 1e-12), 1 - 1e-12))
    return median * exp(spread * min(max(away, -BEYOND), BEYOND))
