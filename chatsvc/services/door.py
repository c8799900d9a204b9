"""The door through which newcomers come in: shut in time before nobody is left to answer them."""

import math
from collections.abc import Sequence

from chatsvc.domain.sites import Queue
from chatsvc.services.estimates import Waits
from chatsvc.services.opening import Entry, Opening


def shuts_at(
    queue: Queue, opening: Opening, waits: Waits, languages: Sequence[str], score: float | None = None
) -> int | None:
    """From when on nobody joins any more who is served in one of these languages, as things are (ms); 0: already.

    That is `last_entry` before the queue closes; and earlier for whoever might still be waiting then, or when the last
    of those leaves who are there or follow. A place that is free is taken before anybody leaves. None where no end is
    known. `score` as joining gives it.
    """
    served = waits.serves(queue.key, languages)
    wait = waits.of_newcomer(queue.key, languages, score) if served else None
    if served and wait is None:
        return 0
    longest_ms = max(0.0, wait.high * 1000 - 1) if wait else 0.0  # without anybody: for the store to say
    doors = []
    if opening.closes_at is not None:
        doors.append(opening.closes_at - max(queue.last_entry_ms, longest_ms))
    if wait is not None and not wait.at_once:
        left = waits.staffed_until(queue.key, languages)
        if left is not None:
            doors.append(left - longest_ms)
    return math.floor(max(0.0, min(doors))) if doors else None


def entry(
    queue: Queue, opening: Opening, waits: Waits, languages: Sequence[str], score: float | None = None
) -> Entry:
    """Whether a newcomer may join now, as far as hours, plan and line decide it."""
    if not opening.is_open:
        return "closed"
    door = shuts_at(queue, opening, waits, languages, score)
    return "closing" if door is not None and door <= waits.now else "open"
