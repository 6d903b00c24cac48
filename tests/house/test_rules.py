"""Every house rule bites: an offence is planted and found, and its neighbour is left alone."""

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.house import rules

TextRule = Callable[[str], Iterator[str]]
TreeRule = Callable[[ast.Module], Iterator[str]]


@pytest.mark.parametrize(
    "rule,bad,good",
    [
        (rules.too_long, "x = 1\n" * 401, "x = 1\n" * 400),
        (rules.too_long, "\n" * 401, f"# {rules.LONG_BECAUSE}one table\n" + "\n" * 401),
        (rules.foreign_words, "see /" + "home/ann/notes", "see docs/home/notes"),
        (rules.foreign_words, "from py" + "pi.org", "from a package index"),
        (rules.foreign_words, "as ../" + "shared says", "a shared table"),
        (rules.unfinished, "# TO" + "DO later", "# to do this, call that"),
        (rules.unfinished, "x = y  # type: " + "ignore", "x = y  # type: " + "ignore[misc]  # why"),
    ],
)
def test_a_rule_about_text_bites(rule: TextRule, bad: str, good: str) -> None:
    assert list(rule(bad))
    assert not list(rule(good))


@pytest.mark.parametrize(
    "rule,bad,good",
    [
        (rules.without_docstring, "x = 1", '"""Knows x."""\nx = 1'),
        (rules.without_docstring, '"""  """', '"""Knows nothing."""'),
        (rules.asks_the_time, "datetime.now(UTC)", "clock.now()"),
        (rules.asks_the_time, "datetime.datetime.utcnow()", "datetime.fromisoformat(text)"),
        (rules.asks_the_time, "time.time()", "time.perf_counter()"),
        (rules.asks_the_time, "from time import time", "from time import monotonic"),
        (rules.waits, "time.sleep(1)", "event.wait(1)"),
        (rules.waits, "from gevent import sleep\nsleep(0)", "asleep()"),
        (rules.commits, "session.commit()", "tx.after_commit(poke)"),
        (rules.commits, "self.session.commit()", "commit = 1"),
        (rules.skips, "@pytest.mark.skipif(True)\ndef test_x(): ...", "@pytest.mark.race\ndef t(): ..."),
        (rules.skips, "pytest.importorskip('redis')", "import redis"),
        (rules.skips, "from pytest import xfail", "from pytest import raises"),
    ],
)  # fmt: skip
def test_a_rule_about_code_bites(rule: TreeRule, bad: str, good: str) -> None:
    assert list(rule(ast.parse(bad)))
    assert not list(rule(ast.parse(good)))
