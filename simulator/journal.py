"""What happened, as a manager reads it through the front door: every request with all its facts."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from simulator.door import Answer, Json
from simulator.doubles import moment_of

Get = Callable[[str], Answer]
"""Fetches a path below `/api/v1` as a manager."""


def read_stories(get: Get, *, since: datetime | None = None) -> list[tuple[Json, list[Json]]]:
    """Every request made at `since` or later with its facts, oldest first."""
    found: list[tuple[Json, list[Json]]] = []
    cursor = ""
    while True:
        page = _ok(get(f"/requests?limit=200{cursor}"))
        for request in page["items"]:
            if since is not None and moment_of(request["created_at"]) < since:
                return found[::-1]
            found.append((request, _facts(get, request)))
        if page["next_cursor"] is None:
            return found[::-1]
        cursor = f"&cursor={page['next_cursor']}"


def _facts(get: Get, request: Mapping[str, Any]) -> list[Json]:
    facts: list[Json] = []
    while True:
        after = facts[-1]["seq"] if facts else 0
        page = _ok(get(f"/requests/{request['id']}/facts?after={after}"))
        facts += page["items"]
        if not page["items"] or facts[-1]["seq"] >= page["seq"]:
            return facts


def _ok(answer: Answer) -> Json:
    if not answer.is_ok:
        raise RuntimeError(f"the journal cannot be read: {answer.status} {answer.code}")
    return answer.body
