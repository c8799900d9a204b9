"""What a visitor is told whom a queue does not let in, and that they are counted, once for a queue and connection."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatsvc.domain.errors import ChatError, NoEntry
from chatsvc.domain.sites import Queue, QueueKey, Site
from chatsvc.domain.statistics import TurnedAway as How
from chatsvc.services.pool import Pool
from chatsvc.services.queues import QueueReport
from chatsvc.services.visits import Caller, count_turned_away, route_of
from chatsvc.web import frames, views

if TYPE_CHECKING:
    from chatsvc.web.node import Node

# By the reason that is told; what fails for a reason of ours, such as the vault's, is no attempt.
COUNTED: dict[str, How] = {
    "closed": "turned_closed", "closing": "turned_closed", "no_staff": "turned_no_staff", "full": "turned_full",
    "message": "turned_message",
}  # fmt: skip


class TurnedAway:
    """Those refusals of one connection. Each queue counts once, however often a client asks again."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._queues: set[QueueKey] = set()

    def unavailable(
        self, pool: Pool, site: Site, queue: Queue, caller: Caller, hello: frames.VisitorHello, refusal: ChatError
    ) -> frames.Unavailable:  # fmt: skip
        """What to say instead of a welcome to `queue`, which may be another than was asked for; counted as that."""
        reason = refusal.reason if isinstance(refusal, NoEntry) else "refused"
        self._node.metrics.refused(reason if isinstance(refusal, NoEntry) else "vault_away")
        self.count(pool, queue, caller.route, reason)
        opening = pool.openings.at(queue, pool.clock.now())
        opens_at = opening.reopens_at if reason == "closing" else opening.opens_at
        found = views.unavailable(site, reason, opens_at, hello.ref)
        if queue.name != hello.queue:  # where answers have led
            found.queue, found.names = queue.name, queue.names
        return found

    def looked(self, pool: Pool, site: Site, reports: Sequence[QueueReport], lang: str) -> None:
        """Count somebody who has opened the page and is told that its queue is closed or closes, or has nobody at hand.

        Of several queues nobody has said yet which one they want.
        """
        if len(reports) == 1 and (reports[0].closing or reports[0].state in ("closed", "no_staff")):
            reason = "closing" if reports[0].closing else reports[0].state
            self.count(pool, reports[0].queue, route_of(site, lang), reason)

    def count(self, pool: Pool, queue: Queue, language: str, reason: str) -> None:
        """Count it in the background."""
        how = COUNTED.get(reason)
        if how is not None and queue.key not in self._queues:
            self._queues.add(queue.key)
            self._node.see_through(count_turned_away(pool, queue, language, how))
