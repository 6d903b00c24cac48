"""What belongs to the repository: its files as git sees them, and its Python modules.

It knows which files count; it refuses to judge them.
"""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("storage", "dispatch", "notifications", "server", "simulator", "benchmarks")
"""The folders that run; `tests` are held to fewer rules."""


@cache
def files() -> tuple[Path, ...]:
    """Every file that is tracked, or new and not ignored; a clone without git has all of them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
        return tuple(sorted(path for path in names if path.is_file()))
    ignored = {".venv", "var", "__pycache__", ".git"}
    every = (path for path in ROOT.rglob("*") if path.is_file())
    return tuple(sorted(path for path in every if not ignored & {*path.relative_to(ROOT).parts}))


def name_of(path: Path) -> str:
    """The path as seen from the root, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str | None:
    """The file's text; None for a picture or another binary."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def python_files(*folders: str) -> list[Path]:
    """The Python files below `folders`; of the whole repository without any."""
    return [
        path
        for path in files()
        if path.suffix == ".py" and (not folders or name_of(path).split("/")[0] in folders)
    ]


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=name_of(path))
