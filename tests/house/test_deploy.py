"""What is deployed names what exists: the image, the containers, the units, the scripts.

Whether an image can be built and nginx takes its configuration, `bin/rehearse` tries.
"""

import ast
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.cli import COMMANDS, GRACE_S
from server.dispatcher import DRAIN_S
from server.settings import Settings
from server.up.supervisor import STOP_S
from server.wiring import SETTLE_S
from tests.house.pages import BESIDES
from tests.house.repository import ROOT, tree_of

DEPLOY = ROOT / "deploy"
KNOWN = {name.upper() for name in Settings.model_fields} | set(BESIDES)
UNITS = sorted((DEPLOY / "systemd").iterdir())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
OURS = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "alongside"}


def unit(path: Path) -> ConfigParser:
    """A unit's sections; of what is said twice, the last."""
    read = ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    read.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's names have capitals
    read.read(path, encoding="utf-8")
    return read


def seconds(said: str) -> int:
    """`30s` or `30` as a number."""
    return int(said.removesuffix("s"))


def test_the_image_has_all_that_runs(tmp_path: Path) -> None:
    """Its files alone, in a folder of their own, make a schema and serve."""
    last = DOCKERFILE.split("\nFROM ")[-1]
    copied = [line.split()[1:-1] for line in last.splitlines() if line.startswith("COPY ")]
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in (name for names in copied for name in names if not name.startswith("--from")):
        if name.startswith("/"):
            continue
        assert f"!{name}" in allowed, f"{name} is copied and kept out"
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    environment = {"ALONGSIDE_DATA": str(tmp_path), "PATH": "/usr/bin:/bin"}
    for command in (
        ["-m", "server", "migrate"],
        ["-c", "import server.wsgi, server.up.supervisor"],
    ):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr


def test_the_image_runs_as_nobody_in_particular_and_compiles_nothing() -> None:
    stages = DOCKERFILE.split("\nFROM ")
    assert "--require-hashes" in stages[1]
    assert "--only-binary :all:" in stages[1]
    assert "\nUSER alongside\n" in stages[-1]
    assert "pip" not in stages[-1]
    assert "apt" not in DOCKERFILE
    assert re.search(r"^HEALTHCHECK .*\\\n.*/healthz", DOCKERFILE, re.MULTILINE)


def test_containers_run_commands_that_exist_with_settings_that_exist() -> None:
    commands = [one["command"] for one in OURS.values()]
    assert {command[0] for command in commands} <= set(COMMANDS)
    assert commands.count(["web"]) == 2
    assert commands.count(["dispatcher"]) == 2
    for one in OURS.values():
        assert set(one["environment"]) <= KNOWN
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
    for one in COMPOSE["services"].values():
        for needed in one.get("depends_on", ()):
            assert needed in COMPOSE["services"]
    example = (DEPLOY / "environment.example").read_text(encoding="utf-8")
    names = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    assert names <= KNOWN
    said = (DEPLOY / "nginx/containers.sh").read_text(encoding="utf-8")
    assert {"web-1", "web-2"} <= set(re.findall(r"web-\d", said)) <= set(COMPOSE["services"])


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_name_what_exists_and_may_do_little(path: Path) -> None:
    read = unit(path)
    for name in re.findall(r"(alongside-[a-z]+@?)[0-9i%]*\.", path.read_text(encoding="utf-8")):
        assert [one for one in UNITS if one.name.startswith(name)], name
    if not read.has_section("Service"):
        return
    service = read["Service"]
    started = service["ExecStart"]
    if "-m server" in started:
        assert started.split()[-1] in COMMANDS
    else:
        assert (ROOT / started.removeprefix("/srv/alongside/").split()[0]).is_file()
    # A line of the file of settings wins over a unit's own, and would send both to one port.
    assert "Environment" not in service
    named = re.findall(r"([A-Z_]+)=", started)
    assert set(named) - {"PYTHONUNBUFFERED"} <= KNOWN
    for hard, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "User": "alongside",
        "CapabilityBoundingSet": "",
    }.items():
        assert service[hard] == value, hard


def test_everybody_who_stops_a_process_gives_it_the_time_it_takes() -> None:
    longest = {"web": GRACE_S + 1, "dispatcher": DRAIN_S + SETTLE_S}
    for name, takes_s in longest.items():
        assert takes_s < STOP_S
        [path] = [one for one in UNITS if one.name.startswith(f"alongside-{name}@")]
        service = unit(path)["Service"]
        assert seconds(service["TimeoutStopSec"]) > takes_s
        assert service["Restart"] == "always"
        for one in OURS.values():
            if one["command"] == [name]:
                assert seconds(one["stop_grace_period"]) > takes_s


def test_the_proxy_waits_longer_than_sockets_are_silent() -> None:
    text = (DEPLOY / "nginx/alongside.conf").read_text(encoding="utf-8")
    [live] = re.findall(r"location /socket\.io/ \{(.*?)\n    \}", text, re.DOTALL)
    ping_s, answer_s = 25, 20  # the library's own, which we leave alone
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        assert seconds(re.findall(rf"{name} (\w+);", live)[0]) > ping_s + answer_s
    assert "add_header" not in text, "the application sets every header itself"
    assert "/join/" not in text
    assert "$request " not in text
    assert "$request_uri" not in re.findall(r"log_format[^;]*;", text)[0]


@pytest.mark.parametrize(
    "script", sorted([*DEPLOY.rglob("*.sh"), ROOT / "bin/serve"]), ids=lambda path: path.name
)
def test_scripts_are_shell(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True, timeout=10)


def test_a_migration_takes_nothing_away_from_the_code_that_still_runs() -> None:
    """While an upgrade lasts the old web processes work on the new schema."""
    reasons: dict[str, str] = {}
    away = {"drop_column", "drop_table", "rename_table"}
    found = []
    for path in sorted((ROOT / "storage/migrations/versions").glob("m*.py")):
        for function in tree_of(path).body:
            if isinstance(function, ast.FunctionDef) and function.name == "upgrade":
                found += [
                    f"{path.stem}: {call.func.attr}"
                    for call in ast.walk(function)
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
                    if call.func.attr in away
                    or any(keyword.arg == "new_column_name" for keyword in call.keywords)
                ]
    assert not [one for one in found if one.split(":")[0] not in reasons]
