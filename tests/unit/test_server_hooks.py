"""The provider's signature as its own documentation computes it, and the sentences of a call."""

from xml.etree import ElementTree

import pytest

from notifications import compose
from server.hooks import signature, twiml

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
DOCUMENTED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_the_signature_is_that_of_the_providers_documentation() -> None:
    assert signature.of("12345", URL, FIELDS.items()) == DOCUMENTED
    assert signature.is_genuine("12345", URL, FIELDS.items(), DOCUMENTED)


@pytest.mark.parametrize("given", ["", "x", "é", DOCUMENTED[:-1], DOCUMENTED + "=", "\ud800"])
def test_anything_else_is_forged(given: str) -> None:
    assert not signature.is_genuine("12345", URL, FIELDS.items(), given)


def test_a_field_that_is_given_twice_counts_once_as_the_provider_counts_it() -> None:
    twice = [*FIELDS.items(), ("Digits", "1234")]
    assert signature.of("12345", URL, twice) == DOCUMENTED
    assert signature.of("12345", URL, [*twice, ("Digits", "5")]) != DOCUMENTED


def test_a_call_says_it_twice_waits_for_one_key_and_says_goodbye() -> None:
    said = twiml.question("¿1 < 2 & 3?", "es-MX", "https://a.example/key", after="Adiós.")
    gather, last, hangup = ElementTree.fromstring(said)
    assert gather.attrib["numDigits"] == "1"
    assert gather.attrib["action"] == "https://a.example/key"
    assert [each.tag for each in gather] == ["Say", "Pause", "Say"]
    assert {each.text for each in gather.iter("Say")} == {"¿1 < 2 & 3?"}
    assert {each.attrib["language"] for each in gather.iter("Say")} == {"es-US"}
    assert (last.text, hangup.tag) == ("Adiós.", "Hangup")


def test_a_question_by_text_has_a_line_for_each_offer() -> None:
    choices = [{"modality": "in_person", "minutes": 14}, {"modality": "video"}]
    args = {"choices": choices, "link": "https://a.example"}
    words = compose.render("sms_which", args, locale="en", is_private=False)
    assert words.body.splitlines()[1:] == [
        "1: in person, about 14 min from you",
        "2: by video, now",
    ]
    spanish = compose.render("sms_which_newer", args, locale="es", is_private=False)
    assert spanish.body.splitlines()[1:] == [
        "1: en persona, a unos 14 min de ti",
        "2: por video, ahora",
    ]
    broken = {"choices": [{"modality": "video", "hospital": "Scioto"}]}
    with pytest.raises(ValueError, match="cannot be filled"):
        compose.render("sms_which", broken, locale="en", is_private=False)


@pytest.mark.parametrize("key", ["sms.in_person", "sms.video", "voice.chat", "sms_which"])
@pytest.mark.parametrize("locale", ["en", "es"])
def test_extra_private_texts_and_calls_say_only_that_there_is_something(
    key: str, locale: str
) -> None:
    args = {"modality": "in_person", "minutes": 14, "link": "https://a.example"}
    words = compose.render(key, args, locale=locale, is_private=True)
    assert "14" not in words.body
    for hidden in ("peer", "apoyo", "person", "video", "chat", "Y ", "N "):
        assert hidden not in words.body
