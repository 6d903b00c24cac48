"""What the browser is sent: how much, under which address, and that a module imports what exists."""

import gzip
import re
from pathlib import Path

import pytest

from server.web import frame, icons, statics
from server.web.pages import manage, peer

CSS_MOST = 40_000
"""Bytes of style that one page may load."""
SCRIPT_MOST = 150_000
"""Bytes of script, compressed, that one page may load, a map with streets included."""
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


def imported(path: Path) -> set[Path]:
    """Every script that a page which begins with this one comes to load, now or later."""
    known = statics.importmap()["imports"]
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        text = one.read_text()
        for name in re.findall(
            r"(?:^import .*?|\bimport\()[\"']([^\"']+)[\"']", text, re.MULTILINE
        ):
            if name.startswith("."):
                waiting.append((one.parent / name).resolve())
            else:
                waiting.append(statics.FOLDER / known[name].split("/", 3)[3])
    return found


def entries() -> list[Path]:
    """The modules that templates begin with."""
    pages = Path(frame.__file__).parent / "templates"
    named = {
        name
        for page in pages.rglob("*.html")
        for name in re.findall(r"import \"alongside/([^\"]+)\"", page.read_text())
    }
    return [
        path
        for path in MODULES
        for name in named
        if re.fullmatch(
            re.sub(r"{{.*?}}", r"[\\w-]+", name), path.relative_to(CSS.parent / "js").as_posix()
        )
    ]


@pytest.mark.parametrize("path", entries(), ids=lambda path: path.name)
def test_a_page_loads_little_script(path: Path) -> None:
    assert sum(len(gzip.compress(one.read_bytes(), 9)) for one in imported(path)) < SCRIPT_MOST


def test_the_streets_of_a_map_are_asked_for_only_when_they_are_drawn() -> None:
    named = [path for path in MODULES if re.search(r"^import .*leaflet", path.read_text(), re.M)]
    assert named == []
    assert [path.name for path in MODULES if 'import("leaflet")' in path.read_text()] == [
        "tiles.js"
    ]


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


@pytest.mark.parametrize(
    "script", [peer.worker_script(), manage.worker_script()], ids=["/peer", "/manage"]
)
def test_no_part_of_a_worker_takes_the_name_of_another(script: str) -> None:
    """They share one scope: a function of the same name would silently be the other one."""
    declared = re.findall(
        r"^(?:async )?(?:function\*?|const|let|class) (\w+)", script, re.MULTILINE
    )
    assert len(declared) > 20
    assert sorted(declared) == sorted(set(declared))
    assert "export " not in script
    assert "import " not in script.replace("it imports nothing", "")
