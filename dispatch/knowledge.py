"""What has been learned, as a decision takes it. Pure values; by default nothing is known.

Whatever is missing here, or too old to be handed in, the policy answers for: a decision never
depends on learning.
"""

from dataclasses import dataclass

from dispatch.prices.chances import Chances


@dataclass(frozen=True)
class Knowledge:
    """Of one network, at one moment."""

    chances: Chances | None = None
    """How likely each peer says yes; None: as the policy has it."""

    version: int | None = None
    """Which version of what was learned of answers that is."""


NOTHING = Knowledge()
