"""One run from the command line: start the processes, let the country live, print what came of it."""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import requests

from benchmarks.load.country import settle
from benchmarks.load.crowd import Crowd
from benchmarks.load.plan import Plan
from benchmarks.load.report import Report
from benchmarks.load.stage import Stage, TooManyPhones
from benchmarks.load.verdict import judge
from benchmarks.load.watch import Watch

ABOUT = "A country of phones on one machine: the real protocol, production's processes, a verdict."


def parser() -> argparse.ArgumentParser:
    """The command line; what is not given is the plan's own."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.load", description=ABOUT)
    plan = Plan()
    made.add_argument("--phones", type=int, default=plan.phones)
    made.add_argument("--minutes", type=float, default=plan.minutes)
    made.add_argument("--requests-per-minute", type=float, default=plan.requests_per_minute)
    made.add_argument("--reconnect", type=int, default=None, help="a fifth of the phones")
    made.add_argument("--backs-off", action="store_true", help="they come back as our page does")
    made.add_argument("--position-every-s", type=float, default=plan.position_every_s)
    made.add_argument("--web", type=int, default=plan.web, help="web processes")
    made.add_argument("--at-once", type=int, default=plan.at_once, help="connecting in the ramp")
    made.add_argument("--seed", type=int, default=plan.seed)
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return made


def measure(plan: Plan, folder: Path) -> Report:
    """One run. Raises `TooManyPhones` before anything is started."""
    with Stage(plan, folder) as stage:
        country = settle(stage.db, plan, stage.tokens)
        crowd = Crowd(plan, country, stage.web.port)
        metrics = asyncio.run(_live(stage, crowd))
        return Report(
            plan=plan,
            course=crowd.course,
            tally=crowd.tally,
            verdict=judge(stage.db, crowd),
            slow_readers=stage.slow_readers(),
            longest_pause_s=_told(metrics, "alongside_gc_longest_pause_seconds"),
            pushes=len(stage.fcm.messages),
            complaints=[*stage.complaints(), *stage.fcm.refused],
        )


async def _live(stage: Stage, crowd: Crowd) -> str:
    """The run; what the web process says of itself at its end, before everybody leaves."""
    watched = Watch(stage.processes())
    crowd.course.first_memory_mb = {name: watched.memory_mb(name) for name in stage.processes()}
    try:
        await crowd.run(watched)
        # Nothing is decided any more; what was decided is told, and then it is compared.
        await asyncio.to_thread(stage.dispatcher.end)
        await crowd.settle()
        return await asyncio.to_thread(_metrics, stage.web.url)
    finally:
        crowd.hang_up()
        await asyncio.sleep(0)


def _metrics(url: str) -> str:
    """The text of `/metrics`; of several web processes, one answers. Empty when none does in time."""
    try:
        return requests.get(f"{url}/metrics", timeout=60).text
    except requests.RequestException:
        return ""


def _told(metrics: str, name: str) -> float | None:
    """The value of a metric without labels; None when it is not there."""
    for line in metrics.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    return None


def main(arguments: Sequence[str] = ()) -> int:
    """Run it and print; 2 when this machine cannot hold so many. Met or missed is no exit status."""
    asked = vars(parser().parse_args(list(arguments)))
    path: Path | None = asked.pop("json")
    if asked["reconnect"] is None:
        asked["reconnect"] = asked["phones"] // 5
    plan = Plan(**{one.name: asked[one.name] for one in fields(Plan) if one.name in asked})
    try:
        with tempfile.TemporaryDirectory() as folder:
            report = measure(plan, Path(folder))
    except TooManyPhones as refused:
        print(refused)
        return 2
    report.show()
    if path is not None:
        path.write_text(json.dumps(report.as_json(), indent=1), encoding="utf-8")
    return 0


def table(phones: int = Plan.phones) -> None:
    """The run of `python -m benchmarks load`: the goals' own, or the same with fewer phones."""
    main(["--phones", str(phones)])
