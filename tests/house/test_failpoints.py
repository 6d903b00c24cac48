"""Failpoints: each stands at one place of the product, is listed once, and costs nothing unarmed."""

import ast
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import failpoints
from tests.faults.points import POINTS
from tests.house.repository import ROOT, name_of, python_files, tree_of


def reached() -> Iterator[tuple[str, str]]:
    """The name and the file of every place that can fail."""
    for path in python_files("storage", "dispatch", "notifications", "server"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "failpoint":
                (name,) = node.args
                # A name that is put together could not be looked for.
                assert isinstance(name, ast.Constant), name_of(path)
                yield str(name.value), name_of(path)


def test_each_point_is_listed_and_stands_at_one_place() -> None:
    places = Counter(name for name, _ in reached())
    assert set(places) == set(POINTS)
    assert [name for name, count in places.items() if count > 1] == []


def test_unasked_for_a_point_is_bound_to_nothing() -> None:
    code = "from storage import failpoints as f; assert f.failpoint is f._nothing; print(f.failpoint('x'))"
    environment = {k: v for k, v in os.environ.items() if k != failpoints.FOLDER}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "None\n"


def test_an_armed_point_fails_once(tmp_path: Path) -> None:
    failpoint = failpoints.pointer(tmp_path)
    failpoint("here")
    (tmp_path / "here").write_text("raise")
    failpoint("elsewhere")
    with pytest.raises(failpoints.Failure, match="here"):
        failpoint("here")
    failpoint("here")
    assert [path.name for path in tmp_path.iterdir()] == [f"here.fired-by-{os.getpid()}"]
