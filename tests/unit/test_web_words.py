"""Both languages say everything, with the same gaps to fill, and every key is used."""

import json
import re

import pytest

from server.web import words
from tests.house.repository import ROOT

ENGLISH = words.catalogue("en", words.families())


def gaps(entry: words.Entry) -> set[str]:
    """What is filled in."""
    texts = [entry] if isinstance(entry, str) else list(entry.values())
    return {name for text in texts for name in re.findall(r"{(\w+)}", text)}


@pytest.mark.parametrize("language", [code for code in words.LANGUAGES if code != "en"])
def test_a_language_is_complete(language: str) -> None:
    there = words.catalogue(language, words.families())
    assert set(there) == set(ENGLISH)
    assert not [key for key in there if gaps(there[key]) != gaps(ENGLISH[key])]
    assert not [
        key for key in there if isinstance(there[key], dict) != isinstance(ENGLISH[key], dict)
    ]
    assert not [key for key in there if not there[key]]


@pytest.mark.parametrize("family", words.families())
def test_a_key_belongs_to_one_family(family: str) -> None:
    own = json.loads((words.FOLDER / "en" / f"{family}.json").read_text(encoding="utf-8"))
    others = words.catalogue("en", tuple(one for one in words.families() if one != family))
    assert not own.keys() & others.keys()


def test_every_word_is_used() -> None:
    """A key is named whole, or begins like a key that is built (`"state_" ~ state`)."""
    folder = ROOT / "server/web"
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for pattern in ("**/*.py", "templates/**/*.html", "static/js/**/*.js")
        for path in folder.glob(pattern)
    )
    named = set(re.findall(r"[\"'`]([a-z0-9_]+)[\"'`]", source))
    built = set(re.findall(r"[\"'`]([a-z0-9_]+_)(?:[\"'`] ~|\$\{)", source))
    unused = [key for key in ENGLISH if key not in named and not key.startswith(tuple(built))]
    assert not unused


def test_plural_bold_and_what_is_filled_in() -> None:
    spoken = words.Words("en")
    assert spoken("about_minutes", n=1) == "about 1 min"
    assert "<b>" not in spoken.rich("front_hello", name="<b>")
    assert words.Words("xx").language == "en"
