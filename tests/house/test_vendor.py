"""What was taken from npm is what the lock says, with its licence beside it."""

import json
from pathlib import Path

import pytest

from server.web import icons
from tests.house.vendor import BROWSER_TESTS, ICONS, STATIC, digest, provenance


@pytest.mark.parametrize("folder", [STATIC, BROWSER_TESTS], ids=lambda path: path.parent.name)
def test_vendored_files_are_the_locked_ones(folder: Path) -> None:
    packages = json.loads((folder / "vendor.lock.json").read_text(encoding="utf-8"))["packages"]
    locked = {one["file"]: one["integrity"] for package in packages for one in package["files"]}
    kept = {"vendor.lock.json", "README.md"}
    there = {path.name: digest(path.read_bytes()) for path in folder.iterdir() if path.is_file()}
    assert {name: sum_ for name, sum_ in there.items() if name not in kept} == locked
    assert (folder / "README.md").read_text(encoding="utf-8") == provenance(packages)
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert all(any("LICENSE" in one["from"] for one in p["files"]) for p in packages)


def test_every_icon_of_the_list_is_there() -> None:
    assert set(icons.SHAPES) == set(ICONS)
