"""The numbers of priced asking as a form shows them: default, bounds and unit, from the type itself.

The reason of each is the field's own documentation; it stands in the words too, because the page has
two languages, and a test holds the two together.
"""

from typing import Any

import annotated_types

from dispatch.prices.pricing import Pricing

_UNITS = (
    ("_min", "min"),
    ("_s", "s"),
    ("_per_km", "share"),
    ("_spread", "spread"),
    ("_usual", "a_day"),
)


def listed() -> list[dict[str, Any]]:
    """Every number, in the order in which the policy has them."""
    return [_one(name) for name in Pricing.model_fields]


def _one(name: str) -> dict[str, Any]:
    field = Pricing.model_fields[name]
    bounds: dict[str, float] = {}
    is_open = False
    for limit in field.metadata:
        if isinstance(limit, annotated_types.Ge):
            bounds["least"] = float(str(limit.ge))
        elif isinstance(limit, annotated_types.Le):
            bounds["most"] = float(str(limit.le))
        elif isinstance(limit, annotated_types.Gt):
            bounds["least"], is_open = float(str(limit.gt)), True
        elif isinstance(limit, annotated_types.Lt):
            bounds["most"], is_open = float(str(limit.lt)), True
    is_whole = field.annotation is int
    unit = next((unit for end, unit in _UNITS if name.endswith(end)), None)
    return {
        "name": name,
        "default": field.default,
        "unit": unit or ("peers" if is_whole else "share"),
        "is_whole": is_whole,
        "is_open": is_open,
        **bounds,
    }
