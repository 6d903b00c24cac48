"""The words of the screens, in English and Spanish: one catalogue for the server and the browser.

`words/<language>/<family>.json` maps a key to a sentence, or to its plural forms (`one`, `other`;
the count is `n`). `{name}` is filled in and `**bold**` becomes bold in `rich`. No sentence is glued
from parts. It knows languages; it refuses to know pages.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from markupsafe import Markup, escape

LANGUAGES = {"en": "English", "es": "Español"}
"""Every language of the screens, in its own words."""
FALLBACK = "en"
FOLDER = Path(__file__).parent / "words"

Entry = str | dict[str, str]


@cache
def catalogue(language: str, families: tuple[str, ...]) -> dict[str, Entry]:
    """The entries of some families in one language."""
    merged: dict[str, Entry] = {}
    for family in families:
        path = FOLDER / language / f"{family}.json"
        merged |= json.loads(path.read_text(encoding="utf-8"))
    return merged


def families() -> tuple[str, ...]:
    """Every family of words there is."""
    return tuple(sorted(path.stem for path in (FOLDER / FALLBACK).glob("*.json")))


class Words:
    """The catalogue in one language, as templates use it."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else FALLBACK
        self._entries = catalogue(self.language, families())
        self._plural = Locale.parse(self.language).plural_form

    def _text(self, key: str, values: Mapping[str, Any]) -> str:
        entry = self._entries[key]
        if isinstance(entry, str):
            return entry
        form = self._plural(values.get("n", 0))
        return entry.get(form, entry["other"])

    def __call__(self, key: str, **values: Any) -> str:
        """The sentence `key`, filled in. A key that is not there is a programming error."""
        return _fill(self._text(key, values), values)

    def rich(self, key: str, **values: Any) -> Markup:
        """The same as markup, with `**bold**`; what is filled in is escaped."""
        safe = {name: str(escape(value)) for name, value in values.items()}
        text = _fill(str(escape(self._text(key, values))), safe)
        return Markup(re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text))  # noqa: S704  # escaped above


def _fill(text: str, values: Mapping[str, Any]) -> str:
    return re.sub(r"{(\w+)}", lambda found: str(values[found[1]]), text)
