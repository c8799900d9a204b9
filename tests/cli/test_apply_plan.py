"""The plan in `chatsvc apply`, as a process on a real store."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatsvc.cli.apply import MOST_TRIES, Wanted, apply_wanted
from chatsvc.cli.trouble import Failed
from chatsvc.domain.declaration import parse_declaration
from chatsvc.domain.declaration_plan import parse_plans
from chatsvc.domain.hours import OpeningHours, Period
from chatsvc.domain.plan import Edit, SitePlan
from chatsvc.domain.shifts import Absence, AbsenceId
from chatsvc.domain.sites import SiteId, StaffId
from chatsvc.store.directory import Directory, wall_clock_ms
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link import Link
from chatsvc.store.plans import PlanStore
from tests.cli.conftest import CommandLine
from tests.support.store_server import SingleStore

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


def test_what_comes_to_nothing_is_told(chatsvc: CommandLine, file: Path) -> None:
    """An exception without a start, and a time in the hour that the clocks skip: told before it is written too."""
    night = """
[[site.kunta.shift]]
id = "yo-aino"
staff = "aino"
queues = ["paihde"]
start = 2027-01-03T03:00:00
end = 2027-01-03T04:00:00
rule = "FREQ=WEEKLY"
without = [2027-01-11T03:00:00]
"""
    file.write_text(SITE + night, encoding="utf-8")
    for options in (("--dry-run",), ()):
        told = chatsvc("apply", *options, file)
        assert "kunta: shift yo-aino: The series has no start at 2027-01-11 03:00" in told
        assert "kunta: shift yo-aino: On 2027-03-28 the clocks skip the hour" in told
    assert chatsvc("apply", file) == "Nothing changed.\n"


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


def test_a_queue_that_shifts_name_is_not_pruned(chatsvc: CommandLine, file: Path) -> None:
    """A queue goes only when no shift names it any more; the shift is named, and nothing is written."""
    chatsvc("apply", file)
    without = SITE[: SITE.index("[[site.kunta.queue")].replace("paihde", "nuoret")
    file.write_text(without, encoding="utf-8")
    told = chatsvc("apply", "--prune", file, code=2)
    assert "The shift arki-aino of kunta names kunta/paihde, which would be removed" in told
    file.write_text(SITE.replace("paihde", "nuoret"), encoding="utf-8")
    assert "aino in nuoret" in chatsvc("apply", "--prune", file)


def test_what_a_pruned_queue_requires_goes_with_it(
    store: SingleStore, chatsvc: CommandLine, file: Path
) -> None:
    """Minima of a queue that goes are told and removed in the same step: the queue, declared again, has none."""
    chatsvc("apply", file)
    file.write_text(SITE.replace("paihde", "nuoret"), encoding="utf-8")
    gone = "kunta/paihde: minimum: 2 mon-fri 09:00-15:00, holidays closed → (none)"
    assert gone in chatsvc("apply", "--prune", "--dry-run", file)
    assert gone in chatsvc("apply", "--prune", file)
    assert list(asyncio.run(plan_in(store.url)).minima) == ["kunta/nuoret"]
    assert chatsvc("apply", "--prune", file) == "Nothing changed.\n"


async def plan_in(url: str) -> SitePlan:
    link = await Link.open(url, client_name="test")
    found = await PlanStore(link).load()
    await link.close()
    return found.of(KUNTA)


KUNTA = SiteId("kunta")
HOURS = OpeningHours(weekly=((Period(540, 900),),) * 7, on_holidays="closed")


class Meanwhile(Directory):
    """A directory in which somebody is quicker, the first `times` that `apply` writes."""

    def __init__(self, link: Link, what: str, times: int) -> None:
        super().__init__(link)
        self._plans, self._what, self._times, self.writes = PlanStore(link), what, times, 0

    async def put_together(self, *rows: Any) -> int | None:
        self.writes += 1
        if self.writes <= self._times:
            await (self._change_hours() if self._what == "hours" else self._change_plan())
        return await super().put_together(*rows)

    async def _change_hours(self) -> None:
        hours = replace(HOURS, weekly=((Period(540, 900 + self.writes),),) * 7)
        await self.change_site(
            "kunta",
            lambda site: replace(site, queues=tuple(replace(queue, hours=hours) for queue in site.queues)),
        )

    async def _change_plan(self) -> None:
        start = datetime(2027, 1, 1)  # noqa: DTZ001 - local time
        away = Absence(AbsenceId(f"a{self.writes}"), StaffId("aino"), start, start + timedelta(days=1))
        version = (await self._plans.load()).version
        edits = [Edit("absences", away.id, away)]
        assert await self._plans.write(KUNTA, edits, version=version, now=wall_clock_ms())


async def apply_meanwhile(url: str, what: str, times: int) -> tuple[DirectorySnapshot, SitePlan, str]:
    link = await Link.open(url, client_name="test")
    text = SITE.replace("10 min", "20 min")
    said = ""
    try:
        wanted = Wanted("file", parse_declaration(text), parse_plans(text))
        await apply_wanted(Meanwhile(link, what, times), link, wanted)
    except Failed as failed:
        said = str(failed)
    found, plan = await Directory(link).load(), await PlanStore(link).load()
    await link.close()
    return found, plan.of(KUNTA), said


@pytest.mark.parametrize("what", ["hours", "plan"])
def test_who_changes_something_meanwhile_loses_nothing(
    store: SingleStore, chatsvc: CommandLine, file: Path, what: str
) -> None:
    """What is changed between the look and the writing stays; with ever new changes nothing at all is applied."""
    assert "kunta" in chatsvc("apply", "--dry-run", file)
    found, plan, said = asyncio.run(apply_meanwhile(store.url, what, MOST_TRIES))
    assert (found.sites[KUNTA].late_ms, plan.shifts, "nothing is written" in said) == (600_000, {}, True)
    found, plan, said = asyncio.run(apply_meanwhile(store.url, what, 2))
    assert (found.sites[KUNTA].late_ms, list(plan.shifts), said) == (1_200_000, ["arki-aino"], "")
    (queue,) = found.sites[KUNTA].queues
    assert (queue.hours is not None) == (what == "hours")
    assert len(plan.absences) == (MOST_TRIES if what == "plan" else 0)
