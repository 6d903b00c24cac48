"""Named points of the code at which a test may let this process fail; nothing unless asked for.

Without `ALONGSIDE_FAILPOINTS` the name `failpoint` is bound, once and for all, to a function that does
nothing. With it, it is the folder in which a test arms a point by writing a file of the point's
name. The first process that gets there renames the file, so a point fails once, in one process,
and who it was can be read from the folder.

It knows how to fail. It refuses to know where: the names stand where they are reached, and the list
that must agree with them in `tests/faults/points.py`. Production refuses the setting.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

FOLDER = "ALONGSIDE_FAILPOINTS"
"""Read here and not from the settings: the choice is made before there are any."""

FIRED = ".fired-by-"
"""Between a point's name and the process that failed there."""


class Failure(RuntimeError):
    """What a point raises when it was told to raise."""


def _nothing(_name: str) -> None:
    """Nobody asked for failures."""


def pointer(folder: Path) -> Callable[[str], None]:
    """The `failpoint` that looks into `folder`, one system call a time for a point that is not armed.

    What a file may say: `kill` (SIGKILL), `stop` (SIGSTOP, until a test continues it), `raise`, or
    `sleep SECONDS`, in which the thread waits and yields to nobody, as on a disk that hangs.
    """

    def failpoint(name: str) -> None:
        mine = folder / f"{name}{FIRED}{os.getpid()}"
        try:
            (folder / name).rename(mine)
        except OSError:
            return
        act, _, value = mine.read_text(encoding="ascii").partition(" ")
        _fail(name, act, value)

    return failpoint


def _fail(name: str, act: str, value: str) -> None:
    if act == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif act == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif act == "sleep":
        # A wait that no cooperative scheduler turns into a yield; it ends by the time alone.
        signal.sigtimedwait((), float(value))
    else:
        raise Failure(name)


failpoint = pointer(Path(os.environ[FOLDER])) if os.environ.get(FOLDER) else _nothing
