"""Who is planned now and next, as one process knows it: learned again as soon as the plan or an account changes."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from chatsvc.domain.sharing import Presence
from chatsvc.services.estimates import presences
from chatsvc.services.planning import Planning

LOOK_EVERY_S = 30.0  # where nothing changes: what lies ahead comes nearer


class PlannedPeople:
    """The planned people of each pool. `on_look` is called whenever they may be others."""

    def __init__(self, planning: Planning, pools: Callable[[], Iterable[str]]) -> None:
        self.on_look: Callable[[], None] = lambda: None
        self._planning = planning
        self._pools = pools
        self._of: dict[str, tuple[Presence, ...]] = {}
        self._moved = asyncio.Event()
        self._moved.set()

    def of(self, pool: str) -> tuple[Presence, ...]:
        """Those of one pool, as of the last look."""
        return self._of.get(pool, ())

    def moved(self) -> None:
        """The plan or who may be planned has changed: look at once."""
        self._moved.set()

    async def look(self) -> None:
        """Learn who is planned: estimates of waits count with them, and each duty has its end."""
        roster = await self._planning.roster()
        people, now = self._planning.declared.people, self._planning.now
        self._of = {pool: presences(roster, people, pool, now) for pool in self._pools()}
        self.on_look()

    async def look_when_due(self) -> None:
        """Wait until something has moved, at most half a minute, and look."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._moved.wait()
        self._moved.clear()
        await self.look()
