"""pgbench as the peer: the statements of one call of ours, recorded, then run without Python.

The call is made once for a sample, and every value of the sample becomes an expression of `:n`. So
both sides send the same SQL over the same number of connections to the same server, one after the
other in one run.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from tests.harness.postgres import PROGRAMS, PostgresServer

_NEW_ID = re.compile(r"[0-9a-f]{32}")


@contextmanager
def recorded(engine: Engine, sample: str, also: Mapping[str, str]) -> Iterator[list[str]]:
    """What `engine` is sent inside of the block, as lines of a script that does it for `:n`.

    A text that begins with `sample` becomes `:n` and its rest; `also` are further texts of the
    sample, each with the expression that stands for it.
    """
    script: list[str] = []

    def begun(_connection: Connection) -> None:
        script.append("BEGIN;")

    def committed(_connection: Connection) -> None:
        script.append("COMMIT;")

    def rolled_back(_connection: Connection) -> None:
        script.append("ROLLBACK;")

    def sent(_c: Connection, _cur: Any, statement: str, values: Any, *_rest: Any) -> None:
        rows = values if isinstance(values, list) else [values]
        script.extend(_written(statement, row, sample, also) for row in rows)

    heard: dict[str, Callable[..., None]] = {
        "begin": begun,
        "commit": committed,
        "rollback": rolled_back,
        "before_cursor_execute": sent,
    }
    for name, listener in heard.items():
        event.listen(engine, name, listener)
    try:
        yield script
    finally:
        for name, listener in heard.items():
            event.remove(engine, name, listener)


def statements(script: list[str]) -> int:
    """How many of the lines are more than the edge of a transaction."""
    return sum(line not in ("BEGIN;", "COMMIT;", "ROLLBACK;") for line in script)


def _written(statement: str, values: Any, sample: str, also: Mapping[str, str]) -> str:
    """One statement with its values written in, on one line."""

    def literal(match: re.Match[str]) -> str:
        value = values[match[1]]
        value = getattr(value, "obj", value)  # psycopg's wrapper around JSON
        if value is None:
            return "NULL"
        if isinstance(value, datetime):
            return "now()"
        if isinstance(value, (bool, int, float)):
            return str(value)
        if isinstance(value, (dict, list)):
            return _quoted(json.dumps(value))
        if value in also:
            return f"({also[value]})"
        if value.startswith(sample):
            rest = value.removeprefix(sample)
            return f"((:n)::text || {_quoted(rest)})" if rest else "(:n)::text"
        if _NEW_ID.fullmatch(value):
            return "'v' || :n"
        return _quoted(str(value))

    text = re.sub(r"%\((\w+)\)s", literal, statement)
    return " ".join(text.split()) + ";"


def _quoted(text: str) -> str:
    """A literal in which pgbench sees no variable of its own."""
    written = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a")
    return f"E'{written}'"


def run(
    server: PostgresServer, script: list[str], numbers: range, clients: int
) -> tuple[float, float]:
    """Transactions a second and mean latency in ms of `clients` sending `script` for `numbers`."""
    each = len(numbers) // clients
    head = ["\\set i :i + 1", f"\\set n {numbers.start - 1} + :client_id * {each} + :i"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.sql"
        path.write_text("\n".join([*head, *script]) + "\n")
        command = [
            str(PROGRAMS / "pgbench"),
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={clients}",
            "--jobs=2",
            f"--transactions={each}",
            "--define=i=0",
            f"--file={path}",
            server.url(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0 or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    tps = re.search(r"tps = ([\d.]+)", done.stdout)
    latency = re.search(r"latency average = ([\d.]+) ms", done.stdout)
    if tps is None or latency is None:
        raise RuntimeError(f"pgbench said nothing of its speed:\n{done.stdout}")
    return float(tps[1]), float(latency[1])
