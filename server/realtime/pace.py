"""How fast one socket may speak: a bucket that fills by itself."""

from datetime import datetime

BURST = 120.0
"""A browser that looks for a way to another writes a few dozen letters at once."""
PER_S = 10.0


class Pace:
    """What one socket may still say."""

    def __init__(self) -> None:
        self._left = BURST
        self._at: datetime | None = None

    def takes(self, now: datetime) -> bool:
        """Whether one more thing may be said now; counts it when it may."""
        if self._at is not None:
            self._left = min(BURST, self._left + PER_S * (now - self._at).total_seconds())
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
