"""Cursors: what was made is read again, and nothing else is."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.api.paging import decode, encode
from server.errors import Problem


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001  # bounds
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
)
def test_a_cursor_is_read_as_it_was_made(moment: datetime, row_id: str) -> None:
    moment = moment.replace(tzinfo=UTC)
    assert decode(encode(moment, row_id)) == (moment, row_id)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.b64encode(b).decode()))
def test_anything_else_is_a_422(text: str) -> None:
    try:
        moment, row_id = decode(text)
    except Problem:
        return
    assert row_id.isalnum()
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        [],
        ["2026-01-01T00:00:00+00:00"],
        ["2026-01-01T00:00:00", "a"],
        ["0001-01-01T00:00:00+14:00", "a"],
        ["2026-01-01T00:00:00+00:00", 7],
        ["2026-01-01T00:00:00+00:00", "a'; --"],
        {"a": 1, "b": 2},
    ],
)
def test_well_formed_nonsense_is_a_422(value: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
    with pytest.raises(Problem) as refused:
        decode(cursor)
    assert refused.value.status == 422
