"""The key pair of Web Push: one for all processes, and its private half shown to nobody."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from notifications.models import VapidKey
from notifications.vapid import Keys, Pair
from storage.clock import ManualClock
from tests.harness.databases import open_database
from tests.harness.webpush import bytes_of


@pytest.mark.race
def test_processes_that_start_together_agree_on_one_pair(
    database_url: str, clock: ManualClock
) -> None:
    def first_use(_: int) -> str:
        with open_database(database_url, clock) as own:
            return Keys(own).pair().public

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(first_use, range(16)))
    assert len(keys) == 1
    with open_database(database_url, clock) as db, db.read() as tx:
        assert tx.session.scalar(select(func.count()).select_from(VapidKey)) == 1
        assert {Keys(db).pair(tx).public} == keys
    (key,) = keys
    assert (len(bytes_of(key)), bytes_of(key)[0]) == (65, 4)


def test_a_pair_does_not_show_its_private_half() -> None:
    assert repr(Pair(7)) == f"Pair({Pair(7).public})"
