"""The plan as one node serves it: what is declared, what is planned, and how both are changed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from chatsvc.domain.errors import TooMany
from chatsvc.domain.plan import Edit, Plan, SitePlan
from chatsvc.domain.ports import Clock
from chatsvc.domain.roster import OutsideHours, Roster
from chatsvc.domain.shifts import Shift
from chatsvc.domain.sites import Queue, Site, SiteId, Staff, StaffId
from chatsvc.services.hours import ANY, Sites
from chatsvc.services.plan_checks import TALKING, Known, judge
from chatsvc.services.plan_errors import PlanChanged, PlanRefused
from chatsvc.services.plan_remarks import Remark, remarks_on
from chatsvc.services.rosters import Rosters, usual_window
from chatsvc.services.swap_standing import SwapTouched, swaps_touched

TRIES = 8  # of a change that others' changes overtake


class Declared(Protocol):
    """What is declared, at one version."""

    @property
    def sites(self) -> Mapping[SiteId, Site]: ...
    @property
    def people(self) -> Mapping[StaffId, Staff]: ...
    @property
    def version(self) -> int: ...
    def queues_of(self, staff: Staff) -> tuple[Queue, ...]: ...


class Plans(Protocol):
    """Where the plan is kept. Everything may raise StoreUnavailable."""

    async def load(self) -> Plan:
        """Every site's plan."""
        ...

    async def write(self, site: SiteId, edits: Sequence[Edit], *, version: int, now: int) -> int | None:
        """Make all of a change on the plan of this version, or, giving None, nothing."""
        ...

    async def create_feed(self, staff: StaffId, now: int) -> str:
        """A new private address for a person's calendar, instead of the one before."""
        ...

    async def revoke_feed(self, staff: StaffId) -> bool:
        """Make the address lead nowhere."""
        ...

    async def feed_since(self, staff: StaffId) -> int | None:
        """When the address was made."""
        ...

    async def staff_of_feed(self, token: str) -> StaffId | None:
        """Whose calendar an address shows."""
        ...


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that was made, or would be: the site's version after it, warnings, touched swaps, remarks."""

    version: int
    edits: tuple[Edit, ...]
    warnings: tuple[OutsideHours, ...] = ()
    swaps: tuple[SwapTouched, ...] = ()
    remarks: tuple[Remark, ...] = ()


def known(declared: Declared) -> Known:
    """What a plan depends on."""
    people = [person for person in declared.people.values() if not person.disabled and person.role in TALKING]
    serves = {person.id: frozenset(queue.key for queue in declared.queues_of(person)) for person in people}
    return Known(declared.sites, people, serves)


class Planning:
    """What the plan's use cases share. `refresh` makes `declared` and `plan` what is in the store now."""

    def __init__(
        self, *, sites: Sites, plans: Plans, declared: Callable[[], Declared], plan: Callable[[], Plan],
        refresh: Callable[[], Awaitable[None]], clock: Callable[[], Clock],
    ) -> None:  # fmt: skip
        self.sites = sites
        self.plans = plans
        self.refresh = refresh
        self._declared = declared
        self._plan = plan
        self._clock = clock
        self._rosters = Rosters()

    @property
    def declared(self) -> Declared:
        """What is declared now."""
        return self._declared()

    @property
    def plan(self) -> Plan:
        """Every site's plan now."""
        return self._plan()

    @property
    def now(self) -> int:
        """The time that counts, ms."""
        return self._clock().now()

    async def roster(self, start: int | None = None, end: int | None = None) -> Roster:
        """Who is planned from `start` up to `end`, ms; without them, from yesterday for eight days from today."""
        if start is None or end is None:
            start, end = usual_window(self.now)
        declared = self.declared
        return await self._rosters.between(
            self.plan, tuple(declared.people.values()), declared.version, start, end
        )

    async def change(
        self, site: SiteId, make: Callable[[SitePlan], Sequence[Edit]], *, version: str | None = None,
        dry_run: bool = False,
    ) -> Changed:  # fmt: skip
        """Make a site's plan what `make` says, if it has this version (None or `ANY`: whichever), whole or not at all.

        `make` may be called again, when somebody else was faster. Raises PlanRefused, PlanChanged, TooMany,
        StoreUnavailable, and whatever `make` raises.
        """
        for _ in range(TRIES):
            plan = await self.plans.load()
            mine = plan.of(site)
            if version not in (None, ANY, str(mine.version)):
                with suppress(PlanRefused):
                    make(mine)  # what is not there is not found, whatever version is named
                raise PlanChanged
            edits = tuple(make(mine))
            after = plan.edited(site, edits)
            people = known(self.declared)
            warnings = await asyncio.to_thread(judge, plan, after, edits, people, self.now)
            swaps = await asyncio.to_thread(
                swaps_touched, mine, after.of(site), edits, people.serves, self.now
            )
            written = [edit.row for edit in edits if isinstance(edit.row, Shift)]
            remarks = await asyncio.to_thread(remarks_on, written, self.now)
            if dry_run:
                return Changed(mine.version, edits, warnings, swaps, remarks)
            stored = await self.plans.write(site, edits, version=plan.version, now=self.now)
            if stored is not None:
                await self.refresh()
                return Changed(stored, edits, warnings, swaps, remarks)
        raise TooMany
