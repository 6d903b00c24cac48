"""Who is in a story."""

from dataclasses import dataclass
from typing import Any

from dispatch.access import Actor
from tests.harness.story import Story


@dataclass
class Cast:
    """Who is in the story. Peers are added by `peers`, each a little further away."""

    story: Story
    admin: Actor
    site: str
    nurse: Actor
    manager: Actor

    def peers(self, *names: str, **profile: Any) -> list[Actor]:
        """Peers on duty, the first 2 km away, each next one 1 km further."""
        return [
            self.story.peer(self.admin, name, km_north=2.0 + number, **profile)
            for number, name in enumerate(names)
        ]
