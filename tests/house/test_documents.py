"""Documents cannot lie: pages made from code are in step, links lead somewhere, commands exist."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from itertools import pairwise

import pytest

from server.api.routes import every_route
from server.settings import Settings
from tests.house.pages import BESIDES, PAGES
from tests.house.repository import ROOT, files, name_of, text_of

PROSE = sorted(path for path in files() if path.suffix == ".md")
KNOWN_SETTINGS = {name.upper() for name in Settings.model_fields} | set(BESIDES)

OPERATORS = {"/healthz", "/readyz", "/metrics"}
"""Addresses without the prefix, outside the API's list."""


def prose() -> str:
    """All documents as one text."""
    return "\n".join(text_of(path) or "" for path in PROSE)


@pytest.mark.parametrize("name,render", PAGES.items(), ids=list(PAGES))
def test_a_page_made_from_code_is_in_step(name: str, render: Callable[[], str]) -> None:
    again = "make it again: .venv/bin/python -m tests.house.pages"
    assert (ROOT / name).read_text(encoding="utf-8") == render(), again


def test_every_setting_says_what_it_is() -> None:
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def test_documents_name_only_settings_that_exist() -> None:
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", prose()))
    named |= set(re.findall(r"export ([A-Z_]+)=", prose()))
    named |= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "Procfile").read_text(encoding="utf-8")))
    assert named
    assert named <= KNOWN_SETTINGS


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for path in PROSE:
        text = text_of(path) or ""
        targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)
        broken += [f"{name_of(path)}: {t}" for t in targets if not (path.parent / t).exists()]
    assert not broken


def test_every_decision_stands_in_the_list() -> None:
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    pages = {path.name for path in PROSE if path.parent.name == "adr"} - {"README.md"}
    assert {name for name in pages if f"({name})" in index} == pages


def test_scripts_in_documents_exist_and_can_be_run() -> None:
    scripts = set(re.findall(r"\bbin/[a-z]+\b", prose()))
    assert {"bin/run", "bin/test", "bin/check"} <= scripts
    own = {script for script in scripts if f".venv/{script}" not in prose()}
    assert not [script for script in own if not os.access(ROOT / script, os.X_OK)]


def test_endpoints_in_documents_exist() -> None:
    named = set(re.findall(r"`(GET|POST|PUT|DELETE) (?:/api/v1)?(/[^`? ]+)", prose()))
    assert ("POST", "/requests") in named
    declared = {(route.method, re.sub(r"{\w+}", "{}", route.path)) for route in every_route()}
    unknown = {
        (method, path)
        for method, path in named
        if path not in OPERATORS and (method, re.sub(r"<\w+>|{\w+}", "{}", path)) not in declared
    }
    assert not unknown


@pytest.mark.parametrize("package", ["server", "simulator"])
def test_commands_in_documents_exist(package: str) -> None:
    everywhere = prose() + (ROOT / "Procfile").read_text(encoding="utf-8")
    named = set(re.findall(rf"python -m {package} ([a-z]+|--[a-z]+)", everywhere))
    assert named
    described = subprocess.run(
        [sys.executable, "-m", package, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert not [command for command in named if command not in described]


def test_the_newest_change_is_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+)$", changes, re.MULTILINE)
    assert versions[0] == project["version"]


def test_every_dependency_says_why() -> None:
    silent = []
    for name in ("requirements.in", "requirements-dev.in"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        for before, line in pairwise(lines):
            if line and not line.startswith(("#", "-r ")) and not before.startswith("# "):
                silent.append(f"{name}: {line}")
    assert not silent


def test_every_dependency_is_pinned_with_its_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        packages = [line for line in text.splitlines() if line and line[0].isalnum()]
        assert packages
        assert not [line for line in packages if "==" not in line or "--hash=sha256:" not in line]


def test_what_was_taken_from_others_names_its_licence() -> None:
    taken = [path for path in files() if {"data", "vendor"} & {*name_of(path).split("/")[:-1]}]
    notes = {path.parent: text_of(path) or "" for path in taken if path.name == "README.md"}
    silent = []
    for path in taken:
        if path.suffix == ".py" or path.name == "README.md":
            continue
        above = [notes[folder] for folder in path.parents if folder in notes]
        if not any(path.name in note and "icen" in note for note in above):
            silent.append(name_of(path))
    assert not silent
