"""`chatsvc plan`, as a process on a real store."""

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine

pytestmark = pytest.mark.usefixtures("site")
PASSWORD = "seven lanterns by the bay"
CALENDAR = "\r\n".join(
    [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//", "BEGIN:VEVENT", "UID:one@x", "SUMMARY:aino",
        "CATEGORIES:paihde", "DTSTART;TZID=Europe/Helsinki:20270104T090000",
        "DTEND;TZID=Europe/Helsinki:20270104T150000",
        "RRULE:FREQ=WEEKLY", "END:VEVENT", "END:VCALENDAR", "",
    ]
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path, chatsvc: CommandLine) -> Path:
    """A calendar with one weekly shift of Aino, who has an account."""
    path = tmp_path / "plan.ics"
    path.write_text(CALENDAR, encoding="utf-8", newline="")
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
    return path


def test_a_plan_goes_in_and_comes_out(chatsvc: CommandLine, file: Path, tmp_path: Path) -> None:
    """A dry run saves nothing; what is exported can be imported, and is the same."""
    told = chatsvc("plan", "import", file, "--site", "kunta", "--dry-run")
    assert "1 shifts and 0 absences would be planned." in told
    assert "VEVENT" not in chatsvc("plan", "export", "--site", "kunta")
    assert "are planned" in chatsvc("plan", "import", file, "--site", "kunta")
    first = chatsvc("plan", "export", "--site", "kunta")
    assert "RRULE:FREQ=WEEKLY" in first
    again = tmp_path / "again.ics"
    again.write_text(first, encoding="utf-8", newline="")
    chatsvc("plan", "import", again, "--site", "kunta")
    assert chatsvc("plan", "export", "--site", "kunta") == first


def test_a_wrong_calendar_is_refused_with_its_line(chatsvc: CommandLine, file: Path) -> None:
    """A name that nobody has, a site that is not there and a missing file are told in a sentence."""
    file.write_text(CALENDAR.replace("SUMMARY:aino", "SUMMARY:nobody"), encoding="utf-8", newline="")
    told = chatsvc("plan", "import", file, "--site", "kunta", code=2)
    assert told.startswith(f"{file}, line 6: ")
    assert "Did you mean kunta?" in chatsvc("plan", "export", "--site", "kunt", code=2)
    assert "No such file" in chatsvc("plan", "import", file.parent / "none.ics", "--site", "kunta", code=1)
