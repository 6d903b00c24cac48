"""The commands of `python -m server`. Each reads the settings, does one thing, and says how it went.

Exit status: 0 done, 1 it did not work, 2 it was not understood or the settings cannot be used.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from server.loading import loading
from server.settings import Settings, SettingsError, load

ROOT = Path(__file__).resolve().parents[1]
GRACE_S = 20
"""How long calls and sockets may take when a web process stops; many hosts kill after 30 s."""


def _run(settings: Settings) -> int:
    """everything in one process: web, sockets, dispatcher, embedded database"""
    with loading():
        from server import embedded

    try:
        return embedded.run(settings)
    except OSError as error:
        print(f"PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}")
        return 1


def _web(settings: Settings) -> int:
    """the web processes, under gunicorn"""
    command = [
        *(sys.executable, "-m", "gunicorn", "--worker-class", "server.worker.Worker"),
        *("--workers", str(settings.web_concurrency)),
        *("--worker-connections", str(settings.web_connections)),
        *("--graceful-timeout", str(GRACE_S), "--no-control-socket"),
        *("--bind", f"{settings.host}:{settings.port}", "server.wsgi:app"),
    ]
    os.execv(sys.executable, command)  # noqa: S606  # our own interpreter, no shell


def _up(settings: Settings, processes: list[str]) -> int:
    """all processes of the Procfile on this machine, kept running; needs PostgreSQL and Redis"""
    from server.up import procfile
    from server.up.supervisor import Supervisor

    try:
        commands = procfile.parse((ROOT / "Procfile").read_text(encoding="utf-8"))
        formation = procfile.formation(commands, processes)
    except (OSError, procfile.NoProcfile) as refused:
        print(refused, file=sys.stderr)
        return 2
    if settings.uses_sqlite:
        print("DATABASE_URL: several processes need postgresql; for one file: python -m server run")
        return 2
    if settings.redis_url is None and formation.get("web", 0) * settings.web_concurrency > 1:
        print("REDIS_URL: must be set when there are several web processes")
        return 2
    # Who comes from outside comes through a proxy on this machine, unless HOST says otherwise.
    environment = {**os.environ, "HOST": settings.host}
    return Supervisor(commands, formation, ROOT, environment, settings.port).run()


def _dispatcher(settings: Settings) -> int:
    """waves, alarms, pushes and chores; several may run"""
    with loading():
        from server import logs
        from server.dispatcher import Dispatcher, WrongRevision
        from server.wiring import wire

    logs.configure(settings.log_level)
    signals = {signal.SIGTERM, signal.SIGINT}
    # Blocked before any thread starts: the main thread alone takes them, by waiting for them.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    wired = wire(settings)
    dispatcher = Dispatcher(wired)
    try:
        dispatcher.start()
    except WrongRevision as refused:
        print(f"Refused: {refused}. Run: python -m server migrate")
        return 1
    while not dispatcher.stop_asked.is_set():
        if signal.sigtimedwait(signals, 0.5) is not None:
            break
    was_asked = not dispatcher.stop_asked.is_set()
    is_clean = dispatcher.stop()
    wired.close()
    return 0 if was_asked and is_clean else 1


def _migrate(settings: Settings, to: str | None = None) -> int:
    """bring the schema to the revision of this code, or back to that of another"""
    from storage import migrate
    from storage.engine import make_engine

    engine = make_engine(settings.database_url, pool_size=1)
    try:
        migrate.move(engine, to or migrate.head())
        print(f"Schema is at revision {migrate.current(engine)}.")
    except ValueError as refused:
        print(f"Refused: {refused}.", file=sys.stderr)
        return 2
    finally:
        engine.dispose()
    return 0


def _seed(settings: Settings) -> int:
    """put the demonstration's people into an empty database"""
    from server import seed
    from server.wiring import wire

    if settings.is_production:
        print("ALONGSIDE_ENV: a production database is not seeded with invented people")
        return 2
    wired = wire(settings)
    seed.demonstrate(wired)
    wired.close()
    print(f"Seeded. Sign-ins: {seed.demo_file(settings)}")
    return 0


def _doctor(settings: Settings) -> int:
    """look at settings, database, Redis, proxy, providers and invariants; changes nothing"""
    from server import doctor
    from server.wiring import wire

    wired = wire(settings)
    findings = doctor.examine(wired)
    for finding in findings:
        print(finding)
    wired.close()
    return 0 if all(finding.is_well or not finding.is_grave for finding in findings) else 1


def _replay(settings: Settings, request_id: str) -> int:
    """what was decided about one request, and whether this code would decide the same"""
    from server import replay
    from server.wiring import wire

    wired = wire(settings)
    told, is_same = replay.lines(wired, request_id)
    print("\n".join(told))
    wired.close()
    return 0 if is_same else 1


def _preview(settings: Settings, preview_id: str, lease: str) -> int:
    """one preview of a policy, for the dispatcher that holds it; not for people"""
    from server import logs, previews

    logs.configure(settings.log_level)
    return previews.play(settings, preview_id, lease)


COMMANDS: dict[str, Callable[..., int]] = {
    "run": _run,
    "web": _web,
    "up": _up,
    "dispatcher": _dispatcher,
    "migrate": _migrate,
    "seed": _seed,
    "doctor": _doctor,
    "replay": _replay,
    "preview": _preview,
}


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m server", description="Alongside.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        added = commands.add_parser(name, help=command.__doc__)
        if command is _up:
            added.add_argument(
                "processes", metavar="NAME=NUMBER", nargs="*", help="for example web=2"
            )
        if command is _migrate:
            added.add_argument(
                "--to", metavar="REVISION", help="for the way back; see the deploy page"
            )
        if command is _replay:
            added.add_argument("request_id", metavar="REQUEST_ID")
        if command is _preview:
            added.add_argument("preview_id", metavar="PREVIEW_ID")
            added.add_argument("lease", metavar="LEASE")
    given = vars(parser.parse_args(arguments))
    chosen = given.pop("command")
    try:
        settings = load()
    except SettingsError as refused:
        print(f"Alongside does not start with these settings:\n{refused}", file=sys.stderr)
        return 2
    return COMMANDS[chosen](settings, **given)
