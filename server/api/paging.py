"""Lists: newest first, a page at a time, with an opaque cursor that names the last row seen.

A cursor says where to go on, not what may be seen: the gates of the query decide that again.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import Field
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from server.api.models import Query
from server.errors import invalid
from storage.database import Transaction

Row = TypeVar("Row")


class PageQuery(Query):
    """Where to go on, and how many."""

    cursor: Annotated[str | None, Field(max_length=200)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


def encode(created_at: datetime, row_id: str) -> str:
    """The cursor behind the row made at `created_at`."""
    raw = json.dumps([created_at.isoformat(), row_id]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, str]:
    """What `encode` made. Anything else is a 422 about `cursor`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        created_at = datetime.fromisoformat(moment)
        if created_at.tzinfo is None or not isinstance(row_id, str) or not row_id.isalnum():
            raise ValueError(cursor)
        created_at = created_at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        raise invalid("cursor", "is not a cursor of this list") from None
    return created_at, row_id


def page(
    tx: Transaction,
    query: PageQuery,
    rows: Select[Row],
    *,
    created_at: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[str],
    key: Callable[[Any], tuple[datetime, str]],
    shape: Callable[[Sequence[Any]], list[dict[str, Any]]],
) -> dict[str, Any]:
    """`{"items", "next_cursor"}` of `rows`, which hold everything the caller may see.

    `key` reads the two columns that order the list from a row.
    """
    if query.cursor is not None:
        after = decode(query.cursor)
        rows = rows.where(tuple_(created_at, row_id) < after)
    ordered = rows.order_by(created_at.desc(), row_id.desc()).limit(query.limit + 1)
    found: list[Any] = list(tx.session.scalars(ordered))
    shown = found[: query.limit]
    cursor = None
    if len(found) > query.limit:
        cursor = encode(*key(shown[-1]))
    return {"items": shape(shown), "next_cursor": cursor}
