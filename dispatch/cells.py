"""The globe in hexagons, so that a place can be found by an index that knows only equality. Pure.

A search begins at its own cell and takes ring after ring around it. `sure_m` says how far from the site
everybody has been seen by then: beyond that somebody of the next ring may be nearer.
"""

from math import ceil, sqrt

import h3

from dispatch.geo import Point, is_place

RESOLUTION = 7
"""H3 cells of about 5 km2: in a town some dozen peers on duty, and 22 rings, 1,500 cells, are 40 km."""

_SMALLER = 0.9
"""Cells near one another differ in size by less than this."""


def cell_of(latitude: float | None, longitude: float | None) -> str | None:
    """The cell around a place; None for what is no place."""
    if latitude is None or longitude is None or not is_place(Point(latitude, longitude)):
        return None
    cell: str = h3.latlng_to_cell(latitude, longitude, RESOLUTION)
    return cell


def disk(cell: str, rings: int) -> frozenset[str]:
    """The cell and so many rings around it."""
    return frozenset(h3.grid_disk(cell, rings))


def sure_m(cell: str, rings: int) -> float:
    """How far from any place in the cell everything lies within its disk, in metres.

    With cells of edge a, the border of a disk is nowhere nearer to its middle than 1.5 a for each ring
    and half an edge; the place may be a whole edge off the middle.
    """
    return max(0.0, (1.5 * rings - 0.5) * _edge_m(cell))


def rings(cell: str, metres: float) -> int:
    """How many rings it takes to be sure of everything within so many metres."""
    return ceil((metres / _edge_m(cell) * (1.0 + 1e-9) + 0.5) / 1.5)


def _edge_m(cell: str) -> float:
    return sqrt(h3.cell_area(cell, "m^2") / (1.5 * sqrt(3.0))) * _SMALLER
