"""The texts: exactly those of the design, whole in both languages, and with nothing private."""

import re
from string import Formatter

import pytest

from notifications import compose
from notifications.messages import CATALOGUE, PLACEHOLDERS, Text, Tone

FILLED = {"minutes": 14, "time": "7 PM", "days": 30, "link": "https://a.example/o/1"}

DESIGN = {
    "offer.in_person": (
        "Someone would like a peer",
        "In person, about 14 min from you. Open to answer.",
    ),
    "offer.video": ("Someone would like a peer", "By video, now. Open to answer."),
    "offer_private": ("Alongside", "Something for you. Open when you can."),
    "offer_again.in_person": (
        "Still open: someone would like a peer",
        "In person, about 14 min from you.",
    ),
    "taken": ("This one is taken care of", "Someone said yes. Thank you."),
    "turn_around": ("You can turn around", "This request has ended. Thank you for going."),
    "message": ("A message about your visit", "Open to read."),
    "near": ("Almost there", "Door and room are in the app."),
    "note_due": ("One short note to finish", "About two minutes, when you're ready."),
    "check_in": ("How are you today?", "Only if you'd like."),
    "follow_up_due": ("A follow-up is due today", "Open when you have a moment."),
    "shift_starts": ("You're on at 7 PM", "Tap if plans have changed."),
    "shift_ends": (
        "Your shift ends at 7 PM",
        "Stay on longer or leave it there. Your choice.",
    ),
    "certificate_ends": ("Your certificate ends in 30 days", "Here is how to renew."),
    "supervisor": ("Someone would like to talk", "Open Care."),
    "safety": ("Call now", "A peer asked for help. Open for the number."),
    "sms.in_person": (
        "",
        (
            "Alongside: someone would like a peer, in person, about 14 min from you. Reply Y to go or "
            "N for not this time. Details: https://a.example/o/1"
        ),
    ),
    "voice.in_person": (
        "",
        (
            "This is Alongside. Someone would like a peer, about 14 minutes from you. Press 1 if you "
            "can go. Press 2 for not this time."
        ),
    ),
}


@pytest.mark.parametrize("key", sorted(DESIGN))
def test_the_english_texts_are_those_of_the_design(key: str) -> None:
    words = compose.render(key, FILLED, locale="en", is_private=False)
    assert (words.title, words.body) == DESIGN[key]


def test_the_manager_alarm_names_the_minutes() -> None:
    words = compose.render("alarm.no_yes_yet", {"minutes": 3}, locale="en", is_private=False)
    assert words.title == "A request needs you"
    assert words.body == "No yes after 3 min. Open the board."


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_spanish_says_the_same_with_the_same_blanks(key: str) -> None:
    entry = CATALOGUE[key]
    for english, spanish in ((entry.en.title, entry.es.title), (entry.en.body, entry.es.body)):
        assert bool(english) == bool(spanish)
        assert _blanks(english) == _blanks(spanish)
        assert _blanks(english) <= PLACEHOLDERS
        if english and english != "Alongside":
            assert english != spanish


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_the_voice_is_calm_and_blames_nobody(key: str) -> None:
    for text in _texts(key):
        for said in (text.title, text.body):
            assert "!" not in said
            assert not re.search(r"unfortunately|lamentablemente|missed|declined", said, re.I)
            assert not re.search(r"hospital|patient|paciente|overdose|suicid", said, re.I)


def test_only_what_replaces_an_alert_or_asks_nothing_of_anybody_is_quiet() -> None:
    quiet = {key for key, entry in CATALOGUE.items() if entry.tone is Tone.QUIET}
    assert quiet == {"test_quiet", "taken", "offer_ended", "offer_closed", "closed_private"}


def test_extra_private_hides_what_it_is_about() -> None:
    for key in ("offer.in_person", "offer_again.video"):
        words = compose.render(key, FILLED, locale="es-MX", is_private=True)
        assert (words.title, words.body) == ("Alongside", "Hay algo para ti. Abre cuando puedas.")
    ended = compose.render("taken", {}, locale="en", is_private=True)
    assert (ended.title, ended.tone) == ("Alongside", Tone.QUIET)
    # What must be acted on at once stays clear.
    urgent = compose.render("turn_around", {}, locale="en", is_private=True)
    assert urgent.title == "You can turn around"


@pytest.mark.parametrize(
    "args", [{"hospital": "Scioto Ridge"}, {"minutes": 3, "name": "Marcus"}, {"note": ""}]
)
def test_a_text_takes_no_other_argument(args: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="cannot be filled"):
        compose.render("offer.in_person", args, locale="en", is_private=False)


def test_a_text_without_what_it_needs_is_refused() -> None:
    with pytest.raises(ValueError, match="minutes"):
        compose.render("offer.in_person", {}, locale="en", is_private=False)
    with pytest.raises(ValueError, match="no text"):
        compose.render("offer.by_pigeon", {}, locale="en", is_private=False)


def test_a_language_that_is_not_shipped_is_english() -> None:
    assert compose.render("taken", {}, locale="so", is_private=False).locale == "en"


def test_the_app_is_told_identifiers_only() -> None:
    data = compose.data_of("offer.video", delivery_id="d1", offer_id="o1", request_id="r1")
    assert data == {"opens": "offer", "delivery_id": "d1", "offer_id": "o1", "request_id": "r1"}


def _texts(key: str) -> tuple[Text, Text]:
    return CATALOGUE[key].en, CATALOGUE[key].es


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
