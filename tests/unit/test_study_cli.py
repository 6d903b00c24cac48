"""`python -m simulator study`: its JSON, its table, its picture, and what it refuses."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from simulator.cli import main
from simulator.study.strategies import by_name

SMALL = [
    "study",
    "--days",
    "0.3",
    "--seeds",
    "1,2",
    "--site-count",
    "8",
    "--peers",
    "30",
    "--quiet",
]


def test_json_has_every_policy_and_hindsight(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--policy", "simple", "--load", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (one,) = found["policies"]
    assert (one["policy"], one["load"]) == ("simple", 2.0)
    assert one["gap_pct"] == pytest.approx(
        100 * (one["gt_min"] / found["hindsight"]["gt_min"] - 1), abs=0.05
    )
    assert one["asks_per_filled"] >= 1
    assert found["hindsight"]["bound_min"] <= found["hindsight"]["gt_min"] <= one["gt_min"]
    assert found["hindsight"]["asks_per_filled"] == 1
    assert found["world"] == {
        "state": "OH",
        "sites": 8,
        "peers": 30,
        "days": 0.3,
        "load": 2.0,
        "seeds": [1, 2],
    }


def test_seeds_side_by_side_are_the_seeds_one_after_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = []
    for jobs in ("1", "2"):
        assert main([*SMALL, "--policy", "broadcast,clock", "--jobs", jobs, "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told[0] == told[1]


def test_the_table_names_every_policy_and_the_picture_is_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    picture = tmp_path / "study.svg"
    assert main([*SMALL, "--plot", str(picture)]) == 0
    table = capsys.readouterr().out
    for word in [*by_name(), "hindsight", "GT, minutes", "lost races", "Gini of asks"]:
        assert word in table
    texts = [one.text for one in ElementTree.parse(picture).iter() if one.tag.endswith("text")]
    assert set(by_name()) | {"hindsight"} <= set(texts)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--policy", "magic"],
        ["--seeds", "one"],
        ["--days", "0"],
        ["--days", "many"],
        ["--state", "ZZ"],
        ["--sites", "nowhere.csv"],
        ["--peers", "0"],
    ],
)
def test_what_is_not_understood_is_refused(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*SMALL, *wrong])
    assert stopped.value.code == 2
    assert capsys.readouterr().err


def test_a_table_without_a_place_says_which_column_it_lacks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sites = tmp_path / "sites.csv"
    sites.write_text("name,lat\nNorth,50.0\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main([*SMALL, "--sites", str(sites)])
    assert "no column 'lon'" in capsys.readouterr().err


def test_a_picture_that_cannot_be_written_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nowhere = tmp_path / "no" / "study.svg"
    assert main([*SMALL, "--policy", "simple", "--plot", str(nowhere)]) == 1
    assert "not written" in capsys.readouterr().err
