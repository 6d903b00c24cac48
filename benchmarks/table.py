"""How a benchmark shows what it found: aligned tables with a title; percentiles by one definition."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_kept: list[list[str]] = []


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """Print a table, and hand it to whoever is keeping tables."""
    text = render(title, head, rows, note)
    print(f"\n{text}")
    for keeper in _kept:
        keeper.append(text)


@contextmanager
def keeping() -> Iterator[list[str]]:
    """A list that fills with what is shown in the block, in Markdown."""
    found: list[str] = []
    _kept.append(found)
    try:
        yield found
    finally:
        _kept.remove(found)


def render(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> str:
    """A Markdown table under its title."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    lines = [f"### {title}", "", line(head), line(["-" * width for width in widths])]
    lines += [line(row) for row in rows]
    if note:
        lines += ["", note]
    return "\n".join(lines)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    rank = max(0, -(-len(ordered) * percent // 100) - 1)
    return ordered[int(rank)]
