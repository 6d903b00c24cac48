"""The tables: each figure beside its limit, with "met" or "missed"; and the same as JSON."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.load.crowd import Course
from benchmarks.load.plan import Plan
from benchmarks.load.tally import Tally, Timed
from benchmarks.load.verdict import Verdict
from benchmarks.table import percentile, show

OFFER_MS = 250.0
ACCEPT_MS = 500.0
BACK_MS = 30_000.0
BOARD_MS = 1_000.0
CPU_PERCENT = 70.0
PHONE_KB = 72.0
HELD = ("web", "dispatcher")
"""The processes that the limit of the processor is for."""


@dataclass(frozen=True)
class Report:
    """Everything that one run found."""

    plan: Plan
    course: Course
    tally: Tally
    verdict: Verdict
    slow_readers: int
    """Connections that the server cut because their client did not read."""
    longest_pause_s: float | None
    """For how long a full collection of garbage stopped the web process at most, ramp included."""
    pushes: int
    complaints: list[str]
    """Mistakes in the logs of the product, and pushes that the provider had to refuse."""

    def show(self) -> None:
        """Print the tables."""
        head = ("what", "measured", "p50 ms", "p99 ms", "longest", "limit (p99)", "")
        show(f"{self.plan.phones:,} phones: times", head, self.times(), self._ramp())
        show(
            "Processes",
            ("process", "CPU %", "while they come back", "MB before", "MB", "limit", ""),
            self.processes(),
            self._memory(),
        )
        errors = f"Errors: {_counts(self.tally.errors)}."
        show("Promises", ("what", "measured", "limit", ""), self.promises(), errors)
        print(f"\nOutcomes: {_counts(self.tally.outcomes)}.")
        for line in (*self.verdict.examples, *self.verdict.broken, *self.complaints[:10]):
            print(f"- {line}")

    def times(self) -> list[tuple[str, ...]]:
        """Times, each with its limit where there is one."""
        tally, course = self.tally, self.course
        away = (course.dropped, course.caught_up) if course.caught_up else (0.0, 0.0)

        def meanwhile(values: Sequence[Timed]) -> list[Timed]:
            return [one for one in values if away[0] <= one[0] <= away[1]]

        def before(values: Sequence[Timed]) -> list[Timed]:
            end = course.dropped or course.end
            return [one for one in values if course.begin <= one[0] < end]

        accepts = tally.calls["accept"]
        rows = [
            _row("an acknowledgement that touches no row", before(tally.bare)),
            _row("offer: from its commit to the socket", tally.offers, OFFER_MS),
            _row("offer: before they lose the line", before(tally.offers)),
            _row("yes, over HTTP", accepts),
        ]
        if self.plan.reconnect:
            rows += [
                _row("bare, while they come back", meanwhile(tally.bare)),
                _row("offer, while they come back", meanwhile(tally.offers)),
                _row("yes, while they come back", meanwhile(accepts), ACCEPT_MS),
                _row(f"{self.plan.reconnect:,} back and caught up", tally.back, BACK_MS, "longest"),
            ]
        rows += [
            _row("request made, over HTTP", tally.calls["ask"]),
            _row("position: to its acknowledgement", tally.position_acks),
            _row("position on the road: to the board", tally.board_lags, BOARD_MS),
            _row("the whole board, over HTTP", tally.calls["board"]),
            _row("first connect", tally.connects),
            _row("how late these phones are themselves", tally.late),
        ]
        return rows

    def processes(self) -> list[tuple[str, ...]]:
        """Processor and memory of each."""
        course = self.course
        rows: list[tuple[str, ...]] = []
        for name, used in course.steady.items():
            is_held = name.startswith(HELD)
            storm = course.storm.get(name)
            rows.append(
                (
                    name,
                    f"{used.cpu_percent:.0f}",
                    f"{storm.cpu_percent:.0f}" if storm else "",
                    f"{course.first_memory_mb[name]:.0f}",
                    f"{used.memory_mb:.0f}",
                    f"{CPU_PERCENT:.0f} %" if is_held else "",
                    _judged(used.cpu_percent <= CPU_PERCENT) if is_held else "",
                )
            )
        return rows

    def connect_ms(self) -> float:
        """Processor time of the web processes for one connection of the ramp, in milliseconds."""
        ramp, course = self.course.ramp, self.course
        percent = sum(used.cpu_percent for name, used in ramp.items() if name.startswith("web"))
        return 10.0 * percent * course.ramp_s / max(course.connected, 1)

    def kb_per_phone(self) -> float:
        """What the web processes hold more than before anybody came, for each connection."""
        course = self.course
        grown = sum(
            used.memory_mb - course.first_memory_mb[name]
            for name, used in course.steady.items()
            if name.startswith("web")
        )
        return 1000.0 * grown / max(course.connected, 1)

    def _ramp(self) -> str:
        plan, course = self.plan, self.course
        return (
            f"{course.connected:,} connected in {course.ramp_s:.0f} s "
            f"({course.connected / max(course.ramp_s, 0.001):.0f} a second, {self.connect_ms():.1f} ms "
            f"of the web's processor each), then {plan.minutes:g} min with {self.verdict.requests} requests and {self.pushes:,} pushes."
        )

    def _memory(self) -> str:
        kb = self.kb_per_phone()
        pause_s = self.longest_pause_s
        pause = (
            ""
            if pause_s is None
            else (f" Its longest stop for a collection of garbage: {1000.0 * pause_s:.0f} ms.")
        )
        return (
            f"{kb:.0f} KB a connection in the web process, with requests and positions "
            f"(limit of an idle one {PHONE_KB:.0f} KB: {_judged(kb <= PHONE_KB)}).{pause}"
        )

    def promises(self) -> list[tuple[str, ...]]:
        """Counts that must be nought, or all."""
        verdict, tally = self.verdict, self.tally
        said, answered = tally.positions_said, tally.positions.total()
        facts, offers = verdict.facts, verdict.offers
        heard = ", ".join(f"{facts[how]:,} {how}" for how in ("live", "gap", "again"))
        told = ", ".join(f"{offers[how]} {how}" for how in ("live", "fetched", "over"))
        used = ", ".join(f"{number:,} {what}" for what, number in tally.positions.most_common())
        return [
            _none("facts missed", f"of {facts.total():,} ({heard})", facts["missed"]),
            _none(
                "answers to offers not taken",
                f"of {tally.answers['meant']:,}",
                tally.answers["meant"] - tally.answers["taken"],
            ),
            _none("offers missed", f"of {offers.total():,} ({told})", offers["missed"]),
            _none("ends of offers untold", f"of {verdict.ends.total():,}", verdict.ends["untold"]),
            _none(
                "positions without an answer",
                f"of {said:,} ({used})",
                max(0, said - answered),
                self.plan.reconnect,
            ),
            _none("invariants broken", "", len(verdict.broken)),
            _none("errors", "", tally.errors.total()),
            _none("slow readers cut", "", self.slow_readers),
            _none("mistakes logged or refused", "", len(self.complaints)),
        ]

    def as_json(self) -> dict[str, Any]:
        """The same for a file: rows as they are printed, and the counts behind them."""
        return {
            "plan": asdict(self.plan),
            "ramp_s": self.course.ramp_s,
            "connect_ms": self.connect_ms(),
            "connected": self.course.connected,
            "times": self.times(),
            "processes": self.processes(),
            "longest_pause_s": self.longest_pause_s,
            "kb_per_phone": self.kb_per_phone(),
            "promises": self.promises(),
            "states": self.verdict.states,
            "facts": self.verdict.facts,
            "offers": self.verdict.offers,
            "positions": self.tally.positions,
            "outcomes": self.tally.outcomes,
            "errors": self.tally.errors,
            "examples": self.verdict.examples,
        }


def _counts(of: Counter[str]) -> str:
    return ", ".join(f"{what}: {number}" for what, number in sorted(of.items())) or "none"


def _judged(is_met: bool) -> str:
    return "met" if is_met else "missed"


def _row(
    what: str, values: Sequence[Timed], limit: float | None = None, of: str = "p99"
) -> tuple[str, ...]:
    """`of`: which of the figures the limit is for."""
    shown = "" if limit is None else f"{limit:,.0f} ms"
    if of != "p99" and limit is not None:
        shown += f", {of}"
    if not values:
        return (what, "0", "", "", "", shown, "not measured" if limit is not None else "")
    took = [ms for _, ms in values]
    p99, longest = percentile(took, 99), max(took)
    verdict = "" if limit is None else _judged((p99 if of == "p99" else longest) <= limit)
    p50 = statistics.median(took)
    return (what, f"{len(took):,}", f"{p50:.1f}", f"{p99:.1f}", f"{longest:.0f}", shown, verdict)


def _none(what: str, about: str, number: int, most: int = 0) -> tuple[str, ...]:
    limit = f"at most {most:,}" if most else "0"
    return (what, f"{number:,} {about}".strip(), limit, _judged(number <= most))
