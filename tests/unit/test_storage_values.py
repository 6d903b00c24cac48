"""Clocks, ids, addresses of databases and the types of columns: values in, values out."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from storage.base import ByValue, UTCDateTime
from storage.clock import ManualClock, SystemClock
from storage.engine import parse_url
from storage.ids import new_id
from tests.harness.databases import START

EASTERN = timezone(timedelta(hours=-5))
SQLITE = sqlite.dialect()
POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library leaves it untyped


class Colour(StrEnum):
    """Something with values."""

    RED = "red"
    GREEN = "green"


def test_the_system_clock_is_aware_and_goes_forward() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert first.tzinfo is UTC
    assert first <= second


def test_a_clock_moved_by_hand_stands_still_and_steps_both_ways() -> None:
    clock = ManualClock(START.astimezone(EASTERN))
    assert clock.now() == START
    assert clock.now().tzinfo is UTC
    assert clock.advance(90) == START + timedelta(seconds=90) == clock.now()
    assert clock.advance(-120) == START - timedelta(seconds=30)
    clock.set(START)
    assert clock.now() == START


def test_a_clock_refuses_a_time_without_a_zone() -> None:
    naive = START.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        ManualClock(naive)
    with pytest.raises(ValueError, match="aware"):
        ManualClock(START).set(naive)


def test_ids_are_opaque_unique_and_nearly_in_order() -> None:
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in ids)
    assert all(one[12] == "7" and one[16] in "89ab" for one in ids), "RFC 9562, version 7"
    assert [one[:12] for one in ids] == sorted(one[:12] for one in ids)


@pytest.mark.parametrize(
    "address, driver",
    [
        ("postgres://u@h/d", "postgresql+psycopg"),
        ("postgresql://u@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg"),
        ("sqlite:///x.sqlite3", "sqlite+pysqlite"),
    ],
)
def test_addresses_as_platforms_write_them(address: str, driver: str) -> None:
    assert parse_url(address).drivername == driver


def test_another_database_is_refused_without_telling_the_password() -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as refused:
        parse_url("mysql://u:geheim@h/d")
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
def test_a_moment_is_kept_in_utc(dialect: Dialect) -> None:
    column = UTCDateTime()
    stored = column.process_bind_param(START.astimezone(EASTERN), dialect)
    assert stored is not None
    assert stored.replace(tzinfo=UTC) == START
    back = column.process_result_value(stored, dialect)
    assert back == START
    assert back is not None
    assert back.tzinfo is UTC
    with pytest.raises(ValueError, match="naive"):
        column.process_bind_param(datetime(2026, 3, 3), dialect)  # noqa: DTZ001  # naive on purpose


def test_an_enumeration_is_kept_by_value_and_strangers_are_refused() -> None:
    column = ByValue(Colour)
    assert column.process_bind_param(Colour.RED, SQLITE) == "red"
    assert column.process_bind_param("green", SQLITE) == "green"
    assert column.process_result_value("green", SQLITE) is Colour.GREEN
    assert column.process_bind_param(None, SQLITE) is None
    with pytest.raises(ValueError, match="blue"):
        column.process_bind_param("blue", SQLITE)
