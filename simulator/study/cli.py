"""`python -m simulator study`: what is asked for on the command line, and where the answer goes.

Exit status: 0 there is a result, 1 a run broke a rule or a file could not be written, 2 not
understood.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from dispatch.whatif.strategy import Strategy
from simulator.study import plot, report
from simulator.study.seed import BrokenRule
from simulator.study.strategies import by_name, with_bridges
from simulator.study.world import Plan

N = TypeVar("N", int, float)


def main(arguments: Sequence[str]) -> int:
    """Do one study; the exit status."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    plan = Plan(
        seed=chosen.seeds[0],
        days=chosen.days,
        load=chosen.load,
        state=chosen.state.upper(),
        site_count=chosen.site_count,
        peer_count=chosen.peers,
        sites=chosen.sites,
        towns=chosen.towns,
    )
    strategies = chosen.policy or list(by_name().values())
    if chosen.bridge:
        strategies = with_bridges(strategies)
    tell = _keep_quiet if chosen.quiet else _tell
    try:
        found = report.study(plan, chosen.seeds, strategies, tell, chosen.jobs)
    except KeyError as error:
        parser.error(f"there is no such world: a table has no column {error}")
    except (ValueError, OSError) as error:
        parser.error(f"there is no such world: {error}")
    except BrokenRule as broken:
        print(f"A rule was broken. {broken}", file=sys.stderr)
        return 1
    if chosen.plot is not None:
        try:
            plot.draw(found, chosen.plot)
        except OSError as error:
            print(f"The picture was not written: {error}", file=sys.stderr)
            return 1
    if chosen.json:
        print(json.dumps(report.as_dict(found), indent=2))
    else:
        print("\n".join(report.lines(found)))
    return 0


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(by_name())
    parser = argparse.ArgumentParser(
        prog="python -m simulator study",
        description="Measures whom a policy asks, beside one that knows every answer in advance.",
    )
    parser.add_argument("--policy", type=_policies, help=f"one or more of {names}; all without it")
    parser.add_argument(
        "--bridge",
        action="store_true",
        help="beside each policy of the product the same with video until somebody arrives",
    )
    parser.add_argument("--load", type=_positive, default=1.0, help="times the usual requests")
    parser.add_argument("--days", type=_positive, default=7.0, help="how long")
    parser.add_argument("--seeds", type=_seeds, default=(1, 2, 3), help="one world each: 1,2,3")
    parser.add_argument("--state", default="OH", help="a state by its two letters")
    parser.add_argument("--peers", type=_count, help="peers; without it in proportion to the sites")
    parser.add_argument("--site-count", type=_count, help="the largest departments only")
    parser.add_argument("--sites", type=Path, help="own departments: a table name,lat,lon[,beds]")
    parser.add_argument("--towns", type=Path, help="own towns: a table name,lat,lon,pop")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--plot", type=Path, help="draw it into this file (SVG)")
    parser.add_argument(
        "--jobs", type=_count, default=os.cpu_count() or 1, help="so many seeds at a time"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    return parser


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _keep_quiet(line: str) -> None:
    pass


def _policies(text: str) -> list[Strategy]:
    known = by_name()
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no policy {', '.join(unknown)}; there is {', '.join(known)}"
        )
    return [known[name] for name in dict.fromkeys(names)]


def _seeds(text: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(seed) for seed in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError("whole numbers with commas between them") from None


def _positive(text: str) -> float:
    number = _number(text, float)
    if not 0.0 < number < 1e6:
        raise argparse.ArgumentTypeError("more than nothing")
    return number


def _count(text: str) -> int:
    number = _number(text, int)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one")
    return number


def _number(text: str, kind: Callable[[str], N]) -> N:
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number") from None
