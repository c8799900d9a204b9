"""The plan in `chatsvc apply`, as a process on a real store."""

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine

SITE = """
[site.kunta]
names = { fi = "Kunta" }
languages = ["fi"]
late = "10 min"

[site.kunta.queue.paihde]
names = { fi = "Päihde" }

[[site.kunta.queue.paihde.minimum]]
least = 2
hours = { mon-fri = ["9:00-15:00"] }

[[site.kunta.shift]]
id = "arki-aino"
staff = "aino"
queues = ["paihde"]
start = 2027-01-04T09:00:00
end = 2027-01-04T15:00:00
rule = "FREQ=WEEKLY;BYDAY=MO,TU"
"""
PASSWORD = "seven lanterns by the bay"


@pytest.fixture
def file(tmp_path: Path, chatsvc: CommandLine) -> Path:
    """The site above without its plan is applied, Aino has an account; the file holds the plan too."""
    path = tmp_path / "site.toml"
    path.write_text(SITE[: SITE.index("[[site.kunta.queue")], encoding="utf-8")
    chatsvc("apply", path)
    chatsvc(
        "counsellor",
        "add",
        "aino",
        "--alias",
        "Aino",
        "--site",
        "kunta",
        "--password-file",
        "-",
        stdin=PASSWORD,
    )
    path.write_text(SITE, encoding="utf-8")
    return path


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_a_plan_is_applied_once(chatsvc: CommandLine, file: Path) -> None:
    """A dry run tells and writes nothing; applied, it is told once; a change is told as one."""
    told = (
        "kunta: shift arki-aino: (none) → aino in paihde, 2027-01-04 09:00-15:00 FREQ=WEEKLY;BYDAY=MO,TU\n"
        "kunta/paihde: minimum: (none) → 2 mon-fri 09:00-15:00, holidays closed\n"
    )
    assert chatsvc("apply", "--dry-run", file).startswith(told)
    assert chatsvc("apply", file) == told
    assert chatsvc("apply", file) == "Nothing changed.\n"
    change(file, "T15:00:00", "T14:00:00")
    assert "09:00-15:00 FREQ=WEEKLY;BYDAY=MO,TU → aino in paihde, 2027-01-04 09:00-14:00" in chatsvc(
        "apply", file
    )


def test_what_is_left_out_stays(chatsvc: CommandLine, file: Path) -> None:
    """A file without shifts and minima leaves those that are there."""
    chatsvc("apply", file)
    file.write_text(SITE[: SITE.index("[[site.kunta.queue")], encoding="utf-8")
    assert chatsvc("apply", file) == "Nothing changed.\n"
    file.write_text(SITE, encoding="utf-8")
    assert chatsvc("apply", file) == "Nothing changed.\n"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('staff = "aino"', 'staff = "nobody"', "shift arki-aino.staff: there is no counsellor nobody"),
        ("FREQ=WEEKLY;BYDAY=MO,TU", "FREQ=HOURLY", "shift arki-aino.rule: "),
        ("least = 2", "least = 0", "minimum.1.least: must be a whole number"),
        ('rule = "', 'rules = "', "there is no such key. Did you mean rule?"),
        ("start = 2027-01-04T09:00:00", 'start = "soon"', "shift arki-aino.start: must be a local time"),
        ('id = "arki-aino"\n', "", "shift.1.id: is missing"),
        ("names = { fi = \"Päihde\" }", "names = { fi = \"Muu\" }\nweight = 99", "weight"),
    ],
)  # fmt: skip
def test_a_wrong_plan_is_refused_with_its_line(
    chatsvc: CommandLine, file: Path, before: str, after: str, said: str
) -> None:
    """With a mistake in the plan nothing of the file is applied, and the line is named."""
    change(file, before, after)
    change(file, 'late = "10 min"', 'late = "20 min"')
    told = chatsvc("apply", file, code=2)
    assert said in told
    assert told.startswith(f"{file}, line ")
    change(file, after, before) if after else change(
        file, "[[site.kunta.shift]]\n", "[[site.kunta.shift]]\n" + before
    )
    assert "kunta: late: 10 min → 20 min" in chatsvc("apply", file)


def test_a_shift_that_plans_somebody_twice_is_refused(chatsvc: CommandLine, file: Path) -> None:
    """Two shifts of a file that overlap are refused with the place."""
    again = SITE[SITE.index("[[site.kunta.shift]]") :].replace("arki-aino", "ilta-aino").replace("T09", "T14")
    file.write_text(SITE + again.replace("T15", "T18"), encoding="utf-8")
    told = chatsvc("apply", file, code=2)
    assert "aino would be planned twice from 2027-01-04 14:00 to 15:00" in told
