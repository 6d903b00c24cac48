"""One delivery into the words and the data of one phone. Pure.

It fills texts of the catalogue with the few arguments they may have and picks the extra private
variant. It refuses every argument that is not on the list, so nothing private can slip in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifications.messages import CATALOGUE, PLACEHOLDERS, Tone

PRIVATE_KEYS = {
    "offer": "offer_private",
    "offer_again": "offer_private",
    "taken": "closed_private",
    "offer_ended": "closed_private",
    "offer_closed": "closed_private",
}
"""By the first part of a key: what a peer who chose "extra private" sees instead."""

OPENS = {
    "offer": "offer",
    "offer_again": "offer",
    "sms": "offer",
    "voice": "offer",
    "taken": "closed",
    "offer_ended": "closed",
    "offer_closed": "closed",
    "alarm": "board",
    "sms_alarm": "board",
    "safety": "board",
    "sms_safety": "board",
    "voice_safety": "board",
}
"""By the first part of a key: which page of the app a tap opens; every other key opens home."""


@dataclass(frozen=True)
class Words:
    """What a person sees or hears, and how loudly."""

    title: str
    body: str
    tone: Tone
    locale: str
    is_private: bool = False


def render(key: str, args: Mapping[str, Any], *, locale: str, is_private: bool) -> Words:
    """The words of a delivery. `ValueError` for an unknown text, or an argument not allowed."""
    family = key.partition(".")[0]
    chosen = PRIVATE_KEYS.get(family, key) if is_private else key
    message = CATALOGUE.get(chosen)
    if message is None:
        raise ValueError(f"no text has the key {chosen!r}")
    foreign = set(args) - PLACEHOLDERS - {"modality"}
    if foreign:
        raise ValueError(f"a text cannot be filled with {', '.join(sorted(foreign))}")
    text = message.text(locale)
    try:
        title, body = text.title.format(**args), text.body.format(**args)
    except KeyError as missing:
        raise ValueError(f"the text {chosen!r} needs {missing}") from missing
    language = "es" if locale.lower().startswith("es") else "en"
    return Words(title, body, message.tone, language, is_private)


def data_of(
    key: str, *, delivery_id: str, offer_id: str | None, request_id: str | None
) -> dict[str, str]:
    """What the app is told beside the words: the page to open, and identifiers."""
    data = {"opens": OPENS.get(key.partition(".")[0], "home"), "delivery_id": delivery_id}
    if offer_id is not None:
        data["offer_id"] = offer_id
    if request_id is not None:
        data["request_id"] = request_id
    return data
