"""`chatsvc plan …`: a site's shifts and absences from and to calendar files."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from chatsvc.cli.auditing import WallClock, record
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.ports import Clock
from chatsvc.domain.sites import Site, SiteId
from chatsvc.services.calendar_lines import LARGEST_FILE
from chatsvc.services.calendars import export_calendar, import_calendar
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.planning import Planning
from chatsvc.store.directory import Directory
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link import Link
from chatsvc.store.plans import PlanStore

Result = TypeVar("Result")


@click.group(short_help="Shifts and absences from and to calendar files.")
def plan() -> None:
    """A site's plan as iCalendar files; shifts can also stand in the file for `chatsvc apply`."""


@plan.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--site", required=True, help="Whose plan it is.")
@click.option("--dry-run", is_flag=True, help="Only say what would be planned.")
@pass_settings
def import_command(context: Context, file: Path, site: str, dry_run: bool) -> None:
    """Take over the events of FILE (.ics) as shifts and absences; all of them, or, with any mistake, none.

    SUMMARY names the counsellor, CATEGORIES the queues; an event of whole days is an absence. The same file may come
    again. What it does not name stays.
    """
    with file.open("rb") as opened:
        content = opened.read(LARGEST_FILE + 1)

    async def work(planning: Planning, found: Site) -> tuple[int, int, list[str]]:
        changed, read = await import_calendar(planning, found, content, dry_run=dry_run)
        outside = [
            f"{one.occurrence.shift}: {one.queue} is closed for part of it." for one in changed.warnings
        ]
        return len(read.shifts), len(read.absences), sorted(set(outside))

    try:
        shifts, absences, outside = _with_planning(context, site, work, "" if dry_run else "plan import")
    except PlanRefused as refused:
        raise Refused("\n".join(one.render(str(file)) for one in refused.problems)) from None
    for line in outside:
        click.echo(f"Note: {line}", err=True)
    would = "would be" if dry_run else "are"
    click.echo(f"{shifts} shifts and {absences} absences {would} planned.")


@plan.command("export")
@click.option("--site", required=True, help="Whose plan it is.")
@pass_settings
def export_command(context: Context, site: str) -> None:
    """Print the plan as a calendar file that can be imported again."""
    click.echo(_with_planning(context, site, export_calendar), nl=False)


def _with_planning(
    context: Context, site: str, work: Callable[[Planning, Site], Awaitable[Result]], recorded: str = ""
) -> Result:
    settings = context.settings()

    async def run(directory: Directory, link: Link) -> Result:
        snapshot, store = await directory.load(), PlanStore(link)
        found = snapshot.sites.get(SiteId(site))
        if found is None:
            raise Refused(f"There is no site {site}.{did_you_mean(site, snapshot.sites)}")
        done = await work(await _planning(directory, snapshot, store), found)
        if recorded:
            await record(settings, link, [site], recorded, "plan")
        return done

    return with_directory(settings, run)


async def _planning(directory: Directory, snapshot: DirectorySnapshot, store: PlanStore) -> Planning:
    present = await store.load()

    async def nothing() -> None:
        """A command looks at the store once."""

    clock: Clock = WallClock()
    return Planning(
        sites=directory,
        plans=store,
        declared=lambda: snapshot,
        plan=lambda: present,
        refresh=nothing,
        clock=lambda: clock,
    )
