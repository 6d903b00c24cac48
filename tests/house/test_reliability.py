"""The table of faults in docs/reliability.md names tests and faults that exist."""

import re

from tests.faults.runner import faults
from tests.house.repository import ROOT

PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 50
    missing = [
        f"{file}::{name}"
        for file, name in named
        if f"\ndef {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert not missing


def test_every_fault_of_the_runner_that_is_named_can_be_made() -> None:
    known = {f"{one.point} {one.act}" for one in faults.every()}
    named = {found.strip() for found in re.findall(r"runner: ([^,;|]+)", PAGE)} - {
        "POINT ACT` is a fault of the runner"
    }
    assert len(named) > 20
    assert not {one for one in named if one not in known and "`" not in one}


def test_what_has_no_test_is_called_owed() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "::" not in line]
    table = PAGE[PAGE.index("| fault | where it is made |") :]
    silent = [
        line
        for line in rows
        if line in table and not re.search(r"runner:|owed|\*\*|where it is made|---", line)
    ]
    assert not silent
