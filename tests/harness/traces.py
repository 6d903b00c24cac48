"""A refusal leaves no trace: every row of every table is the same afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select

from dispatch.errors import DomainError
from storage.base import Base
from storage.database import Database


def rows(db: Database) -> dict[str, list[str]]:
    """Every row there is, by table."""
    with db.read() as tx:
        return {
            table.name: sorted(map(repr, tx.session.execute(select(table)).all()))
            for table in Base.metadata.sorted_tables
        }


@contextmanager
def refused(db: Database, *codes: str) -> Iterator[Any]:
    """The block is refused with one of these codes, and nothing has changed."""
    before = rows(db)
    with pytest.raises(DomainError) as refusal:
        yield refusal
    assert refusal.value.refusal in codes, refusal.value
    assert rows(db) == before, "a refusal changed something"
