"""The live board: how each queue of a site stands now, who is on duty, and what became of today's visitors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chatsvc.domain.records import Duty
from chatsvc.domain.sites import QueueKey, Site
from chatsvc.domain.statistics import day_of, local_hour
from chatsvc.services.cover import Late, late_people
from chatsvc.services.planning import Planning
from chatsvc.services.pool import Pool
from chatsvc.services.queues import QueueReport, report_queues
from chatsvc.services.statistics import ServiceCounts


@dataclass(frozen=True, slots=True)
class Board:
    """A site at one instant; `today` has the columns of the statistics by queue key."""

    now: int
    queues: tuple[QueueReport, ...]
    today: Mapping[QueueKey, Mapping[str, int]]
    people: tuple[Duty, ...]  # of the site's queues, not off, by alias
    late: tuple[Late, ...]


async def look_at_board(pool: Pool, planning: Planning, counts: ServiceCounts, site: Site) -> Board:
    """The board of a site. Raises StoreUnavailable."""
    now = pool.clock.now()
    reports = await report_queues(pool, site.queues)
    counted = await counts.today(site, now)
    people = await pool.store.people()
    late = late_people(await planning.roster(), site, {duty.id: duty for duty in people}, now)
    day = local_hour(now)[:10]
    today = {queue.key: day_of(counted, queue.key, day) for queue in site.queues}
    return Board(now, tuple(reports), today, tuple(_on_duty(people, site)), late)


def _on_duty(people: Iterable[Duty], site: Site) -> list[Duty]:
    own = {queue.key for queue in site.queues}
    here = [duty for duty in people if duty.state != "off" and own & set(duty.queues)]
    return sorted(here, key=lambda duty: (duty.alias, duty.id))
