"""The types that every body shares: what is a moment, and what only looks like one."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from server.api.models import Moment

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@pytest.mark.parametrize(
    "written",
    ["2026-03-03T02:40:00Z", "2026-03-03T02:40:00.250Z", "2026-03-02t21:40:00-05:00"],
)
def test_a_moment_is_written_out_with_its_offset(written: str) -> None:
    read = MOMENT.validate_json(f'"{written}"', strict=True)
    assert read.replace(microsecond=0) == datetime(2026, 3, 3, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["7", "1772505600", "2026-03-03", "2026-03-03T02:40:00", "2026-03-03T02:40Z", ""]
)
def test_a_number_in_quotes_or_half_a_moment_is_none(written: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_json(f'"{written}"', strict=True)
