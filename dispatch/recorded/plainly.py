"""The values of a decision as plain JSON, and back: any frozen dataclass by the types of its fields.

A new field with a default needs nothing here: it is left out while it has its default, and what was
written before it came reads as the default. It knows types and refuses to know what they mean.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Unreadable(ValueError):
    """What was kept has another shape than this code reads."""


class Codec(NamedTuple):
    """How values of one type become plain, and are made from it again."""

    plain: Callable[[Any], Any]
    value: Callable[[Any], Any]


def same(value: Any) -> Any:
    """A value that is plain already."""
    return value


def default_of(field: Field[Any]) -> Any:
    """What a field is when nothing is said; `MISSING` when it must be said."""
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


@cache
def codec(hint: Any) -> Codec:
    """How a type is written. Raises `TypeError` for one that cannot be."""
    if hint in (bool, int, float, str, Any):
        return Codec(same, same)
    if hint is datetime:
        return Codec(_micros, lambda micros: EPOCH + micros * _MICROSECOND)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Codec(lambda one: one.value, hint)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return Codec(lambda one: one.model_dump(mode="json"), hint.model_validate)
    if isinstance(hint, type) and (is_dataclass(hint) or hasattr(hint, "_fields")):
        return _by_field(hint)
    return _of_parts(hint)


def _of_parts(hint: Any) -> Codec:
    """Collections and what may be nothing."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = [codec(part) for part in parts if part is not type(None)]
        if len(inner) == 1:
            one = inner[0]
            return Codec(
                lambda value: None if value is None else one.plain(value),
                lambda plain: None if plain is None else one.value(plain),
            )
    if origin is frozenset:
        one = codec(parts[0])
        return Codec(
            lambda value: sorted(map(one.plain, value)),
            lambda plain: frozenset(map(one.value, plain)),
        )
    if origin is tuple and parts[1:] == (...,):
        one = codec(parts[0])
        return Codec(
            lambda value: list(map(one.plain, value)), lambda plain: tuple(map(one.value, plain))
        )
    if isinstance(origin, type) and issubclass(origin, Mapping):
        one = codec(parts[1])
        return Codec(
            lambda value: {str(key): one.plain(each) for key, each in value.items()},
            lambda plain: {key: one.value(each) for key, each in plain.items()},
        )
    raise TypeError(f"{hint} cannot be recorded")


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def _by_field(cls: type) -> Codec:
    """A dataclass or named tuple as an object of the fields that differ from their defaults."""
    hints = get_type_hints(cls)
    if is_dataclass(cls):
        defaults = {field.name: default_of(field) for field in fields(cls)}
    else:
        names: tuple[str, ...] = cls._fields  # type: ignore[attr-defined]
        defaults = {name: cls._field_defaults.get(name, MISSING) for name in names}  # type: ignore[attr-defined]
    codecs = {name: codec(hints[name]) for name in defaults}

    def plain(value: Any) -> dict[str, Any]:
        written = {}
        for name, default in defaults.items():
            own = getattr(value, name)
            if own != default:
                written[name] = codecs[name].plain(own)
        return written

    def value(written: Any) -> Any:
        if not isinstance(written, dict) or not written.keys() <= codecs.keys():
            raise Unreadable(f"{cls.__name__} was written with other fields")
        try:
            return cls(**{name: codecs[name].value(one) for name, one in written.items()})
        except (TypeError, KeyError, AttributeError) as error:
            raise Unreadable(f"{cls.__name__} was written in another shape: {error}") from error

    return Codec(plain, value)
