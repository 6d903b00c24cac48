"""This machine: open files, and whether somebody made a backup lately."""

import resource
from collections.abc import Iterator
from datetime import UTC, datetime

from server.doctor.finding import Finding, warning
from server.wiring import Wired

SPARE_FILES = 200
"""Besides sockets: connections to the database, files, pipes."""
LATE_H = 26.0
"""A backup a day, and two hours of grace."""


def examine(wired: Wired) -> Iterator[Finding]:
    """Findings about the machine that the doctor runs on."""
    yield _files(wired.settings.web_connections)
    yield from _backups(wired)


def _files(connections: int) -> Finding:
    """The limit of a service may be another one than that of the shell the doctor runs in."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    said = f"{soft:,} files may be open here, WEB_CONNECTIONS is {connections:,}"
    if soft != resource.RLIM_INFINITY and soft < connections + SPARE_FILES:
        return warning(
            "files", f"{said}: raise it (ulimit -n; LimitNOFILE of a service), or sockets hang"
        )
    return Finding("files", True, said)


def _backups(wired: Wired) -> Iterator[Finding]:
    folder = wired.settings.backup_folder
    if folder is None:
        if wired.settings.is_production:
            yield warning(
                "backups", "are not known of: set BACKUP_FOLDER to where deploy/backup.sh puts them"
            )
        return
    made = [each.stat() for each in folder.glob("alongside-*") if each.suffix != ".part"]
    if not made:
        yield Finding("backups", False, f"there is none in {folder}: run deploy/backup.sh daily")
        return
    newest = max(made, key=lambda stat: stat.st_mtime)
    age = wired.clock.now() - datetime.fromtimestamp(newest.st_mtime, UTC)
    age_h = age.total_seconds() / 3600
    said = f"the newest of {len(made)} is {age_h:.0f} h old and has {newest.st_size / 1e6:.1f} MB"
    if newest.st_size == 0:
        yield Finding("backups", False, f"{said}: it is empty")
    elif age_h > LATE_H:
        yield Finding("backups", False, f"{said}: run deploy/backup.sh daily")
    else:
        yield Finding("backups", True, said)
