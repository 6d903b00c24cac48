"""A copy of the project in which one guard is broken, and the tests that must notice, run in it.

It copies what Python needs and leaves the original alone.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.faults.control.guards import Guard
from tests.house.repository import ROOT

PACKAGES = ("storage", "dispatch", "notifications", "server", "simulator", "benchmarks", "tests")
PATIENCE_S = 400.0
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """Whether somebody noticed, and who first."""

    guard: Guard
    is_caught: bool
    by: str


def break_it(guard: Guard, folder: Path) -> None:
    """Copy the project to `folder` and break the guard there. `ValueError` when it moved."""
    for package in PACKAGES:
        # Hard links cost nothing; the one file that changes is written anew.
        shutil.copytree(
            ROOT / package,
            folder / package,
            copy_function=os.link,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for name in ("pyproject.toml", "Procfile"):
        shutil.copy(ROOT / name, folder / name)
    path = folder / guard.file
    text = path.read_text(encoding="utf-8")
    if text.count(guard.is_) != 1:
        raise ValueError(f"{guard.name}: its text stands {text.count(guard.is_)} times")
    path.unlink()
    path.write_text(text.replace(guard.is_, guard.becomes), encoding="utf-8")


def notice(guard: Guard) -> Found:
    """Break the guard in a copy, run its tests there until one fails."""
    with tempfile.TemporaryDirectory(dir=ROOT.parent) as made:
        folder = Path(made)
        break_it(guard, folder)
        command = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout=90"]
        try:
            done = subprocess.run(
                [
                    sys.executable,
                    *command,
                    *guard.caught_by,
                    *(["-k", guard.like] if guard.like else []),
                ],
                cwd=folder,
                env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Found(guard, False, "")
    failed = _FAILED.search(done.stdout)
    # 1: a test failed. Anything else than that and "all passed" is a mistake of this table.
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{guard.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Found(guard, done.returncode != 0, failed[1] if failed else "")
