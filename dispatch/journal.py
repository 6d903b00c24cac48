"""The one way to write a fact: in the transaction of the change, numbered per request.

The caller holds the request's row (through a guarded step or a lock), which is what makes `seq`
gapless. It knows nothing of who will read the fact.
"""

from typing import Any

from dispatch.events import By, Fact, FactType
from dispatch.models import JournalEntry, SupportRequest
from storage.database import Transaction


def append(
    tx: Transaction, request: SupportRequest, type_: FactType, by: By, data: dict[str, Any]
) -> Fact:
    """Journal one fact about `request`, whose row this transaction holds.

    `data` names every request field it changed with its new value (the reducer rule of
    `dispatch.events`), already in JSON's types.
    """
    request.seq += 1
    tx.session.add(
        JournalEntry(
            network_id=request.network_id,
            request_id=request.id,
            seq=request.seq,
            type=type_,
            at=tx.now,
            actor=by.as_dict(),
            data=data,
        )
    )
    fact = Fact(
        network_id=request.network_id,
        site_id=request.site_id,
        request_id=request.id,
        seq=request.seq,
        type=type_,
        at=tx.now,
        actor=by,
        data=data,
    )
    tx.add_fact(fact)
    return fact
