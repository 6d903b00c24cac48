"""The study as a picture: gap against asks, one dot a policy, as SVG that any browser shows."""

from html import escape
from math import log2
from pathlib import Path

from simulator.study.report import Study

_WIDTH, _HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 150, 60, 60
_INK, _FAINT, _DOT, _BEST = "#1c2a33", "#c9d3d8", "#3b6ea8", "#1f7a4d"


def draw(found: Study, path: Path) -> None:
    """Write the picture. Raises `OSError` when it cannot be written."""
    path.write_text(svg(found), encoding="utf-8")


def svg(found: Study) -> str:
    """Asks per filled request to the right (logarithmic), gap to hindsight upwards."""
    dots = [
        (one.policy, one.asks_per_filled or 1.0, max(one.gap_pct, 0.0)) for one in found.policies
    ]
    dots.append(("hindsight", found.hindsight.asks_per_filled or 1.0, 0.0))
    most_asks = max(asks for _, asks, _ in dots)
    ticks_x = [tick for tick in (1, 2, 4, 8, 16, 32, 64, 128, 256) if tick < 2 * most_asks]
    top = max(10, (int(max(gap for *_, gap in dots)) // 10 + 1) * 10)
    step = 10 if top <= 100 else top // 10

    def x(asks: float) -> float:
        share = log2(max(asks, 1.0)) / max(log2(ticks_x[-1]), 1.0)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(gap: float) -> float:
        return _HEIGHT - _BOTTOM - gap / top * (_HEIGHT - _TOP - _BOTTOM)

    title = f"{found.plan.state}, {found.plan.load:g} x load: minutes lost and people asked"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="{_INK}" role="img">'
    )
    parts = [
        head,
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="26" font-size="16" font-weight="600">{escape(title)}</text>',
    ]
    for tick in ticks_x:
        parts.append(_line(x(tick), y(0), x(tick), y(top)))
        parts.append(_text(x(tick), y(0) + 20, str(tick), "middle"))
    for mark in range(0, top + 1, step):
        parts.append(_line(x(1), y(mark), x(ticks_x[-1]), y(mark)))
        parts.append(_text(x(1) - 8, y(mark) + 4, f"+{mark} %", "end"))
    middle = (x(1) + x(ticks_x[-1])) / 2
    parts.append(_text(middle, _HEIGHT - 16, "asks per filled request", "middle"))
    parts.append(_text(_LEFT, 46, "gap to hindsight", "start"))
    for name, asks, gap in dots:
        colour = _BEST if name in {"hindsight", "priced"} else _DOT
        parts.append(f'<circle cx="{x(asks):.1f}" cy="{y(gap):.1f}" r="6" fill="{colour}"/>')
        parts.append(_text(x(asks) + 11, y(gap) + 4, name, "start"))
    return "\n".join([*parts, "</svg>", ""])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{_FAINT}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
