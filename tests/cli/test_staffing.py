"""`chatsvc staffing`, as a process: table, CSV, picture, and what it says about mistakes."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from chatsvc.cli.trouble import Refused
from tests.cli.conftest import ROOT, CommandLine

EXAMPLE = ROOT / "deploy" / "example-arrivals.toml"
SVG = "{http://www.w3.org/2000/svg}"
TABLE = "weekday;hour;arrivals\nmonday;9-11;4,5\nsaturday;22;2\n"


@pytest.fixture
def chatsvc() -> CommandLine:
    """The command line without a store: this command needs none."""
    return CommandLine()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A week as a spreadsheet writes it."""
    file = tmp_path / "week.csv"
    file.write_text(TABLE, encoding="utf-8-sig")
    return file


def row(told: str, first: str) -> list[str]:
    """The cells of a table's row."""
    line = next(line for line in told.splitlines() if re.match(rf"[│\s]*{first}", line))
    return [cell.strip() for cell in line.strip("│ ").split("│")]


def test_the_example_is_answered(chatsvc: CommandLine) -> None:
    """A row per hour, a column per weekday, sums, and the promise with what may be expected."""
    told = chatsvc("staffing", EXAMPLE)
    assert row(told, "12–13") == ["12–13", "2", "2", "2", "2", "2", "–", "–"]
    assert row(told, "17–18") == ["17–18", "5", "5", "5", "5", "3", "–", "2"]
    assert row(told, "Hours present") == ["Hours present", "30", "30", "30", "30", "18", "0", "12"]
    assert row(told, "Hours on the roster") == [
        "Hours on the roster",
        "40",
        "40",
        "40",
        "40",
        "24",
        "0",
        "16",
    ]
    assert "Promise: 80 % answered within 3 min, fewer than 10 % give up." in told
    assert "Counsellor hours a week: 150 present, 200 on the roster." in told


def test_the_guide_shows_what_the_command_prints(chatsvc: CommandLine) -> None:
    """The worked example of deploy/staffing.md is what the command answers, line by line."""
    guide = (ROOT / "deploy" / "staffing.md").read_text(encoding="utf-8")
    for line in chatsvc("staffing", EXAMPLE).splitlines():
        assert line.strip() in guide


def test_options_change_the_question(chatsvc: CommandLine, table: Path) -> None:
    """A CSV file holds arrivals only, and the rest comes from options."""
    given = ("--handling", "30 min", "--patience", "5 min", "--target", "90% within 1 min")
    told = chatsvc("staffing", table, *given, "--capacity", "3", "--minimum", "4")
    assert row(told, "09–10")[1] == "4"
    assert "90 % answered within 1 min" in told
    assert "Hours on the roster" not in told


def test_every_number_as_csv(chatsvc: CommandLine, tmp_path: Path) -> None:
    """A line per hour in which anybody comes, on the screen or in a file."""
    told = chatsvc("staffing", EXAMPLE, "--csv", "-")
    lines = list(csv.DictReader(io.StringIO(told)))
    assert len(lines) == 4 * 8 + 6 + 4
    assert lines[0]["weekday"] == "monday"
    assert all(float(line["answered_within"]) >= 0.8 and float(line["abandonment"]) < 0.1 for line in lines)
    chatsvc("staffing", EXAMPLE, "--csv", tmp_path / "needs.csv")
    assert (tmp_path / "needs.csv").read_text(encoding="utf-8") == told


@pytest.mark.parametrize(
    ("language", "title"), [("fi", "Tarvittavat neuvojat"), ("sv", "Rådgivare som behövs")]
)
def test_a_picture_that_can_be_heard(chatsvc: CommandLine, tmp_path: Path, language: str, title: str) -> None:
    """The picture has a title, a description with every number, a column per hour, and nothing from elsewhere."""
    file = tmp_path / "staffing.svg"
    told = chatsvc("staffing", EXAMPLE, "--picture", file, "--language", language)
    assert title in told
    image = ET.fromstring(file.read_text(encoding="utf-8"))  # our own file
    assert image.get("role") == "img"
    labels = {str(element.get("id")): element.text or "" for element in image if element.get("id")}
    assert image.get("aria-labelledby") == " ".join(labels)
    assert title in labels["title"]
    assert len(re.findall(r"\d+–\d+: \d+", labels["desc"])) == 42
    columns = [rect for rect in image.iter(f"{SVG}rect") if rect.get("fill") == "#1b5e8c"]
    assert len(columns) == 42 + 1
    sizes = [int(text.get("font-size", "0")) for text in image.iter(f"{SVG}text")]
    assert min(sizes) >= 12
    assert "href" not in file.read_text(encoding="utf-8")


def test_details_tell_what_visitors_may_expect(chatsvc: CommandLine) -> None:
    """`--details` adds a line per hour with load, need and the shares."""
    told = chatsvc("staffing", EXAMPLE, "--details")
    assert re.search(r"Mon +12–13 +4 +1\.2 +2 +3 +97\.5 % +1\.6 % +10 s +30 %", told)


def test_names_stay_as_they_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    """What begins with the name of a file or a site is told with that name; the sentence is ended."""
    for message in ("week.csv, line 3: an hour is named twice", "alfa: the file does not name paihde."):
        Refused(message).show()
        assert capsys.readouterr().err == message.removesuffix(".") + ".\n"


def test_mistakes_are_named(chatsvc: CommandLine, table: Path, tmp_path: Path) -> None:
    """File, line, key or option, and what is accepted; nothing is written."""
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(EXAMPLE.read_text(encoding="utf-8").replace('"35 min"', '"long"'), encoding="utf-8")
    told = chatsvc("staffing", wrong, "--picture", tmp_path / "a.svg", code=2)
    assert f"{wrong}, line 4: staffing.handling: must be a time with its unit" in told
    assert not (tmp_path / "a.svg").exists()
    told = chatsvc("staffing", table, code=2)
    assert [f"{name} is missing" in told for name in ("handling", "patience", "target")] == [True] * 3
    assert "--patience" in told
    told = chatsvc("staffing", EXAMPLE, "--capacity", "many", code=2)
    assert "--capacity" in told
    assert "whole number from 1 to 20" in told
    assert "peak" in chatsvc("staffing", EXAMPLE, "--carry-over", "lots", code=2)
    assert "must end with .toml or .csv" in chatsvc("staffing", tmp_path / "a.xlsx", code=2)
    assert "No such file" in chatsvc("staffing", tmp_path / "none.toml", code=1)
    (tmp_path / "latin.csv").write_bytes("weekday,hour,arrivals\nlördag,9,1\n".encode("latin-1"))
    assert "not UTF-8" in chatsvc("staffing", tmp_path / "latin.csv", code=2)
    (tmp_path / "huge.csv").write_bytes(b"x" * 1_048_577)
    assert "bytes" in chatsvc("staffing", tmp_path / "huge.csv", code=2)
    assert "no/needs.csv" in chatsvc("staffing", EXAMPLE, "--csv", tmp_path / "no" / "needs.csv", code=1)
