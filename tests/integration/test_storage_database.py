"""One transaction: it commits or leaves no trace, and its hooks run inside it or after it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from dispatch.models import Network
from storage.clock import ManualClock
from storage.database import Database, Transaction
from storage.ids import new_id


def add(tx: Transaction, name: str) -> None:
    """One row."""
    tx.session.add(Network(id=new_id(), name=name, policy={}, created_at=tx.now))


def names(db: Database) -> list[str]:
    """The names of all rows."""
    with db.read() as tx:
        return [str(row[0]) for row in tx.session.execute(text("SELECT name FROM networks"))]


@contextmanager
def refused() -> Iterator[None]:
    """The block ends in the error that the test raised."""
    with pytest.raises(RuntimeError, match="on purpose"):
        yield


def raise_on_purpose(_: object = None) -> None:
    """Fail."""
    raise RuntimeError("on purpose")


def test_what_a_block_wrote_is_there_afterwards(db: Database) -> None:
    with db.transaction() as tx:
        add(tx, "kept")
        assert names(db) == [], "nobody sees it before"
    assert names(db) == ["kept"]


def test_an_exception_leaves_no_trace(db: Database) -> None:
    seen: list[str] = []
    db.after_commit.append(lambda tx: seen.append("hook"))
    with refused(), db.transaction() as tx:
        add(tx, "lost")
        tx.session.flush()
        tx.after_commit(lambda: seen.append("own"))
        raise_on_purpose()
    assert names(db) == []
    assert seen == []


def test_a_constraint_that_fires_at_the_end_leaves_no_trace(db: Database) -> None:
    db.before_commit.append(lambda tx: add(tx, "twin"))
    with pytest.raises(IntegrityError), db.transaction() as tx:
        add(tx, "twin")
    assert names(db) == []


def test_hooks_run_in_order_inside_and_after(db: Database) -> None:
    seen: list[str] = []

    def before(label: str) -> None:
        db.before_commit.append(lambda tx: seen.append(f"{label} sees {names(db)}"))

    before("first")
    before("second")
    db.after_commit.append(lambda tx: seen.append(f"after sees {names(db)}"))
    with db.transaction() as tx:
        add(tx, "row")
        tx.after_commit(lambda: seen.append("own"))
        seen.append("body")
    assert seen == ["body", "first sees []", "second sees []", "after sees ['row']", "own"]


def test_what_a_hook_writes_commits_with_the_rest(db: Database) -> None:
    db.before_commit.append(lambda tx: add(tx, f"planned for {len(tx.facts)} facts"))
    with db.transaction() as tx:
        add(tx, "state")
        tx.add_fact("something happened")
    assert sorted(names(db)) == ["planned for 1 facts", "state"]


def test_a_hook_that_fails_takes_the_change_with_it(db: Database) -> None:
    later: list[str] = []
    db.before_commit += [lambda tx: add(tx, "planned"), raise_on_purpose]
    db.after_commit.append(lambda tx: later.append("announced"))
    with refused(), db.transaction() as tx:
        add(tx, "state")
    assert names(db) == []
    assert later == []


def test_what_fails_after_the_commit_stops_nothing(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []
    db.after_commit += [raise_on_purpose, lambda tx: seen.append("next hook")]
    with db.transaction() as tx:
        add(tx, "stands")
        tx.after_commit(raise_on_purpose)
        tx.after_commit(lambda: seen.append("next own"))
    assert names(db) == ["stands"]
    assert seen == ["next hook", "next own"]
    assert caplog.text.count("after-commit hook failed") == 2


def test_the_clock_is_read_once(db: Database, clock: ManualClock) -> None:
    with db.transaction() as tx:
        before = tx.now
        clock.advance(5)
        assert tx.now == before
    with db.transaction() as tx:
        assert (tx.now - before).total_seconds() == 5


def test_a_look_writes_nothing(db: Database) -> None:
    announced: list[object] = []
    db.after_commit.append(announced.append)
    with db.read() as tx:
        add(tx, "only looked")
        tx.session.flush()
        with pytest.raises(RuntimeError, match="read-only"):
            tx.add_fact("never")
    assert names(db) == []
    assert announced == []


def test_a_look_sees_one_moment(db: Database) -> None:
    with db.read() as look:
        count = text("SELECT count(*) FROM networks")
        assert look.session.execute(count).scalar() == 0
        with db.transaction() as tx:
            add(tx, "meanwhile")
        assert look.session.execute(count).scalar() == 0
    assert names(db) == ["meanwhile"]


def test_rows_can_be_used_after_the_commit(db: Database) -> None:
    with db.transaction() as tx:
        row = Network(id=new_id(), name="kept", policy={"undo_s": 5}, created_at=tx.now)
        tx.session.add(row)
    assert (row.name, row.policy) == ("kept", {"undo_s": 5})


def test_foreign_keys_and_checks_are_on(db: Database) -> None:
    orphan = "INSERT INTO duty (peer_id, network_id, on_duty, modalities)"
    with pytest.raises(IntegrityError), db.transaction() as tx:
        tx.session.execute(text(f"{orphan} VALUES ('nobody', 'nowhere', false, '[]')"))
    with db.transaction() as tx:
        add(tx, "home")
        tx.session.flush()
        network_id = tx.session.execute(text("SELECT id FROM networks")).scalar_one()
    user = (
        "INSERT INTO users (id, network_id, email, name, role, locale, is_active, is_on_call,"
        " created_at) VALUES ('u', :network, 'e', 'n', 'emperor', 'en', true, false,"
        " '2026-03-03 02:40:00')"
    )
    with pytest.raises(IntegrityError), db.transaction() as tx:
        tx.session.execute(text(user), {"network": network_id})
