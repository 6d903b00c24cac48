"""Free text warns on what looks like a record number or a date of birth, and on nothing else."""

import pytest

from dispatch.privacy import digit_warnings


@pytest.mark.parametrize(
    "text",
    [
        "123456",
        "MRN 00482915",
        "born 03/14/1988",
        "1988-03-14",
        "614 555 0142",
        "12.34.56",
        "1 2 3 4 5 6",
    ],
)
def test_six_digits_in_a_row_warn(text: str) -> None:
    assert digit_warnings({"note": text}) == ["long_number_in_note"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Room 12",
        "Bed 12345",
        "12 and 345 and 67",
        "2 people, 40 minutes, door 7",
        "a1b2c3d4e5f6",
    ],
)
def test_a_room_or_a_few_small_numbers_do_not(text: str | None) -> None:
    assert digit_warnings({"note": text}) == []


def test_each_field_is_named() -> None:
    texts = {"place": "123456", "note": "fine", "else": "654321"}
    assert digit_warnings(texts) == ["long_number_in_place", "long_number_in_else"]
