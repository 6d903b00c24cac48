"""What a Procfile says, and how long a process that fails is waited for."""

import pytest

from server.up.procfile import LONGEST_WAIT_S, NoProcfile, formation, parse, wait_s
from tests.house.repository import ROOT

OURS = parse((ROOT / "Procfile").read_text(encoding="utf-8"))


def test_our_own_procfile_has_what_production_needs() -> None:
    assert list(OURS) == ["release", "web", "dispatcher"]
    assert formation(OURS, []) == {"web": 1, "dispatcher": 2}


def test_comments_and_empty_lines_say_nothing() -> None:
    assert parse("# two\n\nweb: a: b $PORT \nworker:c\n") == {"web": "a: b $PORT", "worker": "c"}


@pytest.mark.parametrize("text", ["web", "web:", "a b: c", "web: x\nnonsense"])
def test_what_is_no_procfile_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(NoProcfile, match=f"line {len(text.splitlines())}"):
        parse(text)


def test_how_many_is_said_by_name() -> None:
    assert formation(OURS, ["web=3"]) == {"web": 3, "dispatcher": 2}
    assert formation(OURS, ["web=2", "dispatcher=0"]) == {"web": 2, "dispatcher": 0}


@pytest.mark.parametrize(
    "asked", [["release=1"], ["web"], ["web=x"], ["web=65"], ["web=-1"], ["web=0", "dispatcher=0"]]
)
def test_what_cannot_be_run_is_refused(asked: list[str]) -> None:
    with pytest.raises(NoProcfile):
        formation(OURS, asked)


def test_the_wait_doubles_to_half_a_minute() -> None:
    assert [wait_s(n) for n in (1, 2, 3, 4, 5, 6, 500)] == [1, 2, 4, 8, 16, 30, LONGEST_WAIT_S]
