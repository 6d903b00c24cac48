"""What the browser is sent: how much, under which address, and that a module imports what exists."""

import gzip
import re
from pathlib import Path

import pytest

from server.web import frame, icons, statics

CSS_MOST = 40_000
"""Bytes of style that one page may load."""
SCRIPT_MOST = 150_000
"""Bytes of script, compressed, that all pages together have."""
ON_EVERY_PAGE = ("tokens.css", "base.css", "components.css")
CSS = statics.FOLDER / "css"
MODULES = sorted((statics.FOLDER / "js").rglob("*.js"))


def sent(name: str) -> int:
    """Bytes of a style as the browser is sent it."""
    return len(statics.content(f"css/{name}"))


def test_a_page_loads_little_style() -> None:
    shared = sum(sent(name) for name in (*ON_EVERY_PAGE, "live.css"))
    own = [path.name for path in CSS.iterdir() if path.name not in (*ON_EVERY_PAGE, "live.css")]
    assert not [name for name in own if shared + sent(name) > CSS_MOST]


def test_all_scripts_together_are_small() -> None:
    scripts = [*MODULES, *(statics.FOLDER / "vendor").glob("*.js")]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in scripts) < SCRIPT_MOST


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_imports_what_exists(path: Path) -> None:
    known = statics.importmap()["imports"]
    for name in re.findall(r"^import .*?[\"']([^\"']+)[\"'];$", path.read_text(), re.MULTILINE):
        if name.startswith("."):
            assert (path.parent / name).resolve().is_file(), name
        else:
            assert name in known, name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_names_only_icons_that_are_there(path: Path) -> None:
    named = set(re.findall(r"<\${Icon} name=[\"']([a-z0-9-]+)[\"']", path.read_text()))
    named |= set(re.findall(r"\bicon=[\"']([a-z0-9-]+)[\"']", path.read_text()))
    assert named <= set(icons.SHAPES)


def test_the_dark_tokens_are_the_same_for_chosen_and_automatic() -> None:
    text = (CSS / "tokens.css").read_text()
    chosen = re.search(r'\n\[data-theme="dark"\] {(.*?)\n}', text, re.DOTALL)
    automatic = re.search(r":not\(\[data-theme=\"dark\"\]\) {(.*?)\n  }", text, re.DOTALL)
    assert chosen is not None
    assert automatic is not None
    assert chosen[1].split() == automatic[1].split()


def test_an_address_changes_with_the_content() -> None:
    assert statics.address("css/base.css") == f"/static/{statics.version()}/css/base.css"
    with pytest.raises(KeyError):
        statics.address("css/none.css")


@pytest.mark.parametrize(
    "wanted,goes",
    [
        ("/ed?room=12", "/ed?room=12"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("", "/"),
        ("/a\nb", "/"),
    ],
)
def test_after_signing_in_one_stays_here(wanted: str, goes: str) -> None:
    from flask import Flask

    with Flask("x").test_request_context("/", query_string={"next": wanted}):
        assert frame.next_page("/") == goes
