"""A site's plan from and to calendar files, and the feed of one counsellor."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.hours import instant, local_day
from chatsvc.domain.permissions import works_for
from chatsvc.domain.plan import Edit, SitePlan
from chatsvc.domain.sites import Site, Staff
from chatsvc.services.calendar_export import write_calendar, write_feed
from chatsvc.services.calendar_files import Imported, read_calendar
from chatsvc.services.calendar_lines import CalendarRefused
from chatsvc.services.plan_checks import TALKING
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.planning import Changed, Declared, Planning

FEED_DAYS = (14, 180)  # behind and ahead


def people_of(declared: Declared, site: Site) -> list[Staff]:
    """Those who may be planned at a site, each with the queues that they really serve by name."""
    return [
        replace(one, queues=tuple(queue.key for queue in declared.queues_of(one)))
        for one in declared.people.values()
        if not one.disabled and one.role in TALKING and works_for(one, site.id)
    ]


async def import_calendar(
    planning: Planning, site: Site, content: bytes, *, version: str | None = None, dry_run: bool = False
) -> tuple[Changed, Imported]:
    """Write all shifts and absences of a file, each in place of the one that the same event gave before; or nothing.

    What the file does not name stays. Raises PlanRefused with every problem and its line, and as `Planning.change`.
    """
    try:
        found = await asyncio.to_thread(read_calendar, content, site, people_of(planning.declared, site))
    except CalendarRefused as refused:
        raise PlanRefused(refused.problems) from None
    if not found.shifts and not found.absences:
        raise PlanRefused([Problem("calendar", "holds no event that could be planned.")])

    def make(_: SitePlan) -> list[Edit]:
        return [
            *(Edit("shifts", one.id, one) for one in found.shifts),
            *(Edit("absences", one.id, one) for one in found.absences),
        ]

    changed = await planning.change(site.id, make, version=version, dry_run=dry_run)
    return replace(changed, remarks=tuple(found.placed(one) for one in changed.remarks)), found


async def export_calendar(planning: Planning, site: Site) -> bytes:
    """A site's plan as it is written, as a file that can be imported again."""
    plan = planning.plan.of(site.id)
    return await asyncio.to_thread(
        lambda: write_calendar(site.id, plan.shifts.values(), plan.absences.values(), changed=plan.changed)
    )


async def feed_of(planning: Planning, person: Staff) -> bytes:
    """The times of one person, two weeks back and half a year ahead."""
    today = local_day(planning.now)
    behind, ahead = FEED_DAYS
    start, end = (instant(today + timedelta(days=days), 0) for days in (-behind, ahead))
    roster = await planning.roster(start, end)
    names = {queue.key: queue.names for site in planning.declared.sites.values() for queue in site.queues}
    changed = max((plan.changed for plan in planning.plan.sites.values()), default=0)
    language = person.languages[0] if person.languages else "fi"
    return await asyncio.to_thread(
        lambda: write_feed(person.id, roster.occurrences, names, language, changed=changed)
    )
