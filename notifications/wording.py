"""What a text of the catalogue is made of: tone, title and body in two languages, and its blanks."""

from dataclasses import dataclass
from enum import StrEnum

PLACEHOLDERS = frozenset({"minutes", "time", "days", "link", "number"})
"""What a text may be filled with."""

LOCALES = ("en", "es")


class Tone(StrEnum):
    """How an alert behaves on the phone."""

    RING = "ring"
    """An offer, an alarm: sound, vibration, through a dozing phone."""
    QUIET = "quiet"
    """Replaces an alert without sound."""
    PLAIN = "plain"
    """An ordinary notification."""


@dataclass(frozen=True)
class Text:
    """Title and body; a text message or a call has only a body."""

    title: str
    body: str


@dataclass(frozen=True)
class Message:
    """One entry of the catalogue."""

    tone: Tone
    en: Text
    es: Text

    def text(self, locale: str) -> Text:
        """The text for a locale such as `es` or `es-MX`; English for every language not shipped."""
        return self.es if locale.lower().startswith("es") else self.en
