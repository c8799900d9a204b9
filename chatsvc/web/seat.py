"""One console's place in its pool: taken with what its person may serve now, given up when they are gone."""

from typing import TYPE_CHECKING

from chatsvc.domain.permissions import talks
from chatsvc.domain.records import Outcome
from chatsvc.domain.sites import Staff
from chatsvc.services import desk
from chatsvc.services.shift_end import served_now
from chatsvc.web.fanout import Hub
from chatsvc.web.protocol import Close

if TYPE_CHECKING:
    from chatsvc.web.node import Node

GRACE_MS = 120_000  # where no site of the pool says how long somebody may be away


class Seat:
    """The place of the connection `conn`. What the store was last told is compared with what is declared."""

    def __init__(self, node: "Node", hub: Hub, conn: str, staff: Staff) -> None:
        self._node = node
        self._hub = hub
        self._conn = conn
        self._told: object = None
        self._taken = False
        self.staff = staff
        self.own: frozenset[str] = frozenset()  # every queue that they may serve, at whatever time
        self._for_good = False  # whoever leaves it may not come back

    @property
    def is_as_declared(self) -> bool:
        """Whether the store knows what is declared of the person and their queues now."""
        staff = self._node.directory.staff(self.staff.id)
        return staff is None or self._told == self._to_tell(staff)

    def lost(self) -> Close | None:
        """Why the console is closed, if its person may not talk with this pool's visitors any more; it stays so."""
        staff = self._node.directory.staff(self.staff.id)
        code = None
        if staff is None or staff.disabled:
            code = Close.NOT_SIGNED_IN
        elif not talks(staff):
            code = Close.NOT_ALLOWED
        elif staff.pool != self.staff.pool:
            code = Close.GOING_AWAY  # to come back in the other pool
        self._for_good = self._for_good or code is not None
        return code

    def _to_tell(self, staff: Staff) -> object:
        queues = frozenset(queue.key for queue in self._node.directory.queues_of(staff))
        return staff.alias, staff.capacity, staff.languages, queues

    async def take(self) -> Outcome:
        """Tell the store who is here, with what is declared of them now. Raises StoreUnavailable."""
        self._taken = True  # also when it is not known whether that came to be
        staff = self.staff = self._node.directory.staff(self.staff.id) or self.staff
        telling = self._to_tell(staff)
        self.own = frozenset(queue.key for queue in self._node.directory.queues_of(staff))
        served = served_now(self._hub.pool, staff.id, self.own)
        grace = max((site.grace_staff_ms for site in self._hub.sites()), default=GRACE_MS)
        outcome = await desk.sign_on(self._hub.pool, staff, sorted(served), self.own, grace, self._conn)
        self._told = telling
        return outcome

    def give_up(self) -> None:
        """The connection is gone: away at once; who may not come back leaves what they had to others."""
        if not self._taken:
            return
        self._taken, self._told = False, None
        pool, staff, conn = self._hub.pool, self.staff.id, self._conn
        leave = desk.leave_for_good if self._for_good else desk.step_away
        self._node.farewell(lambda: leave(pool, staff, conn))
