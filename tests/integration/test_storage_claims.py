"""Leases: no row for two workers, no row lost with a worker, no worker that acts past its lease."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Id
from storage.claims import Claim, claim_due
from storage.clock import ManualClock
from storage.database import Database, Transaction
from tests.harness.databases import START


class Chore(Base):
    """A table with a timer of its own; it is in no migration."""

    __tablename__ = "test_chores"

    id: Mapped[Id] = mapped_column(primary_key=True)
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    lease: Mapped[str | None]


# The product's metadata must not know this table: the schema is compared with it elsewhere.
CHORES = Chore.__table__
Base.metadata.remove(CHORES)  # type: ignore[arg-type]  # declared as FromClause, is a Table


@pytest.fixture(autouse=True)
def chores(db: Database) -> None:
    """The table, in the database of this test."""
    CHORES.create(db.engine)  # type: ignore[attr-defined]  # declared as FromClause, is a Table


def put(db: Database, *offsets_s: float | None) -> None:
    """Chores named 0, 1, 2 ... that are due so many seconds from the start."""
    with db.transaction() as tx:
        for number, offset in enumerate(offsets_s):
            due = None if offset is None else START + timedelta(seconds=offset)
            tx.session.add(Chore(id=str(number), due_at=due))


def claim(
    db: Database, limit: int = 10, lease_s: float = 30, only: str | None = None
) -> list[Claim]:
    """What one worker gets."""
    with db.transaction() as tx:
        return claim_due(
            tx.session,
            Chore,
            due=Chore.due_at,
            leased_until=Chore.leased_until,
            lease=Chore.lease,
            now=tx.now,
            lease_s=lease_s,
            limit=limit,
            where=[] if only is None else [Chore.id == only],
        )


def ids(claims: list[Claim]) -> list[str]:
    """Which rows, in order of their names."""
    return sorted(one.id for one in claims)


def test_only_what_is_due_is_claimed(db: Database) -> None:
    put(db, -10, 0, 1, None)
    assert ids(claim(db)) == ["0", "1"]


def test_the_oldest_first_and_no_more_than_asked_for(db: Database) -> None:
    put(db, -1, -30, -20, -10)
    assert ids(claim(db, limit=2)) == ["1", "2"]
    assert ids(claim(db, limit=2)) == ["0", "3"]
    assert claim(db) == []


def test_a_condition_narrows_the_claim(db: Database) -> None:
    put(db, -1, -1)
    assert ids(claim(db, only="1")) == ["1"]


def test_a_lease_expires_and_the_next_holder_has_another_token(
    db: Database, clock: ManualClock
) -> None:
    put(db, -1)
    (first,) = claim(db, lease_s=30)
    clock.advance(29.9)
    assert claim(db) == []
    clock.advance(0.1)
    (second,) = claim(db)
    assert second.id == first.id
    assert second.lease != first.lease
    with db.read() as tx:
        # The fence: whoever slept past the lease finds another token on the row.
        held = select(Chore.id).where(Chore.id == first.id)
        assert tx.session.scalars(held.where(Chore.lease == first.lease)).all() == []
        assert tx.session.scalars(held.where(Chore.lease == second.lease)).all() == [first.id]


def test_a_claim_that_is_rolled_back_is_none(db: Database) -> None:
    put(db, -1)

    def die(_: Transaction) -> None:
        raise RuntimeError("died before the commit")

    db.before_commit.append(die)
    with pytest.raises(RuntimeError, match="died"):
        claim(db)
    db.before_commit.clear()
    assert ids(claim(db)) == ["0"]


def test_eight_workers_share_the_work_and_no_row(db: Database) -> None:
    put(db, *[-number for number in range(200)])
    workers = 8
    together = threading.Barrier(workers)

    def work(_: int) -> list[str]:
        mine: list[str] = []
        together.wait()
        while claims := claim(db, limit=7):
            mine += [one.id for one in claims]
        return mine

    with ThreadPoolExecutor(workers) as pool:
        shares = list(pool.map(work, range(workers)))
    every = [one for share in shares for one in share]
    assert sorted(every) == sorted(map(str, range(200)))
    with db.read() as tx:
        free = text("SELECT count(*) FROM test_chores WHERE lease IS NULL")
        assert tx.session.execute(free).scalar() == 0
