"""The policy's fields that the managers' page shows below its clocks, each with its bounds, from the type.

A field that no page shows is kept by the API alone, and `tests/house/test_policy_page.py` says why.
"""

from typing import Any

from dispatch.policy import Policy

GROUPS: dict[str, tuple[str, ...]] = {
    "simple": ("simple_at_once",),
    "bridge": (
        "bridge",
        "bridge_eta_s",
        "bridge_stop_s",
        "bridge_size",
        "bridge_every_s",
        "bridge_connect_s",
        "bridge_goodbye_s",
    ),
    "arrival": ("arrival_radius_m",),
    "room": ("guest_link_s", "room_ask_s", "room_end_s", "captions"),
    "call": ("calls_per_visit", "call_limit_s", "call_end_s"),
    "help": ("need_after_s", "crisis_line"),
    "stay": ("stay_ask_s", "stay_end_s"),
    "talk": ("talk_after_s", "talk_kept_days"),
}
"""In the order of the page; its words have a title for each group."""


def listed() -> list[dict[str, Any]]:
    """Of each field: group, kind (`time` in seconds, `whole` number, `text` or `choice`), what is allowed."""
    properties = Policy.model_json_schema()["properties"]
    return [
        {"name": name, "group": group, **_kind(name, properties[name])}
        for group, names in GROUPS.items()
        for name in names
    ]


def _kind(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return {"kind": "choice", "choices": schema["enum"]}
    if "pattern" in schema:
        return {"kind": "text", "pattern": schema["pattern"]}
    bounds = {"least": schema["minimum"], "most": schema["maximum"]}
    return {"kind": "time" if name.endswith("_s") else "whole", **bounds}
