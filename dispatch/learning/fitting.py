"""A logistic regression with doubt, by Newton's method. Pure arithmetic; it knows no peer.

Rows that are alike are one cell with its counts, so that a month of a whole state is a few thousand
cells. A cell holds yeses, and silences of some weight: a weight of 1 is a no, less is less of one
(`silence`). The coefficients are held to where they are expected by normal priors: so a network
where everybody always says yes, a single peer or a column without any difference has a fit too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log1p

ROUNDS = 30
"""Newton needs about six; a fit that has not settled by then is as good as it gets."""

SETTLED = 1e-6
_HALVINGS = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """Alike offers: their features, how many yeses, and silences of one weight."""

    features: tuple[float, ...]
    yes: float
    silent: float
    weight: float


def chance_at(score: float) -> float:
    """The logistic function, without overflow."""
    if score >= 0.0:
        return 1.0 / (1.0 + exp(-min(score, 700.0)))
    grown = exp(max(score, -700.0))
    return grown / (1.0 + grown)


def score_of(features: Sequence[float], coefficients: Sequence[float]) -> float:
    """The sum that the logistic function takes."""
    return sum(one * by for one, by in zip(features, coefficients, strict=True))


def fit(
    cells: Sequence[Cell], expected: Sequence[float], doubt: Sequence[float]
) -> tuple[float, ...]:
    """The most likely coefficients, given normal priors around `expected`.

    `doubt`: the deviation of each prior. Raises `ValueError` for numbers that are none.
    """
    at = [float(one) for one in expected]
    best = _plausible(cells, at, expected, doubt)
    for _ in range(ROUNDS):
        slope, bend = _derivatives(cells, at, expected, doubt)
        step = _solved(bend, slope)
        share = 1.0
        for _ in range(_HALVINGS):
            tried = [one + share * by for one, by in zip(at, step, strict=True)]
            found = _plausible(cells, tried, expected, doubt)
            if found >= best:
                break
            share /= 2.0
        else:
            break
        at, gained = tried, found - best
        best = found
        if gained < SETTLED and max(abs(share * by) for by in step) < SETTLED**0.5:
            break
    return tuple(at)


def plausible(cells: Sequence[Cell], coefficients: Sequence[float]) -> float:
    """The logarithm of how likely what came was, by these coefficients; less is worse."""
    total = 0.0
    for cell in cells:
        score = score_of(cell.features, coefficients)
        if cell.yes:
            # log(chance), also where the chance is next to nothing.
            total -= cell.yes * (log1p(exp(-score)) if score > -30.0 else -score)
        if cell.silent:
            total += cell.silent * log1p(-cell.weight * min(chance_at(score), 1.0 - 1e-12))
    return total


def _plausible(
    cells: Sequence[Cell], at: Sequence[float], expected: Sequence[float], doubt: Sequence[float]
) -> float:
    total = plausible(cells, at)
    for one, middle, width in zip(at, expected, doubt, strict=True):
        total -= 0.5 * ((one - middle) / width) ** 2
    if total != total:
        raise ValueError("what came cannot be reckoned with")
    return total


def _derivatives(
    cells: Sequence[Cell], at: Sequence[float], expected: Sequence[float], doubt: Sequence[float]
) -> tuple[list[float], list[list[float]]]:
    """Slope of the logarithm, and its bend downwards, at a point."""
    size = len(at)
    slope = [(middle - one) / w**2 for one, middle, w in zip(at, expected, doubt, strict=True)]
    bend = [[0.0] * size for _ in range(size)]
    for place, width in enumerate(doubt):
        bend[place][place] = 1.0 / width**2
    for cell in cells:
        chance = chance_at(score_of(cell.features, at))
        spread = chance * (1.0 - chance)
        rest = 1.0 - cell.weight * min(chance, 1.0 - 1e-12)
        no = cell.weight / rest
        up = cell.yes * (1.0 - chance) - cell.silent * no * spread
        # The silence's own bend can turn upwards; a floor keeps Newton going up the hill.
        silence = no * max((1.0 - 2.0 * chance + cell.weight * chance**2) / rest, 0.1)
        down = spread * (cell.yes + cell.silent * silence)
        features = cell.features
        for row, one in enumerate(features):
            if one:
                slope[row] += up * one
                times = down * one
                bent = bend[row]
                for column in range(row + 1):
                    bent[column] += times * features[column]
    for row in range(size):
        for column in range(row):
            bend[column][row] = bend[row][column]
    return slope, bend


def _solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The step: Gauss with the largest pivot. The priors keep the matrix from being singular."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for place in range(size):
        pivot = max(range(place, size), key=lambda row: abs(rows[row][place]))
        rows[place], rows[pivot] = rows[pivot], rows[place]
        lead = rows[place][place]
        if not abs(lead) > 0.0:
            raise ValueError("what came cannot be reckoned with")
        for row in range(place + 1, size):
            times = rows[row][place] / lead
            for column in range(place, size + 1):
                rows[row][column] -= times * rows[place][column]
    found = [0.0] * size
    for place in range(size - 1, -1, -1):
        rest = sum(rows[place][column] * found[column] for column in range(place + 1, size))
        found[place] = (rows[place][size] - rest) / rows[place][place]
    return found
