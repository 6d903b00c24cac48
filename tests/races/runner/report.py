"""The report of the races: one line of JSON a batch as it ends, and a table of all of them.

The file is what a later run goes on with. It knows counts; it refuses to know how they came about.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Record:
    """What came of one batch."""

    what: str
    number: int
    races: int
    """How many races, or reconnects, it had."""
    took_s: float
    """Seconds of the run that were its own; of batches side by side each has a part."""
    counts: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def done(path: Path) -> list[Record]:
    """The batches that earlier runs have made; half a line at the end is none."""
    found = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(Record(**json.loads(line)))
            except ValueError:
                continue
    return found


def keep(path: Path, record: Record) -> None:
    """Write one down at once: a run that is ended loses at most the batch under way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(asdict(record)) + "\n")


def table(records: Sequence[Record]) -> str:
    """Both tables, each only when there is something to say in it, and what was broken."""
    parts = [_races(records), _reconnects(records)]
    parts += [
        f"BROKEN: bin/races {one.what} --batch {one.number}: {'; '.join(one.broken[:4])}"
        for one in records
        if one.broken
    ]
    return "\n\n".join(part for part in parts if part)


def _races(records: Sequence[Record]) -> str:
    head = (
        "| races on | made | calls | two or more at once | abreast | refused by the guard"
        " | by the index | by a look | doubled | unexplained | broken | races/s |"
    )
    lines = [head, "| --- |" + " --- |" * (head.count("|") - 2)]
    kinds = []
    for what, ones, sums in _groups(records, "calls"):
        races = sum(one.races for one in ones)
        seconds = sum(one.took_s for one in ones)
        looked = f"{sums['guard']:,} | {sums['index']:,} | {sums['look']:,}"
        lines.append(
            f"| {what} | {races:,} | {sums['calls']:,} | {sums['met'] / races:.1%}"
            f" | {sums['abreast'] / races:.1f} | {looked if sums['watched'] else '| |'}"
            f" | {sums['doubled']:,} | {sums['unexplained']:,}"
            f" | {sum(bool(one.broken) for one in ones)} | {races / seconds:.0f} |"
        )
        each = sum((Counter(one.kinds) for one in ones), Counter[str]())
        said = ", ".join(f"{kind} {number:,}" for kind, number in each.most_common())
        spread = f"; calls at both processes in {sums['both']:,}" if sums["both"] else ""
        kinds.append(f"{what}: {said}{spread}.")
    return "\n".join([*lines, "", *kinds]) if kinds else ""


def _reconnects(records: Sequence[Record]) -> str:
    head = (
        "| forced reconnects | facts heard live | on following | fetched over HTTP | dropped as known"
        " | gaps noticed | arrived out of order | lost | out of order | broken | per second |"
    )
    lines = [head, "| --- |" + " --- |" * (head.count("|") - 2)]
    kinds = []
    for _, ones, sums in _groups(records, "heard"):
        made = sum(one.races for one in ones)
        names = ("heard", "followed", "fetched", "known", "gaps", "shuffled", "lost", "disordered")
        lines.append(
            f"| {made:,} | "
            + " | ".join(f"{sums[name]:,}" for name in names)
            + f" | {sum(bool(one.broken) for one in ones)}"
            f" | {made / sum(one.took_s for one in ones):.0f} |"
        )
        each = sum((Counter(one.kinds) for one in ones), Counter[str]())
        kinds.append(
            f"Cut {', '.join(f'{how} {number:,}' for how, number in each.most_common())};"
            f" {sums['streams']:,} streams held against the journal,"
            f" {sums['facts']:,} facts in it."
        )
    return "\n".join([*lines, "", *kinds]) if kinds else ""


def _groups(records: Sequence[Record], has: str) -> list[tuple[str, list[Record], Counter[str]]]:
    """The records that count `has`, by what they are of, with their sums."""
    names = list(dict.fromkeys(one.what for one in records if has in one.counts))
    return [
        (what, ones, sum((Counter(one.counts) for one in ones), Counter[str]()))
        for what in names
        if (ones := [one for one in records if one.what == what])
    ]
