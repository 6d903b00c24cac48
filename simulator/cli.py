"""The commands of `python -m simulator`.

Exit status: 0 all promises were kept, 1 one was broken or it did not work, 2 not understood.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from server import logs
from server.loading import loading
from simulator import nature, report


def main(arguments: Sequence[str]) -> int:
    """Do one thing; the exit status."""
    if list(arguments[:1]) == ["run"]:
        return _run(arguments[1:])
    if list(arguments[:1]) == ["study"]:
        from simulator.study import cli as study

        return study.main(arguments[1:])
    return _story(arguments)


def _story(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Plays a city against the product and reports. `run` starts the demonstration, "
        "`study` compares policies.",
    )
    parser.add_argument("--sites", type=int, default=20, help="emergency departments")
    parser.add_argument("--peers", type=int, default=80, help="peer supporters")
    parser.add_argument("--hours", type=float, default=6.0, help="how long departments ask")
    parser.add_argument("--seed", type=int, default=7, help="the same seed, the same story")
    parser.add_argument("--state", default="OH", help="a state by its two letters")
    parser.add_argument(
        "--load", type=float, default=1.0, help="times the usual number of requests"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--url", help="drive this running server, in real time, instead")
    parser.add_argument("--credentials", type=Path, help="its sign-ins, as in demo.json")
    parser.add_argument("--brisk", action="store_true", help="with --url: everything takes seconds")
    chosen = parser.parse_args(arguments)
    if (chosen.url is None) != (chosen.credentials is None):
        parser.error("--url and --credentials go together")
    logs.configure("WARNING")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            # Standard output is the report's.
            handler.setStream(sys.stderr)
    if chosen.url is not None:
        return _remote(chosen)
    from simulator.world import Plan, play

    try:
        played = play(
            Plan(
                chosen.sites,
                chosen.peers,
                chosen.hours,
                chosen.seed,
                chosen.state.upper(),
                chosen.load,
            )
        )
    except ValueError as error:
        parser.error(str(error))
    found = played.report
    if chosen.json:
        print(json.dumps(found.as_dict() | {"wall_s": round(played.wall_s, 1)}, indent=2))
    else:
        print(
            f"{chosen.sites} sites, {chosen.peers} peers, {chosen.hours:g} hours from "
            f"16:00 on a Tuesday, seed {chosen.seed}\n"
        )
        print("\n".join(report.lines(found)))
        print(
            f"\n{played.wall_s:.1f} s of wall time: {played.calls} calls, "
            f"{played.compared} snapshots compared with their facts"
        )
    return 0 if found.is_clean else 1


def _remote(chosen: argparse.Namespace) -> int:
    from simulator.remote import Drive, drive

    found = drive(
        Drive(
            url=chosen.url,
            credentials=chosen.credentials,
            seconds=chosen.hours * 3600.0,
            seed=chosen.seed,
            load=chosen.load,
            habits=nature.BRISK if chosen.brisk else nature.LIFE,
            tell=None if chosen.json else lambda line: print(line, flush=True),
        )
    )
    print(json.dumps(found.as_dict(), indent=2) if chosen.json else "\n".join(report.lines(found)))
    return 0 if found.is_clean else 1


def _run(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m simulator run", description="The server with a small living city."
    )
    parser.add_argument("--peers", type=int, default=10, help="how many simulated peers")
    parser.add_argument(
        "--nurses", action="store_true", help="also simulated nurses, who ask by themselves"
    )
    chosen = parser.parse_args(arguments)
    with loading():
        from server.settings import SettingsError, load
        from simulator.city import run

    try:
        settings = load()
    except SettingsError as refused:
        print(f"Alongside does not start with these settings:\n{refused}", file=sys.stderr)
        return 2
    try:
        return run(settings, peers=chosen.peers, with_nurses=chosen.nurses)
    except OSError as error:
        print(f"PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}")
        return 1
