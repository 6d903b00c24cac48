"""The README is true: what it tells a reader to type works, against a server as they start it."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.harness.postgres import die_with_parent, free_port
from tests.house.repository import ROOT

START_TIMEOUT_S = 60.0


@pytest.fixture
def running(tmp_path: Path) -> Iterator[str]:
    """`bin/run --quiet` with its data in `tmp_path`; the address it answers at."""
    url = f"http://127.0.0.1:{free_port()}"
    environment = dict(os.environ, ALONGSIDE_DATA=str(tmp_path), PORT=url.rsplit(":", 1)[1])
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(
            [ROOT / "bin/run", "--quiet"],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,  # noqa: PLW1509  # one call into libc, no lock taken
        )
    try:
        wait_until_ready(url, process, tmp_path / "output")
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", output: Path) -> None:
    """Until `/readyz` answers 200; what the server printed when it does not."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/readyz", timeout=5) as answer:
                assert answer.status == 200
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError(f"bin/run --quiet did not get ready:\n{output.read_text()[-4000:]}")


@pytest.mark.process
def test_the_example_of_the_readme_works_as_typed(running: str, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```sh\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert "http://127.0.0.1:8000" in example
    assert "var/demo.json" in example
    typed = example.replace("http://127.0.0.1:8000", running)
    typed = typed.replace("var/demo.json", str(tmp_path / "demo.json"))
    done = subprocess.run(
        ["sh", "-euc", typed], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "searching"
    assert " request_created " in done.stdout

    sign_ins = json.loads((tmp_path / "demo.json").read_text(encoding="utf-8"))
    assert sign_ins["url"] == running
