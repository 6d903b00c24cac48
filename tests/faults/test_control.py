"""A sample of the control: a broken guard is noticed, and one that is as good as before is not."""

import subprocess
import sys

import pytest

from tests.house.repository import ROOT

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]

HARMLESS = """
from dataclasses import replace
from tests.faults.control import bench
from tests.faults.control.guards import GUARDS
guard = next(guard for guard in GUARDS if guard.name == "asks-excluded")
found = bench.notice(replace(guard, becomes=guard.is_ + "            # and so on\\n"))
assert (found.is_caught, found.by) == (False, ""), found
"""


def test_a_broken_guard_is_noticed_by_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.control", "asks-excluded", "record-fence"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 guards that were broken on purpose were noticed" in done.stdout
    assert "test_each_reason_against_is_found_and_named" in done.stdout
    assert "test_a_relay_asleep_past_its_lease_records_nothing" in done.stdout


def test_what_breaks_nothing_is_not_called_noticed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HARMLESS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
