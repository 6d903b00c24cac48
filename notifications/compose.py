"""One delivery into the words and the data of one phone. Pure.

It fills texts of the catalogue with the few arguments they may have and picks the extra private
variant. It refuses every argument that is not on the list, so nothing private can slip in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifications.messages import CATALOGUE, PLACEHOLDERS, Tone

PRIVATE_KEYS = {
    "offer": "offer_private",
    "offer_again": "offer_private",
    "taken": "closed_private",
    "offer_ended": "closed_private",
    "offer_closed": "closed_private",
    "sms": "sms_private",
    "voice": "voice_private",
    "sms_which": "sms_which_private",
    "sms_which_newer": "sms_which_private",
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
    "supervisor": "care",
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
    """The words of a delivery. `ValueError` for an unknown text, or an argument not allowed.

    `choices` makes a numbered line of each offer in it, below the text.
    """
    family = key.partition(".")[0]
    choices = args.get("choices", ())
    args = {name: value for name, value in args.items() if name != "choices"}
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
    if choices and not is_private:
        body = "\n".join([body, *_lines(choices, locale)])
    language = "es" if locale.lower().startswith("es") else "en"
    return Words(title, body, message.tone, language, is_private)


def _lines(choices: Sequence[Mapping[str, Any]], locale: str) -> Iterator[str]:
    """One line for each offer of a question, numbered from 1; each has the arguments of an offer."""
    for number, args in enumerate(choices, start=1):
        key = f"sms_choice.{way_of(args)}"
        filled = {**args, "number": number}
        yield render(key, filled, locale=locale, is_private=False).body


def way_of(args: Mapping[str, Any]) -> str:
    """The last part of a key for an offer with these arguments."""
    is_near = args["modality"] == "in_person" and "minutes" not in args
    return "in_person_near" if is_near else str(args["modality"])


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
