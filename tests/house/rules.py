"""The house rules as functions: source in, one sentence per offence out.

`test_rules.py` shows that each bites; the other tests apply them to the repository.
"""

import ast
import re
from collections.abc import Iterator

MOST_LINES = 400
LONG_BECAUSE = "house: long because "
"""A file that must be longer says why, in a comment that begins so."""

_CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
_CLOCKS |= {("time", "time"), ("time", "time_ns")}
_SKIPS = {"skip", "skipif", "xfail", "importorskip", "skipTest", "SkipTest"}

# Written with a bracket each, so that this file does not offend against itself.
_FOREIGN = {
    "a path of somebody's machine": r"(?<![\w.~-])/(?:hom[e]|roo[t]|User[s]|wor[k]|op[t]|far[m])/\w",
    "a path outside the repository": r"\.\./share[d]|/tm[p]/\w/",
    "the host of a package registry": r"pyp[i]\.org|pythonhoste[d]\.org|npmj[s]\.(?:org|com)"
    r"|yarnpk[g]\.com|--(?:extra-)?inde[x]-url",
}
_UNFINISHED = {
    "unfinished": r"\b(?:TOD[O]|FIXM[E]|XX[X])\b",
    "an ignore without its code": r"#\s*type:\s*ignor[e](?!\[)",
}


def too_long(text: str) -> Iterator[str]:
    """More lines than a room should have, without a reason."""
    lines = text.count("\n")
    if lines > MOST_LINES and LONG_BECAUSE not in text:
        yield f"{lines} lines; split it, or say why in a comment: {LONG_BECAUSE}..."


def foreign_words(text: str) -> Iterator[str]:
    """What belongs to one machine, and not to the project."""
    for what, pattern in _FOREIGN.items():
        for found in re.finditer(pattern, text):
            yield f"line {text.count(chr(10), 0, found.start()) + 1}: {what}: {found[0]}"


def unfinished(text: str) -> Iterator[str]:
    """Notes to oneself, and silenced types that do not say which."""
    for what, pattern in _UNFINISHED.items():
        for found in re.finditer(pattern, text):
            yield f"line {text.count(chr(10), 0, found.start()) + 1}: {what}"


def without_docstring(tree: ast.Module) -> Iterator[str]:
    """A module that does not say what it knows."""
    if not (ast.get_docstring(tree) or "").strip():
        yield "the module has no docstring"


def _calls(tree: ast.Module) -> Iterator[tuple[int, str | None, str]]:
    """Each call as line, the last name before the dot, and the name that is called."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name):
            yield node.lineno, None, called.id
        elif isinstance(called, ast.Attribute):
            owner = called.value
            before = owner.id if isinstance(owner, ast.Name) else None
            before = owner.attr if isinstance(owner, ast.Attribute) else before
            yield node.lineno, before, called.attr


def _imported_from(tree: ast.Module, module: str) -> set[str]:
    """The names that `from module import ...` brings in."""
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == module
        for alias in node.names
    }


def asks_the_time(tree: ast.Module) -> Iterator[str]:
    """A look at the system's clock. (How long something took, `perf_counter`, is none.)"""
    for name in _imported_from(tree, "time") & {"time", "time_ns"}:
        yield f"imports {name} from time"
    for line, before, name in _calls(tree):
        if (before, name) in _CLOCKS:
            yield f"line {line}: {before}.{name}()"


def waits(tree: ast.Module) -> Iterator[str]:
    """A sleep, whoever offers it."""
    for line, _, name in _calls(tree):
        if name == "sleep":
            yield f"line {line}: sleep()"


def commits(tree: ast.Module) -> Iterator[str]:
    """A commit by hand."""
    for line, before, name in _calls(tree):
        if name == "commit" and before is not None:
            yield f"line {line}: {before}.commit()"


def skips(tree: ast.Module) -> Iterator[str]:
    """A test that may not be run, or may fail."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _SKIPS:
            yield f"line {node.lineno}: {node.attr}"
    for name in _imported_from(tree, "pytest") & _SKIPS:
        yield f"imports {name} from pytest"
