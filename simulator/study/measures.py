"""What the study adds to the numbers of a policy: how far it is from hindsight, and at which load."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from dispatch.whatif import measures
from dispatch.whatif.measures import Played, mean_cost


@dataclass(frozen=True, kw_only=True)
class Measures(measures.Measures):
    """A policy's numbers beside hindsight."""

    load: float
    gap_pct: float
    """How much longer the general time is than in hindsight."""


def measure(runs: Sequence[Played], load: float, hindsight_gt_min: float) -> Measures:
    """One policy over its runs (one a seed)."""
    gt_min = mean_cost([one for run in runs for one in run.log.outcomes])
    gap = gt_min / hindsight_gt_min - 1 if hindsight_gt_min else 0.0
    return Measures(**asdict(measures.measure(runs)), load=load, gap_pct=round(100 * gap, 2))
