"""Writes what was measured into `docs/performance.md`, with the machine and the date.

The page's sentences are written by people; the blocks between `<!-- measured: NAME -->` and
`<!-- /measured -->` are written here, and by nobody else, each by a run of its benchmark.
"""

import os
import platform
import re
from pathlib import Path

from storage.clock import SystemClock

PAGE = Path(__file__).parent.parent / "docs/performance.md"
_BLOCK = re.compile(
    r"<!-- measured: (?P<name>[\w-]+) -->\n(?P<text>.*?)<!-- /measured -->", re.DOTALL
)


def names(page: str) -> list[str]:
    """The benchmarks that have a block on this page, in its order."""
    return [found["name"] for found in _BLOCK.finditer(page)]


def written(page: str, name: str, tables: list[str], circumstances: str) -> str:
    """The page with the block of this benchmark replaced. Raises `KeyError` when it has none."""
    if name not in names(page):
        raise KeyError(f"docs/performance.md has no block for {name}")
    block = "\n\n".join([*tables, circumstances])

    def replaced(found: re.Match[str]) -> str:
        if found["name"] != name:
            return found[0]
        return f"<!-- measured: {name} -->\n{block}\n<!-- /measured -->"

    return _BLOCK.sub(replaced, page)


def machine() -> str:
    """What this runs on: cores that may be used, processor, memory in GB, system, Python."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cores} cores ({_processor()}), {memory:.0f} GB, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}"
    )


def moment() -> str:
    """Today's date, and how busy the machine was in the last minute: more than a little spoils it."""
    return f"{SystemClock().now():%Y-%m-%d}, load {os.getloadavg()[0]:.1f} before"


def _processor() -> str:
    """The processor's name, where the system says it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return " ".join(found[1].split()) if found else platform.machine()
