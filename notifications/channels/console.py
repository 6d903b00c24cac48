"""The console: one line for each alert. What an embedded run uses; it always works."""

import sys
from typing import TextIO

from notifications.channels.base import Envelope, Outcome, Result
from notifications.models import Kind


class ConsoleChannel:
    """Writes what a phone would show to a stream (standard output when none is given)."""

    kind = Kind.CONSOLE
    workers = 0
    deadline_s = 5.0

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, envelope: Envelope) -> Outcome:
        """Print one line. A closed terminal is no reason to stop the search for a peer."""
        words = envelope.words
        line = f"[{words.tone}] to {envelope.user_id}: {words.title} - {words.body}\n"
        stream = self._stream or sys.stdout
        try:
            stream.write(line)
            stream.flush()
        except (OSError, ValueError):
            return Outcome(Result.UNKNOWN, "CONSOLE_CLOSED")
        return Outcome(Result.DELIVERED)

    def close(self) -> None:
        """The stream belongs to somebody else."""
