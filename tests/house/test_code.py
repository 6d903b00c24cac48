"""The house rules, applied to every file of the repository."""

import ast
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.house import rules
from tests.house.repository import PRODUCT, files, name_of, python_files, text_of, tree_of

LISTS = ("requirements.txt", "requirements-dev.txt", "package-lock.json")
"""Made by tools; their length is not ours."""

SOURCE = {".py", ".js", ".mjs", ".css", ".html", ".sh", ".yml", ".yaml"}
"""What people write; data, pictures and lists may be long."""


def offences(paths: Iterable[Path], rule: Callable[[ast.Module], Iterator[str]]) -> list[str]:
    """One line per offence against a rule about code."""
    return [f"{name_of(path)}: {found}" for path in paths for found in rule(tree_of(path))]


def without(*names: str) -> list[Path]:
    """The product's modules but for those with a reason to be different."""
    return [path for path in python_files(*PRODUCT) if name_of(path) not in names]


def is_vendored(path: Path) -> bool:
    """Whether others wrote it."""
    return "vendor" in name_of(path).split("/")


def test_no_file_is_longer_than_a_room_should_be() -> None:
    long = [
        f"{name_of(path)}: {found}"
        for path in files()
        if path.suffix in SOURCE and not is_vendored(path)
        for found in rules.too_long(text_of(path) or "")
    ]
    assert not long


def test_modules_are_short_in_the_middle() -> None:
    lengths = sorted((text_of(path) or "").count("\n") for path in python_files(*PRODUCT))
    assert lengths[len(lengths) // 2] <= 120


def test_every_module_says_what_it_knows() -> None:
    assert not offences(python_files(), rules.without_docstring)


def test_only_the_clock_asks_what_time_it_is() -> None:
    reasons = {
        "storage/clock.py": "it is the one that asks",
        "storage/ids.py": "a new id carries milliseconds for its index; nobody reads them back",
        "server/realtime/pulse.py": "the library remembers a ping by the system's time",
        "server/auth/limits.py": "the limiter's library keeps its windows in the system's time",
    }
    assert not offences(without(*reasons), rules.asks_the_time)


def test_only_the_dispatcher_waits() -> None:
    # The simulator and the benchmarks are people and phones; those do wait.
    product = python_files("storage", "dispatch", "notifications", "server")
    waiting = [path for path in product if name_of(path) != "server/dispatcher.py"]
    assert not offences(waiting, rules.waits)


def test_only_the_database_commits() -> None:
    # A migration is a transaction of its own, outside the product's.
    allowed = ("storage/database.py", "storage/migrations/env.py")
    assert not offences(without(*allowed), rules.commits)


def test_no_test_is_skipped() -> None:
    # The house's own tests name what they look for.
    tests = [path for path in python_files("tests") if path.parent.name != "house"]
    assert not offences(tests, rules.skips)


@pytest.mark.parametrize("rule", [rules.foreign_words, rules.unfinished])
def test_the_project_speaks_of_itself_alone(rule: Callable[[str], Iterator[str]]) -> None:
    found = [
        f"{name_of(path)}: {offence}"
        for path in files()
        if not is_vendored(path) and path.name not in LISTS
        for offence in rule(text_of(path) or "")
    ]
    assert not found


def test_no_list_of_packages_names_a_host() -> None:
    lists = [path for path in files() if path.name.startswith("requirements")]
    assert len(lists) == 4  # two lists, each with its reasons
    assert not [
        f"{name_of(path)}: {offence}"
        for path in lists
        for offence in rules.foreign_words(text_of(path) or "")
    ]


def test_what_is_run_has_its_run_bit() -> None:
    scripts = [path for path in files() if (text_of(path) or "").startswith("#!")]
    names = {name_of(path) for path in scripts}
    assert {"bin/run", "bin/test", "bin/check", ".ci/run"} <= names
    assert not [name_of(path) for path in scripts if not os.access(path, os.X_OK)]
