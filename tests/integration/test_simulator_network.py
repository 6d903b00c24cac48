"""The city at the door of real server processes, over real HTTP and Socket.IO."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from simulator.door import Json
from simulator.nature import BRISK
from simulator.remote import Drive, drive
from tests.harness.postgres import die_with_parent, free_port

pytestmark = pytest.mark.process

START_S = 30.0
QUICK = replace(
    BRISK,
    accepts_if_seen=1.0,
    differs=0.0,
    see_s=0.1,
    answer_s=0.3,
    prepare_s=0.3,
    connect_s=0.3,
    at_desk_s=0.2,
    meet_s=0.3,
    session_s=0.5,
    speed_mps=10_000.0,
    park_s=0.1,
    position_every_s=0.3,
    cancels=0.0,
    ends_early=0.0,
)


class Process:
    """`python -m MODULE run` on a data folder of its own."""

    def __init__(self, module: str, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / f"{module}-{self.port}.log"
        values = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        values |= {"HOME": str(data), "PORT": str(self.port), "ALONGSIDE_DATA": str(data)}
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, "run"],
                env=values,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # one call into libc, no lock taken
            )

    def until(self, holds: Callable[[], bool], within_s: float = START_S) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + within_s
        while not holds():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def says(self, words: str) -> bool:
        """Whether it has printed that."""
        return words in self.log.read_text()

    def nurse(self) -> dict[str, str]:
        """The headers of the first staff member."""
        users = json.loads((self.data / "demo.json").read_text())["users"]
        who = next(user for user in users if user["role"] == "staff")
        body = {"email": who["email"], "password": who["password"]}
        answer = requests.post(f"{self.url}/api/v1/sessions", json=body, timeout=10)
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def end(self, how: signal.Signals) -> int:
        """Send a signal; the exit status."""
        self.process.send_signal(how)
        return self.process.wait(timeout=20)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Process]]:
    """Starts processes on one data folder; whatever still runs is killed afterwards."""
    started: list[Process] = []

    def begin(module: str) -> Process:
        process = Process(module, tmp_path)
        started.append(process)
        return process

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait(timeout=10)


def test_a_running_server_is_driven_in_real_time(start: Callable[[str], Process]) -> None:
    server = start("server")
    server.until(server.answers)
    plan = Drive(
        url=server.url,
        credentials=server.data / "demo.json",
        seconds=1.5,
        habits=QUICK,
        drain_s=12.0,
        asks_s=(1.0, 1.2),
    )
    report = drive(plan)
    assert report.problems == []
    assert report.requests == 2
    assert report.completed == 2, report
    assert report.to_first_push.count == 2


def test_the_demonstration_answers_by_itself_and_goes_on_after_a_kill(
    start: Callable[[str], Process],
) -> None:
    city = start("simulator")
    city.until(lambda: city.says("the city lives: 10 simulated peers"))
    sign_ins = city.data / "city.json"
    assert stat.S_IMODE(sign_ins.stat().st_mode) == 0o600
    published = {
        user["email"] for user in json.loads((city.data / "demo.json").read_text())["users"]
    }
    simulated = {user["email"] for user in json.loads(sign_ins.read_text())["users"]}
    assert not published & simulated

    nurse = city.nurse()
    body = {"modality": "video", "place": "Room 12", "language": "en", "consent": True}
    made = requests.post(f"{city.url}/api/v1/requests", json=body, headers=nurse, timeout=10).json()

    def look(at: Process) -> Json:
        url = f"{at.url}/api/v1/requests/{made['id']}"
        found: Json = requests.get(url, headers=nurse, timeout=10).json()
        return found

    city.until(lambda: city.says("said yes, by video"))
    before = look(city)["visit"]
    assert before["peer"]["name"] not in {"Marcus Hill", "Dana Ortiz", "Joe Novak"}
    assert city.end(signal.SIGKILL) != 0

    again = start("simulator")
    again.until(lambda: again.says("the city lives"))
    again.until(lambda: look(again)["visit"]["started_at"] is not None)
    # It is told a moment after it is so.
    again.until(lambda: city.says("talk") or again.says("talk"))
    assert look(again)["visit"]["id"] == before["id"]
    assert {user["email"] for user in json.loads(sign_ins.read_text())["users"]} == simulated
    assert again.end(signal.SIGINT) == 0
    with closing(sqlite3.connect(city.data / "alongside.sqlite3")) as rows:
        left_on_duty = rows.execute("SELECT peer_id FROM duty WHERE on_duty").fetchall()
    # Who is with someone stays; nobody else is asked while no phone would answer.
    assert left_on_duty == [(before["peer"]["id"],)]
    story = city.log.read_text() + again.log.read_text()
    assert "Room 12" not in story
