"""The table of guards that are broken on purpose is in step with the code and the tests it names."""

from collections import Counter

from tests.faults.control.guards import GUARDS
from tests.house.repository import ROOT


def test_every_guard_stands_where_the_table_says() -> None:
    moved = [
        guard.name
        for guard in GUARDS
        if (ROOT / guard.file).read_text(encoding="utf-8").count(guard.is_) != 1
    ]
    assert not moved


def test_there_are_enough_of_them_and_each_is_broken_in_its_own_way() -> None:
    assert len(GUARDS) >= 30
    assert not [name for name, n in Counter(guard.name for guard in GUARDS).items() if n > 1]
    assert not [guard.name for guard in GUARDS if guard.is_ == guard.becomes]


def test_the_tests_that_must_notice_exist() -> None:
    missing = {file for guard in GUARDS for file in guard.caught_by if not (ROOT / file).exists()}
    assert not missing
