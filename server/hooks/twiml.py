"""What the provider does with a call or a text, in its own XML. Pure: sentences in, bytes out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, tostring

CONTENT_TYPE = "text/xml; charset=utf-8"
WAIT_S = 6
"""How long a key is waited for after the last word."""
_VOICES = {"en": ("en-US", "Polly.Joanna"), "es": ("es-US", "Polly.Lupe")}


def nothing() -> bytes:
    """Do nothing more."""
    return _bytes(Element("Response"))


def hang_up() -> bytes:
    """Say nothing, and end this leg."""
    response = Element("Response")
    SubElement(response, "Hangup")
    return _bytes(response)


def message(text: str) -> bytes:
    """Answer a text with this one, without the outbox."""
    response = Element("Response")
    SubElement(response, "Message").text = text
    return _bytes(response)


def question(text: str, locale: str, action: str, *, after: str) -> bytes:
    """Say it twice and wait for one key, which goes to `action`; without one, `after` and the end."""
    response = Element("Response")
    gather = SubElement(
        response,
        "Gather",
        {"numDigits": "1", "timeout": str(WAIT_S), "action": action, "method": "POST"},
    )
    _say(gather, text, locale)
    SubElement(gather, "Pause", {"length": "1"})
    _say(gather, text, locale)
    return _end(response, [after], locale)


def farewell(sentences: Sequence[str], locale: str) -> bytes:
    """Say these and hang up."""
    return _end(Element("Response"), sentences, locale)


def press_one(text: str, locale: str, action: str) -> bytes:
    """Say it twice and wait for one key; that none was pressed goes to `action` too."""
    response = Element("Response")
    gather = SubElement(
        response,
        "Gather",
        {
            "numDigits": "1",
            "timeout": str(WAIT_S),
            "action": action,
            "method": "POST",
            "actionOnEmptyResult": "true",
        },
    )
    _say(gather, text, locale)
    SubElement(gather, "Pause", {"length": "1"})
    _say(gather, text, locale)
    return _bytes(response)


@dataclass(frozen=True)
class Leg:
    """The other leg of a call: whom to ring, from which number of ours, and where its news go."""

    number: str = field(repr=False)
    caller: str
    asks: str
    told: str
    then: str
    ring_s: int
    limit_s: int


def join(text: str, locale: str, leg: Leg) -> bytes:
    """Say it, then ring the other side; the two are joined once `asks` lets them.

    The other side's number stands here and nowhere else: the verb needs it. Ours is shown to both.
    """
    response = Element("Response")
    _say(response, text, locale)
    dial = SubElement(
        response,
        "Dial",
        {
            "callerId": leg.caller,
            "timeout": str(leg.ring_s),
            "timeLimit": str(leg.limit_s),
            "action": leg.then,
            "method": "POST",
            "record": "do-not-record",
        },
    )
    number = SubElement(
        dial,
        "Number",
        {
            "url": leg.asks,
            "method": "POST",
            "statusCallback": leg.told,
            "statusCallbackMethod": "POST",
            "statusCallbackEvent": "initiated ringing answered completed",
        },
    )
    number.text = leg.number
    return _bytes(response)


def _end(response: Element, sentences: Sequence[str], locale: str) -> bytes:
    for sentence in sentences:
        _say(response, sentence, locale)
    SubElement(response, "Hangup")
    return _bytes(response)


def _say(parent: Element, text: str, locale: str) -> None:
    language, voice = _VOICES["es" if locale.lower().startswith("es") else "en"]
    SubElement(parent, "Say", {"language": language, "voice": voice}).text = text


def _bytes(response: Element) -> bytes:
    return bytes(tostring(response, encoding="utf-8", xml_declaration=True))
