"""What a `Procfile` says, and the rules of keeping processes alive. Pure."""

import re
from collections.abc import Mapping, Sequence

RELEASE = "release"
"""Run once, before the others, and must succeed."""

USUAL = {"dispatcher": 2}
"""How many of each where nobody said: one, and of dispatchers two, so that one may die."""

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
SETTLED_S = 60.0
"""A process that has run this long has started well: its earlier failures are forgotten."""

MOST_OF_ONE = 64

_LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(\S.*)$")


class NoProcfile(ValueError):
    """It cannot be read, or asks for something that is not in it. The message says what."""


def parse(text: str) -> dict[str, str]:
    """The commands by name, in the order of the file. Raises `NoProcfile`."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        said = _LINE.match(line)
        if said is None:
            raise NoProcfile(f"Procfile, line {number}: this is no `name: command`")
        found[said[1]] = said[2].strip()
    return found


def formation(commands: Mapping[str, str], asked: Sequence[str]) -> dict[str, int]:
    """How many of each process: as asked (`web=2`), else the usual. Raises `NoProcfile`."""
    wanted = {name: USUAL.get(name, 1) for name in commands if name != RELEASE}
    for each in asked:
        name, _, number = each.partition("=")
        if name not in wanted:
            raise NoProcfile(f"{each}: the Procfile has {', '.join(wanted)}")
        if not number.isdigit() or int(number) > MOST_OF_ONE:
            raise NoProcfile(f"{each}: how many? For example {name}=2")
        wanted[name] = int(number)
    if not any(wanted.values()):
        raise NoProcfile("nothing would run")
    return wanted


def wait_s(failures: int) -> float:
    """How long before the next try, after so many failures in a row: at once is never.

    Twice as long each time, and half a minute at most: a database that is back is not waited for.
    """
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 10))
