"""The doctor and calls between peers and EDs: on, off, and a desk whose number cannot be dialled."""

from pathlib import Path
from typing import Any

import pytest

from server.doctor import phone
from server.wiring import wire
from storage.clock import ManualClock
from storage.database import Database
from tests.api.conftest import make_settings
from tests.harness.world import World


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_the_doctor_says_of_the_telephone(
    db: Database, database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    def said(**settings: Any) -> tuple[bool, str]:
        wired = wire(make_settings(database_url, tmp_path, **settings), clock)
        (found,) = phone.examine(wired)
        wired.close()
        return found.is_well, found.sentence

    town = World(db, clock)
    admin = town.network()
    town.site(admin)
    drill = {"voice_base_url": "http://127.0.0.1:1"}
    assert said() == (True, "no VOICE_FROM: peers are shown the desk's number instead")
    assert "PHONE_BRIDGE is off" in said(**drill, phone_bridge=False)[1]
    assert said(**drill)[0]
    with db.transaction() as tx:
        tx.session.connection().exec_driver_sql("UPDATE sites SET desk_phone = '555-0142'")
    is_well, sentence = said(**drill)
    assert not is_well
    assert sentence.endswith("write it as +16145550142: Scioto Ridge")
