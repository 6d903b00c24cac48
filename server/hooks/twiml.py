"""What the provider does with a call or a text, in its own XML. Pure: sentences in, bytes out."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

CONTENT_TYPE = "text/xml; charset=utf-8"
WAIT_S = 6
"""How long a key is waited for after the last word."""
_VOICES = {"en": ("en-US", "Polly.Joanna"), "es": ("es-US", "Polly.Lupe")}


def nothing() -> bytes:
    """Do nothing more."""
    return _bytes(Element("Response"))


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
