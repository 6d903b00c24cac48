"""Icons as inline SVG, from the vendored set that the browser's modules share.

An icon says nothing by itself: it stands beside a word, or its button carries a label.
"""

import json
from pathlib import Path

from markupsafe import Markup

_MODULE = Path(__file__).parent / "static/vendor/lucide.js"
SHAPES: dict[str, str] = json.loads(
    _MODULE.read_text(encoding="utf-8").removeprefix("export default ").rstrip().rstrip(";")
)
"""What stands inside each icon's `<svg>`."""


def icon(name: str, size: str = "") -> Markup:
    """The icon `name`; `size` is empty, `sm`, `lg` or `xl`. Hidden from screen readers."""
    shape = Markup(SHAPES[name])  # noqa: S704  # our own locked file
    also = f" i--{size}" if size else ""
    return Markup('<svg class="i{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>').format(
        also, shape
    )
