"""The page of what was measured has a place for each benchmark, and says where and when."""

import re

from benchmarks import page
from benchmarks.__main__ import TABLES
from benchmarks.table import keeping, render, show

HEAD, ROWS = ("what", "p50 ms"), [("yes", "1.0")]


def test_each_benchmark_has_its_block_and_each_block_its_benchmark() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert sorted(page.names(text)) == sorted(TABLES)
    assert text.count("<!-- measured:") == text.count("<!-- /measured -->") == len(TABLES)


def test_a_run_replaces_its_own_block_and_nothing_else() -> None:
    blocks = [f"<!-- measured: {name} -->\nold\n<!-- /measured -->\n" for name in ("one", "two")]
    was = "Before.\n\n" + "Between.\n".join(blocks) + "After.\n"
    with keeping() as tables:
        show("How fast", HEAD, ROWS)
    now = page.written(was, "two", tables, "Measured on a day.")
    table = render("How fast", HEAD, ROWS)
    block = f"<!-- measured: two -->\n{table}\n\nMeasured on a day.\n<!-- /measured -->\n"
    assert now == was.replace(blocks[1], block)


def test_the_machine_and_the_day_are_said() -> None:
    assert re.fullmatch(r"\d+ cores \(.+\), \d+ GB, \w+ [\d.]+, Python [\d.]+", page.machine())
    assert re.fullmatch(r"\d{4}-\d\d-\d\d, load \d+\.\d before", page.moment())
