"""A log line is JSON, carries the request's id, and nothing private."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from server import logs


@pytest.fixture
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What was written, parsed."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("_restored")
def test_our_lines_and_the_libraries_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    structlog.contextvars.bind_contextvars(request_id="abc")
    structlog.get_logger("ours").info("request", route="/x")
    logging.getLogger("theirs").warning("said %s", "so")
    logging.getLogger("theirs").debug("not shown")
    structlog.contextvars.clear_contextvars()
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["route"], ours["request_id"]) == ("request", "/x", "abc")
    assert (theirs["event"], theirs["level"]) == ("said so", "warning")
    assert theirs["request_id"] == "abc"


@pytest.mark.usefixtures("_restored")
def test_an_exception_shows_types_and_places_only(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")

    def fail() -> None:
        try:
            raise ValueError("Key (email)=(nurse@here.example) already exists")
        except ValueError as cause:
            raise RuntimeError("hunter2") from cause

    try:
        fail()
    except RuntimeError:
        logging.getLogger("server").exception("unhandled")
    out = capsys.readouterr().out
    (line,) = [json.loads(text) for text in out.splitlines()]
    first, second = line["exception"]
    assert first.startswith("builtins.ValueError at ")
    assert second.startswith("builtins.RuntimeError at ")
    assert "test_server_logs.py" in second
    assert "hunter2" not in out
    assert "nurse@" not in out
