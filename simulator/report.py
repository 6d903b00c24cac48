"""The numbers of a story, out of the journal as a manager reads it, and how they are printed.

Pure: requests with their facts come in, with the moments at which phones rang. Times are of the
story; the product's own milliseconds are measured elsewhere (`benchmarks`).
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from simulator import doubles
from simulator.doubles import moment_of

Json = Mapping[str, Any]
Story = tuple[Json, Sequence[Json]]
"""A request as it is now, and all its facts in order."""


@dataclass(frozen=True)
class Times:
    """How long something took, in seconds, over the requests in which it happened."""

    count: int
    median_s: float | None
    p90_s: float | None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        """The median, and the value that nine of ten do not exceed (nearest rank)."""
        if not seconds:
            return cls(0, None, None)
        ordered = sorted(seconds)
        rank = -(-9 * len(ordered) // 10) - 1
        return cls(len(ordered), round(statistics.median(ordered), 1), round(ordered[rank], 1))


@dataclass(frozen=True)
class Report:
    """What a story came to."""

    requests: int
    completed: int
    unfilled: int
    cancelled: int
    still_open: int
    escalated: int
    handed_back: int
    """Visits that ended before their end: withdrawn or handed over; somebody else was asked."""
    filled: int
    """Requests in which a peer and the person met."""
    to_first_push: Times
    to_yes: Times
    to_bedside: Times
    to_video: Times
    """To the beginning of a remote conversation: video, and also phone and chat."""
    asks: int
    asks_per_filled: float | None
    yes: int
    no: int
    no_answer: int
    double_offers: int
    broken_invariants: int
    problems: list[str] = field(default_factory=list)
    """Every double offer and broken invariant, as one sentence each."""
    seen: dict[str, int] = field(default_factory=dict)
    """What else was counted on the way."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing happened that must never happen."""
        return not self.double_offers and not self.broken_invariants

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def tally(
    stories: Iterable[Story],
    rings: Mapping[str, datetime],
    broken: Sequence[str] = (),
    seen: Mapping[str, int] | None = None,
) -> Report:
    """The report of these stories. `rings`: when a phone rang, by offer; `broken`: what else is."""
    told = list(stories)
    twice = doubles.find(told)
    states = Counter(str(request["state"]) for request, _ in told)
    kinds = Counter(str(fact["type"]) for _, facts in told for fact in facts)
    met = [_first(facts, "visit_started") for _, facts in told]
    filled = sum(moment is not None for moment in met)
    bridged = sum(
        len(fact["data"]["offers"])
        for _, facts in told
        for fact in facts
        if fact["type"] == "bridge_asked"
    )
    asks = kinds["offer_made"] + bridged
    yes, no = kinds["offer_accepted"] + kinds["bridge_accepted"], _said_no(told)
    return Report(
        requests=len(told),
        completed=states["completed"],
        unfilled=states["unfilled"],
        cancelled=states["cancelled"],
        still_open=len(told) - sum(states[end] for end in ("completed", "unfilled", "cancelled")),
        escalated=sum(_first(facts, "request_escalated") is not None for _, facts in told),
        handed_back=kinds["visit_withdrawn"] + kinds["visit_handed_over"],
        filled=filled,
        to_first_push=_times(told, lambda facts: _first_ring(facts, rings)),
        to_yes=_times(told, lambda facts: _first(facts, "offer_accepted", "request_assigned")),
        to_bedside=_times(told, lambda facts: _first(facts, "visit_arrived")),
        to_video=_times(told, _first_remote),
        asks=asks,
        asks_per_filled=round(asks / filled, 2) if filled else None,
        yes=yes,
        no=no,
        no_answer=asks - yes - no,
        double_offers=len(twice),
        broken_invariants=len(broken),
        problems=[*twice, *broken],
        seen=dict(sorted((seen or {}).items())),
    )


def _times(told: Sequence[Story], when: Any) -> Times:
    """From the asking to `when(facts)`, over the stories that have it."""
    found = []
    for request, facts in told:
        moment = when(facts)
        if moment is not None:
            found.append((moment - moment_of(request["created_at"])).total_seconds())
    return Times.of(found)


def _first(facts: Sequence[Json], *kinds: str) -> datetime | None:
    return next((moment_of(fact["at"]) for fact in facts if fact["type"] in kinds), None)


def _first_ring(facts: Sequence[Json], rings: Mapping[str, datetime]) -> datetime | None:
    asked = [fact["data"]["offer"]["id"] for fact in facts if fact["type"] == "offer_made"]
    return min((rings[offer_id] for offer_id in asked if offer_id in rings), default=None)


def _first_remote(facts: Sequence[Json]) -> datetime | None:
    for fact in facts:
        if fact["type"] == "bridge_started":
            return moment_of(fact["at"])
        if fact["type"] == "visit_started" and fact["data"]["visit"]["modality"] != "in_person":
            return moment_of(fact["at"])
    return None


def _said_no(told: Sequence[Story]) -> int:
    """Offers that were declined, and not taken back with a yes."""
    count = 0
    for _, facts in told:
        said = {fact["data"]["offer"]["id"] for fact in facts if fact["type"] == "offer_declined"}
        said -= {
            fact["data"]["offer"]["id"]
            for fact in facts
            if fact["type"] in ("offer_accepted", "bridge_accepted")
        }
        count += len(said)
    return count


def lines(report: Report) -> list[str]:
    """The report for people."""
    rows = [
        f"requests            {report.requests:>6}",
        f"  completed         {report.completed:>6}",
        f"  unfilled          {report.unfilled:>6}",
        f"  cancelled         {report.cancelled:>6}",
        f"  still open        {report.still_open:>6}",
        f"  were escalated    {report.escalated:>6}",
        f"  found another     {report.handed_back:>6}   (withdrawn or handed over)",
        "",
        "time from asking          n     median        p90",
        _row("to first push", report.to_first_push),
        _row("to a yes", report.to_yes),
        _row("to the bedside", report.to_bedside),
        _row("to video or phone", report.to_video),
        "",
        f"asks                {report.asks:>6}   ({_or_dash(report.asks_per_filled)} per filled)",
        f"  yes               {report.yes:>6}",
        f"  no                {report.no:>6}",
        f"  no answer         {report.no_answer:>6}",
        "",
        f"double offers       {report.double_offers:>6}",
        f"broken invariants   {report.broken_invariants:>6}",
    ]
    if report.seen:
        rows += ["", "on the way"]
        rows += [f"  {name:<34}{number:>6}" for name, number in report.seen.items()]
    return rows + [f"PROBLEM: {problem}" for problem in report.problems]


def _row(name: str, times: Times) -> str:
    return f"  {name:<20}{times.count:>5}{_clock(times.median_s):>11}{_clock(times.p90_s):>11}"


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"


def _or_dash(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"
