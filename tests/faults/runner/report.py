"""The report of a run: one line of JSON a fault as it ends, and a table of all of them.

The file is what a later run goes on with. It knows figures; it refuses to know how they came about.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.faults.runner.episode import Episode

GOAL_S = 5.0


def done(path: Path) -> list[Episode]:
    """The faults that an earlier run has already made; half a line at the end is none."""
    found = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(Episode(**json.loads(line)))
            except ValueError:
                continue
    return found


def keep(path: Path, episode: Episode) -> None:
    """Write one down at once: a run that is ended loses at most the fault under way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(episode.as_dict()) + "\n")


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, int(-(-len(ordered) * percent // 100)) - 1)] if ordered else 0.0


def table(episodes: list[Episode]) -> str:
    """What was done, how often, what it broke, and how soon work went on."""
    groups: dict[tuple[str, str], list[Episode]] = defaultdict(list)
    for one in episodes:
        place = "failpoint" if not one.point.startswith("~") else one.point[1:]
        groups[one.database, f"{place}: {one.act}"].append(one)
    lines = [
        "| database | fault | made | not reached | broken | held up p50 s | p99 s |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (database, what), ones in sorted(groups.items()):
        held = [one.resume_s for one in ones if one.is_reached]
        lines.append(
            f"| {database} | {what} | {len(held)} | {len(ones) - len(held)}"
            f" | {sum(bool(one.broken) for one in ones)}"
            f" | {percentile(held, 50):.1f} | {percentile(held, 99):.1f} |"
        )
    return "\n".join([*lines, "", *_sums(episodes)])


def _sums(episodes: list[Episode]) -> list[str]:
    made = [one for one in episodes if one.is_reached]
    kills = [one.resume_s for one in made if one.is_kill]
    held = {
        "searches": [one.late_search_s for one in made if one.is_kill],
        "alerts": [one.late_alert_s for one in made if one.is_kill],
        "callers": [one.stall_s for one in made if one.is_kill],
    }
    points = {one.point for one in made if not one.point.startswith("~")}
    weather = {one.point + one.act for one in made if one.point.startswith("~")}
    what = ", ".join(f"{name} p99 {percentile(v, 99):.1f} s" for name, v in held.items())
    return [
        f"{len(made)} faults at {len(points)} failpoints and in {len(weather)} kinds of weather; "
        + ", ".join(
            f"{sum(getattr(one, name) for one in episodes)} {name}"
            for name in ("requests", "promises", "calls", "failures")
        )
        + " (calls without an answer).",
        (
            f"After kill -9 ({len(kills)}): held up p50 {percentile(kills, 50):.1f} s, "
            f"p99 {percentile(kills, 99):.1f} s, at most {max(kills, default=0.0):.1f} s "
            f"(goal: p99 under {GOAL_S:.0f} s); {what}."
        ),
        *(_again(one) for one in episodes if one.broken),
    ]


def _again(one: Episode) -> str:
    """The line that makes this fault again, and what it broke."""
    how = f"--seed {one.seed} --point {one.point!r} --action {one.act!r}"
    return f"BROKEN: bin/faults {how} --database {one.database}: {'; '.join(one.broken[:4])}"


def summary(episodes: list[Episode]) -> dict[str, Any]:
    """The same for machines."""
    made = [one for one in episodes if one.is_reached]
    kills = [one.resume_s for one in made if one.is_kill]
    return {
        "faults": len(made),
        "not_reached": len(episodes) - len(made),
        "broken": [one.as_dict() for one in episodes if one.broken],
        "kills": len(kills),
        "resume_p50_s": percentile(kills, 50),
        "resume_p99_s": percentile(kills, 99),
    }
