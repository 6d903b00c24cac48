"""What was said beside what came, and how evenly something is spread. Pure arithmetic."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dispatch.learning.model import Bin
from dispatch.learning.silence import Silence

EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Said(NamedTuple):
    """One asking: the chance that was said, whether a yes came, and how long it was waited for."""

    chance: float
    is_yes: bool
    after_s: float


def bins(said: Iterable[Said], silence: Silence) -> tuple[Bin, ...]:
    """The askings by the chance that was said, in tenths; tenths without any are left out."""
    last = len(EDGES) - 2
    found: dict[int, list[Said]] = {}
    for one in said:
        found.setdefault(min(max(int(one.chance * 10), 0), last), []).append(one)
    return tuple(
        Bin(
            low=EDGES[place],
            high=EDGES[place + 1],
            asked=len(group),
            chance=round(sum(one.chance for one in group) / len(group), 4),
            expected=round(sum(silence.expected(one.chance, one.after_s) for one in group), 3),
            came=sum(one.is_yes for one in group),
        )
        for place, group in sorted(found.items())
    )


def gini(values: Sequence[float]) -> float | None:
    """How unevenly: 0 all the same, towards 1 all on one; None when there is nothing to spread."""
    total = sum(values)
    if not total > 0.0:
        return None
    ordered = sorted(values)
    count = len(ordered)
    ranked = sum(place * value for place, value in enumerate(ordered, start=1))
    return (2.0 * ranked / total - (count + 1)) / count
