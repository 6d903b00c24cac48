"""The typed declarative base and the column types that every table is made of.

It knows how values rest in a column; it refuses to know what any table is for.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

Id = Annotated[str, mapped_column(String(32))]
"""A primary or foreign key made by `storage.ids.new_id`."""

JsonDict = dict[str, Any]
JsonList = list[Any]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, so that a migration can speak of them on both databases."""


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC. A naive datetime is refused on its way in; an aware one comes out.

    SQLite has no time zones: there the value is stored as naive UTC text, which also sorts.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: refuse naive values, turn every other into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: always aware, always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ByValue(TypeDecorator[StrEnum]):
    """A string enumeration stored by its value, never by its Python name."""

    impl = String
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__(length=max(len(member.value) for member in enum))
        self.enum = enum

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """To the database: the value; a string that is no member is refused."""
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """From the database: the member."""
        return None if value is None else self.enum(value)


def one_of(column: str, enum: type[StrEnum]) -> CheckConstraint:
    """The CHECK that keeps a by-value enumeration honest against hand-written SQL."""
    values = ", ".join(f"'{member.value}'" for member in enum)
    return CheckConstraint(f"{column} IN ({values})", name=column)


class Base(DeclarativeBase):
    """The base of every table on every floor."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UTCDateTime(),
        JsonDict: JSON(),
        JsonList: JSON(),
    }


Model = TypeVar("Model", bound=Base)


def detached(model: type[Model], values: Mapping[str, Any]) -> Model:
    """A row of `model` that has these values and belongs to no session: only to be read.

    Nothing watches them come, so it costs a fifth of `model(**values)`.
    """
    row = model()
    vars(row).update(values)
    return row
