"""`chatsvc staffing --site … --queue …`: the question as the store has recorded its arrivals."""

from collections import Counter
from typing import Any

from chatsvc.cli.context import Context, with_directory
from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.hours import local_day
from chatsvc.domain.sites import Site, SiteId, queue_key
from chatsvc.domain.staffing import Service
from chatsvc.domain.staffing_input import MEANING, StaffingQuestion
from chatsvc.domain.staffing_recorded import ENOUGH, RecordedWeek, recorded_week
from chatsvc.domain.statistics import Tally, months_before
from chatsvc.services.statistics import ServiceCounts
from chatsvc.store.directory import Directory, wall_clock_ms
from chatsvc.store.link import Link
from chatsvc.store.statistics import PoolCounts

TOO_FEW = {"patience": "gave up", "handling": "were answered and have ended"}


def recorded_question(
    context: Context, site: str, queue: str, months: int, settings: dict[str, Any]
) -> tuple[StaffingQuestion, RecordedWeek]:
    """What the store knows of the last `months`, today not included; `settings` win. Raises `Refused`."""
    today = local_day(wall_clock_ms())

    async def run(directory: Directory, link: Link) -> Counter[Tally]:
        snapshot = await directory.load()
        found = snapshot.sites.get(SiteId(site))
        if found is None:
            raise Refused(f"There is no site {site}.{did_you_mean(site, snapshot.sites)}")
        _check_queue(found, queue)
        counts = ServiceCounts(lambda pool: PoolCounts(link, pool), lambda: snapshot.pools, lambda _: ())
        wanted = [months_before(f"{today:%Y-%m}", number) for number in range(months)]
        return sum([await counts.month(found, month) for month in wanted], Counter[Tally]())

    week = recorded_week(with_directory(context.settings(), run), queue_key(site, queue), today)
    if week is None:
        raise Refused(f"Nobody has been counted in {site}/{queue} before today in the last {months} months.")
    return _question(week, settings), week


def _check_queue(site: Site, queue: str) -> None:
    names = [found.name for found in site.queues]
    if queue not in names:
        raise Refused(f"The site {site.id} has no queue {queue}.{did_you_mean(queue, names)}")


def _question(week: RecordedWeek, settings: dict[str, Any]) -> StaffingQuestion:
    values = {name: value for name, value in settings.items() if value is not None}
    if "target" not in values:
        raise Refused(f"--target is missing ({MEANING['target']}).")
    seconds: dict[str, Any] = {}
    for name, recorded in (("patience", week.patience_s), ("handling", week.handling_s)):
        given = values.pop(name, None)
        if given is None and recorded is None:
            raise Refused(f"Fewer than {ENOUGH} people {TOO_FEW[name]}: too few for a mean; give --{name}.")
        seconds[f"{name}_s"] = recorded if given is None else given / 1_000
    promised = values.pop("target")
    return StaffingQuestion(week.arrivals, Service(**seconds, **values), promised)
