"""The people of the tests of dispatch: one hospital with a nurse, a manager and two peers."""

from dataclasses import dataclass

import pytest

from dispatch.access import Actor
from dispatch.states import Role
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.world import World


@dataclass
class Ward:
    """Who is there."""

    world: World
    admin: Actor
    site: str
    nurse: Actor
    manager: Actor
    marcus: Actor
    dana: Actor


@pytest.fixture
def ward(db: Database, clock: ManualClock) -> Ward:
    """Marcus lives 5 km away, Dana 8; both on duty in every way."""
    world = World(db, clock)
    admin = world.network()
    site = world.site(admin)
    nurse = world.user(admin, "Hannah L.", Role.STAFF, site)
    manager = world.user(admin, "Renee A.", Role.MANAGER)
    marcus = world.peer(admin, "Marcus T.")
    dana = world.peer(admin, "Dana W.", km_north=8.0)
    return Ward(world, admin, site, nurse, manager, marcus, dana)
