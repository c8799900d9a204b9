"""What one waiting visitor is told of their place: only what is new, and not too often."""

import math
from collections.abc import Callable, Iterable

from chatsvc.domain.conversation import visitor_state
from chatsvc.domain.records import Conversation
from chatsvc.domain.sites import Queue, Site
from chatsvc.services.pool import Pool
from chatsvc.services.queues import Place
from chatsvc.services.visits import agree_to, languages_to_ask
from chatsvc.web import frames
from chatsvc.web.fanout import POSITIONS_EVERY_S


class Standing:
    """The place that a visitor knows of."""

    def __init__(self, site: Site, queue: Queue, tell: Callable[[frames.Waiting], None]) -> None:
        self._site = site
        self._queue = queue
        self._tell = tell
        self._told: frames.Waiting | None = None
        self._told_at = -math.inf
        self._asked = False  # looked at since it was time to ask for other languages

    def at_least(self, place: Place, record: Conversation, now: int, loop_s: float) -> None:
        """A first place, unless one is known."""
        if self._told is None:
            self._told_at = -math.inf
            self.at(place, record, now, loop_s)

    def at(self, place: Place, record: Conversation, now: int, loop_s: float) -> bool:
        """Tell the place if it is another; false if it is too early to say so. `now` is in ms, `loop_s` the loop's."""
        if visitor_state(record.state) != "waiting":
            return True
        also = languages_to_ask(self._site, self._queue, record, place.spoken, now)
        waiting = frames.Waiting(
            position=place.position, estimate_s=place.estimate_s, also=also, staffed=bool(place.spoken),
            closed=place.closed,
        )  # fmt: skip
        if waiting != self._told:
            if loop_s - self._told_at < POSITIONS_EVERY_S:
                return False
            self._send(waiting, loop_s)
        self._asked = self._due(record, now)
        return True

    def is_due(self, record: Conversation, now: int) -> bool:
        """Whether it has become time to ask for other languages."""
        return not self._asked and visitor_state(record.state) == "waiting" and self._due(record, now)

    def forget(self) -> None:
        """No longer waiting; who comes back to the line is told anew."""
        self._told, self._asked = None, False

    async def agree(
        self, pool: Pool, record: Conversation, visitor: str, also: Iterable[str]
    ) -> Conversation:
        """The visitor agrees to be served in these languages too. Raises NotFound, BadState."""
        return await agree_to(pool, self._site, self._queue, record, visitor, also)

    def _due(self, record: Conversation, now: int) -> bool:
        return now >= record.joined + self._queue.other_language_ms

    def _send(self, waiting: frames.Waiting, loop_s: float) -> None:
        self._told, self._told_at = waiting, loop_s
        self._tell(waiting)
