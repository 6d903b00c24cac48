"""What an offer that ended without an answer says about the peer. Pure arithmetic.

Most offers end because somebody else said yes. That is no refusal: who would have answered after
half a minute was never asked for longer. The same model of answers as in `dispatch.prices.chances` says
how much a silence is worth: whoever answers does it in a log-normal time, the others never do.
"""

from dataclasses import dataclass
from math import erf, log, log1p, sqrt

from dispatch.prices.pricing import Pricing

ALL = 0.999
"""Of the answers that come at all, never more than this share counts as having come."""


@dataclass(frozen=True)
class Silence:
    """When answers come, and which of those who will not go say so."""

    answer_median_s: float
    answer_spread: float
    no_share: float

    @classmethod
    def of(cls, pricing: Pricing) -> "Silence":
        """As the policy has it."""
        return cls(pricing.answer_median_s, pricing.answer_spread, pricing.no_share)

    def come(self, after_s: float) -> float:
        """The share of all answers that have come so long after the asking."""
        if not after_s > 0.0:
            return 0.0
        away = log(after_s / self.answer_median_s) / self.answer_spread
        return min(0.5 * (1.0 + erf(away / sqrt(2.0))), ALL)

    def weight(self, after_s: float) -> float:
        """How much of a no a silence of that length is: 0 nothing, 1 all of it.

        With a chance p of a yes, so long a silence is as likely as `1 - weight * p`, but for what
        does not depend on p.
        """
        come = self.come(after_s)
        return come * (1.0 - self.no_share) / (1.0 - come * self.no_share)

    def expected(self, chance: float, after_s: float) -> float:
        """How many yeses an offer that was looked at for so long had to bring, by its chance.

        The sum of the hazard until then: what came and what was expected agree in the mean,
        whatever ended the offers (others' yeses, the end of a shift), if that is not about this peer.
        """
        answers = chance + (1.0 - chance) * self.no_share
        return -chance / answers * log1p(-answers * self.come(after_s)) if answers > 0.0 else 0.0
