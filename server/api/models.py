"""The base of every body, query and answer, and the field types they share.

Bodies are strict: unknown fields, wrong types and text that no database can hold are refused.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
)

from dispatch.shapes import stamp

_ALLOWED_CONTROLS = "\n\r\t"


def _refuse_controls(value: Any) -> Any:
    """Text with control characters is nobody's typing, and PostgreSQL cannot hold NUL."""
    if isinstance(value, str) and not value.isprintable():
        for character in value:
            if ord(character) < 32 and character not in _ALLOWED_CONTROLS:
                raise ValueError("must not contain control characters")
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_controls(item)
    elif isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            _refuse_controls(item)
    return value


class Body(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="after")
    @classmethod
    def _printable(cls, value: Any) -> Any:
        return _refuse_controls(value)


class Query(Body):
    """What a client asks for in the query string."""


class NoBody(Body):
    """A step that needs no words: an empty object, or nothing at all."""


class Answer(BaseModel):
    """What a client is told. Fields that are not declared may not leave the server."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must carry a time zone, for example a final Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside of the calendar") from None


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _written_out(value: Any) -> Any:
    """A date and a time of day: to the parser a number in quotes is a moment of 1970."""
    if not isinstance(value, str):
        return value
    if not _RFC_3339.fullmatch(value):
        raise ValueError("must be a date and time with its offset, as in 2026-03-03T02:40:00Z")
    return datetime.fromisoformat(value.upper())


Moment = Annotated[
    datetime,
    BeforeValidator(_written_out),
    AfterValidator(_aware),
    PlainSerializer(stamp, return_type=str, when_used="json"),
]
"""RFC 3339. Clients may send any offset; the server answers in UTC with a final Z."""

OpaqueId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Email = Annotated[
    str, Field(min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")
]
Password = Annotated[str, Field(min_length=10, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Language = Annotated[str, Field(max_length=16, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Phone = Annotated[str, Field(max_length=20, pattern=r"^\+?[0-9 ().-]{5,20}$")]

LINE = r"^[^\x00-\x1f]*[^\s\x00-\x1f][^\x00-\x1f]*$"
"""Pattern of one line of text that is not blank."""
TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
"""Pattern of text that may have several lines, or be empty."""
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=LINE)]


def _without_null_defaults(schema: dict[str, Any]) -> None:
    """A part that is left out has no value; the schema must not say that it has null."""
    for field in schema.get("properties", {}).values():
        if field.get("default", ...) is None:
            del field["default"]


class Change(Body):
    """Parts of something, each of which may be left out; `given` holds those that are not."""

    model_config = ConfigDict(json_schema_extra=_without_null_defaults)

    def given(self) -> dict[str, Any]:
        """The parts that were sent, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


LEFT_OUT: Any = Field(default=None)
"""The default of a part of a `Change`. It is never read: `given` leaves it out."""
