"""A copy of the project in which one guard is broken, and the tests that must notice, run in it.

It copies what Python needs and leaves the original alone. The tests run in a fork that has the
libraries loaded already, and nothing of ours: most of a short test's time is importing them.
"""

import importlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.control.guards import Guard
from tests.house.repository import ROOT

PACKAGES = ("storage", "dispatch", "notifications", "server", "simulator", "benchmarks", "tests")
LIBRARIES = (
    *("pytest", "sqlalchemy.orm", "alembic.command", "psycopg", "pydantic", "pydantic_settings"),
    *("flask", "flask_socketio", "flask_limiter", "requests", "redis", "joserfc.jwt", "argon2"),
    *("geopy.distance", "h3", "jsonschema", "hypothesis", "firebase_admin.messaging"),
)
PATIENCE_S = 300.0
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_ALL_PASSED, _SOME_FAILED = 0, 1


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
    for name in LIBRARIES:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(dir=ROOT.parent) as made:
        folder = Path(made)
        break_it(guard, folder)
        child = os.fork()
        if child == 0:
            _run(guard, folder)
        status = _await(child)
        told = (folder / "told").read_text(encoding="utf-8", errors="replace")
    if status is None:
        return Found(guard, False, "")
    failed = _FAILED.search(told)
    # Anything else than "a test failed" and "all passed" is a mistake of the table.
    if status not in (_ALL_PASSED, _SOME_FAILED):
        raise RuntimeError(f"{guard.name}: {told[-3000:]}")
    if status == _ALL_PASSED:
        return Found(guard, False, "")
    return Found(guard, True, failed[1] if failed else "a test")


def _run(guard: Guard, folder: Path) -> None:
    """In the fork: pytest in the copy, with what is ours imported from there. Never returns."""
    status = 70
    try:
        os.setsid()
        out = os.open(folder / "told", os.O_WRONLY | os.O_CREAT, 0o600)
        for stream in (1, 2):
            os.dup2(out, stream)
        os.chdir(folder)
        sys.dont_write_bytecode = True
        sys.path[:] = [str(folder), *(one for one in sys.path if one not in ("", str(ROOT)))]
        for name in [name for name in sys.modules if name.split(".")[0] in PACKAGES]:
            del sys.modules[name]
        import pytest

        options = ["-q", "-x", "-p", "no:cacheprovider", "--timeout=90", f"--rootdir={folder}"]
        chosen = ["-k", guard.like] if guard.like else []
        status = int(pytest.main([*options, *chosen, *guard.caught_by]))
    finally:
        sys.stdout.flush()
        os._exit(status)


def _await(child: int) -> int | None:
    """The exit status of the fork; None when its time was over."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
