"""Signs of life over sockets: gathered, written together, and kept while the database is away."""

from typing import NoReturn

import pytest
from sqlalchemy.exc import OperationalError

from dispatch.models import Duty
from server.realtime import heard as module
from server.realtime.heard import Heard
from storage.clock import ManualClock
from storage.database import Database
from tests.integration.conftest import Ward

LATER_S = 3600.0


def age_s(db: Database, clock: ManualClock, peer_id: str) -> float:
    """How long ago a peer was heard of, in seconds."""
    with db.read() as tx:
        at = tx.session.get_one(Duty, peer_id).contact_at
    assert at is not None
    return (clock.now() - at).total_seconds()


def test_gathered_signs_wait_and_are_written_in_parts(
    ward: Ward, db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(60)
    heard = Heard(db)
    heard.gather_s = LATER_S
    heard.note([ward.dana.id])
    heard.note([ward.marcus.id, ward.dana.id])
    assert age_s(db, clock, ward.dana.id) >= 60
    monkeypatch.setattr(module, "PEERS_AT_ONCE", 1)
    assert heard.write()
    assert [age_s(db, clock, one.id) for one in (ward.dana, ward.marcus)] == [0, 0]


def test_without_gathering_each_is_written_at_once(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    clock.advance(60)
    Heard(db).note([ward.dana.id])
    assert age_s(db, clock, ward.dana.id) == 0
    assert age_s(db, clock, ward.marcus.id) >= 60


def test_what_cannot_be_written_waits_for_the_database(
    ward: Ward, db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(60)
    heard = Heard(db)

    def away() -> NoReturn:
        raise OperationalError("BEGIN", {}, Exception("away"))

    with monkeypatch.context() as patched:
        patched.setattr(db, "transaction", away)
        heard.note([ward.dana.id])
        assert not heard.write()
    assert age_s(db, clock, ward.dana.id) >= 60
    assert heard.write()
    assert age_s(db, clock, ward.dana.id) == 0
