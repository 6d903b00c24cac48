"""The one way to write a fact: in the transaction of the change, numbered per request.

The caller holds the request's row (through a guarded step or a lock), which is what makes `seq`
gapless. It knows nothing of who will read the fact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Table

from dispatch.events import By, Fact, FactType
from dispatch.models import JournalEntry, SupportRequest
from storage.database import Transaction
from storage.failpoints import failpoint

_FACTS = cast(Table, JournalEntry.__table__)
_INSERT = _FACTS.insert().inline()
"""Inline: nobody asks for the ids."""

Entry = tuple[FactType, By, dict[str, Any]]
"""Type, actor and data of a fact that is about to be journaled."""


@dataclass(frozen=True)
class Subject:
    """The request that facts are about, by what a fact needs to know of it."""

    network_id: str
    site_id: str
    request_id: str


def append(
    tx: Transaction, request: SupportRequest, type_: FactType, by: By, data: dict[str, Any]
) -> None:
    """Journal one fact about `request`, whose row this transaction holds.

    `data` names every request field it changed with its new value (the reducer rule of
    `dispatch.events`), already in JSON's types.
    """
    request.seq += 1
    subject = Subject(request.network_id, request.site_id, request.id)
    tx.session.add(JournalEntry(**_row(tx, subject, request.seq, type_, by, data)))
    _remember(tx, subject, request.seq, type_, by, data)
    failpoint("journal.appended")


def append_all(
    tx: Transaction, connection: Connection, subject: Subject, seq: int, entries: Sequence[Entry]
) -> int:
    """Journal facts after `seq` in one statement; return the last number.

    For the hot path, which holds the request's row without having loaded it: the caller writes the
    returned number to the row.
    """
    rows = []
    for type_, by, data in entries:
        seq += 1
        rows.append(_row(tx, subject, seq, type_, by, data))
        _remember(tx, subject, seq, type_, by, data)
    connection.execute(_INSERT, rows)
    return seq


def _row(
    tx: Transaction, subject: Subject, seq: int, type_: FactType, by: By, data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "network_id": subject.network_id,
        "request_id": subject.request_id,
        "seq": seq,
        "type": type_,
        "at": tx.now,
        "actor": by.as_dict(),
        "data": data,
    }


def _remember(
    tx: Transaction, subject: Subject, seq: int, type_: FactType, by: By, data: dict[str, Any]
) -> None:
    tx.add_fact(
        Fact(
            network_id=subject.network_id,
            site_id=subject.site_id,
            request_id=subject.request_id,
            seq=seq,
            type=type_,
            at=tx.now,
            actor=by,
            data=data,
        )
    )
