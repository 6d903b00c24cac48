"""A server process of our own: `python -m server ...`, started, awaited, called, ended.

It hands the process an environment of its own, in which nothing of the caller's is left but where
programs are found. It knows HTTP; it refuses to know databases, sockets and pages.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from tests.harness.postgres import die_with_parent, free_port
from tests.house.repository import ROOT

START_S = 60.0
"""How long a start may take on a machine that is busy with other things."""
END_S = 40.0
CALL_S = 10.0
SECRET = "one secret for every process of a test"


def on_database(url: str) -> dict[str, str]:
    """The settings of a process on a database that has its people already; it seeds nobody."""
    return {
        "ALONGSIDE_ENV": "test",
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET,
        "PUSH": "memory",
    }


class ServerProcess:
    """One process, its port, its data folder and its log; it can be started again."""

    def __init__(self, command: str, folder: Path, **environment: str) -> None:
        self.command = command
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{command.split(maxsplit=1)[0]}-{self.port}.log"
        inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environment = {
            **inherited,
            "HOME": str(folder),
            "PORT": str(self.port),
            "ALONGSIDE_DATA": str(folder),
            **environment,
        }
        self.start()

    def start(self) -> None:
        """Start it, with the same port and environment as before."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", *self.command.split()],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # one call into libc, no lock taken
            )

    def until_answering(
        self, path: str = "/healthz", *, is_well: bool = True, within_s: float = START_S
    ) -> requests.Response:
        """Wait until `path` answers, with 200 unless any answer will do; the answer."""
        deadline = time.monotonic() + within_s
        heard = "nothing"
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                answer = requests.get(f"{self.url}{path}", timeout=2)
                if answer.status_code == 200 or not is_well:
                    return answer
                heard = answer.text
            except (requests.ConnectionError, requests.Timeout):
                pass
            time.sleep(0.05)
        raise AssertionError(f"{path} answers {heard}\n{self.log.read_text()[-4000:]}")

    def until_ready(self) -> None:
        """Wait until `/readyz` says that all is well."""
        self.until_answering("/readyz")

    def until_ended(self) -> int:
        """Wait until it ends by itself; the exit status."""
        return self.process.wait(timeout=START_S)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit status."""
        self.process.send_signal(how)
        return self.process.wait(timeout=END_S)

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if self.process.poll() is None:
            self.end(signal.SIGKILL)

    def demo(self) -> dict[str, Any]:
        """What `demo.json` says."""
        told: dict[str, Any] = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        return told

    def demo_user(self, role: str, number: int = 0) -> dict[str, Any]:
        """The `number`th of the demonstration's users with this role."""
        found: list[dict[str, Any]] = [u for u in self.demo()["users"] if u["role"] == role]
        return found[number]

    def sign_in(self, email: str, password: str) -> str:
        """A fresh access token."""
        sent = {"email": email, "password": password}
        return str(self.call("POST", "/sessions", body=sent)["access_token"])

    def call(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        *,
        status: int | None = None,
    ) -> Any:
        """One call that must work, with `status` if one is given; its JSON, None when empty."""
        answer = requests.request(
            method,
            f"{self.url}/api/v1{path}",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            json=body,
            timeout=CALL_S,
        )
        is_right = answer.ok if status is None else answer.status_code == status
        assert is_right, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None
