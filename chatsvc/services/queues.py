"""How queues stand: whether they take visitors, who is on duty, how long people wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from chatsvc.domain.conversation import State
from chatsvc.domain.estimate import rounded
from chatsvc.domain.records import Conversation, Duty
from chatsvc.domain.sites import Queue
from chatsvc.services.door import shuts_at
from chatsvc.services.estimates import NEAR, Waits, look_at_waits
from chatsvc.services.opening import Opening
from chatsvc.services.pool import Pool, record_events
from chatsvc.services.teams import BLINK_MS, is_at_hand

QueueState = Literal["open", "closed", "full", "no_staff"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One who waits and can be taken now, by whoever speaks one of `languages`."""

    conversation: str
    lang: str
    joined: int
    priority: int
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueReport:
    """A queue at one instant. Capacities count conversations; joins are in ms.

    `waiting` are those present or offered, `oldest` the earliest join among them; `away` have lost their connection
    and keep their place. `first` is the earliest join of all. `opening` is how its hours stand. `on_duty` counts those
    in a pause too; `spoken` and `state` come from those at hand. `closing`: it is open, and nobody joins any more, as
    things are. `until` is when time alone may change this (ms): one of those at hand is gone, or the door shuts.
    """

    queue: Queue
    state: QueueState
    opening: Opening
    waiting: int
    away: int
    oldest: int | None
    first: int | None
    on_duty: int
    free: int
    staffed: int
    head: tuple[Waiting, ...]
    spoken: tuple[str, ...]
    closing: bool
    until: int | None
    estimate_s: tuple[int, int] | None  # of whoever joins now, in the first of these; None unless it is open

    @property
    def opens_at(self) -> int | None:
        """When it opens next (ms): of one that is closed, and of one whose door is shut until it has closed."""
        return self.opening.reopens_at if self.closing else self.opening.opens_at


def state_of(queue: Queue, opening: Opening, waiting: int, at_hand: int) -> QueueState:
    """Whether the queue takes visitors: a function of what is, never of what happened."""
    if not opening.is_open:
        return "closed"
    if at_hand == 0:
        return "no_staff"
    return "full" if waiting >= queue.waiting_limit else "open"


async def report_queues(pool: Pool, queues: Iterable[Queue]) -> list[QueueReport]:
    """How each of these queues stands now. Raises StoreUnavailable."""
    asked = list(queues)
    waits = await look_at_waits(pool, asked)
    offers = await pool.store.conversations([duty.offer for duty in waits.people if duty.offer])
    offered = [record for record in offers.values() if record.state == State.OFFERED]
    return [await _report(pool, queue, offered, waits) for queue in asked]


class Place(NamedTuple):
    """Where somebody stands, 1 is next; what is left of their wait; the languages of those at hand for the queue.

    `closed`: an operator has closed the queue, and whoever waits is still taken.
    """

    position: int
    estimate_s: tuple[int, int] | None
    spoken: tuple[str, ...]
    closed: bool = False


async def places_in_line(
    pool: Pool, queue: str, conversations: Sequence[str], waits: Waits
) -> dict[str, Place]:
    """The place of each waiting conversation, as people are told: the order in which they would be taken now.

    One that is being offered or is away has none. `waits`: as just looked at. Raises StoreUnavailable.
    """
    places = await pool.store.positions(queue, conversations)
    spoken, closed = waits.spoken(queue), _closed_by_hand(pool, queue)
    found = {ident: waits.told(ident, place) for ident, place in places.items()}
    at_once = [ident for ident, place in places.items() if place <= NEAR and waits.is_at_once(ident)]
    for record in (await pool.store.conversations(at_once)).values() if at_once else ():
        found[record.id] = waits.told_untaken(record.id, record.joined)
    return {ident: Place(place, found[ident], spoken, closed) for ident, place in places.items()}


async def place_at_first(pool: Pool, queue: str, conversation: str) -> Place:
    """The place of somebody who has just come; next, while they are on offer. Raises StoreUnavailable."""
    waits = await look_at_waits(pool)
    found = (await places_in_line(pool, queue, [conversation], waits)).get(conversation)
    offered = Place(1, waits.once_offered(queue), waits.spoken(queue), _closed_by_hand(pool, queue))
    return found or offered


def _closed_by_hand(pool: Pool, queue: str) -> bool:
    return any(found.key == queue and not found.open for found in pool.queues())


async def _report(pool: Pool, queue: Queue, offered: list[Conversation], waits: Waits) -> QueueReport:
    counts = await pool.store.counts(queue.key)
    records = await pool.store.conversations(counts.head)
    head = [records[found] for found in counts.head if found in records]
    handed_over = [
        record for record in head if record.state == State.ACTIVE
    ]  # they stand in front of all others
    present = [record for record in head if record.state == State.WAITING]
    present += [record for record in offered if record.queue == queue.key]
    waiting = counts.takeable - len(handed_over) + sum(record.queue == queue.key for record in offered)
    waiting = max(0, min(waiting, counts.waiting))
    on_duty = [duty for duty in waits.people if _on_duty(duty, queue.key)]
    ready = [duty for duty in on_duty if duty.state == "available" and duty.away is None]
    now = waits.now
    at_hand, spoken = waits.at_hand(queue.key), waits.spoken(queue.key)
    opening = pool.openings.at(queue, now)
    state = state_of(queue, opening, counts.waiting, len(at_hand))
    wait = waits.of_newcomer(queue.key, spoken[:1]) if state == "open" else None
    door = _door_shuts(queue, opening, waits, spoken) if state == "open" else None
    turns = [duty.away + BLINK_MS for duty in at_hand if duty.away is not None]
    if door is not None and now < door:
        turns.append(door)
    return QueueReport(
        queue=queue,
        state=state,
        opening=opening,
        waiting=waiting,
        away=counts.waiting - waiting,
        oldest=min((record.joined for record in present), default=None) if waiting else None,
        first=counts.oldest,
        on_duty=len(on_duty),
        free=sum(max(0, duty.capacity - duty.load) for duty in ready),
        staffed=sum(duty.capacity for duty in ready),
        head=tuple(_waiting(record, now) for record in head),
        spoken=spoken,
        closing=door is not None and door <= now,
        until=min(turns, default=None),
        estimate_s=rounded(wait),
    )


def _door_shuts(queue: Queue, opening: Opening, waits: Waits, spoken: Sequence[str]) -> int | None:
    """From when on nobody joins any more (ms), as things are; None where no end is known.

    The first language of those at hand that is still let in decides, or the last to be so: an estimate costs up to a
    millisecond.
    """
    door = 0 if spoken else None
    for language in spoken:
        found = shuts_at(queue, opening, waits, [language])
        if found is None:
            return None
        door = max(door or 0, found)
        if waits.now < door:
            break
    return door


async def languages_at_hand(pool: Pool, queue: Queue) -> frozenset[str]:
    """In which languages those who wait will be taken, as things are. Raises StoreUnavailable."""
    now = pool.clock.now()
    there = [duty for duty in await pool.store.people() if queue.key in duty.queues and is_at_hand(duty, now)]
    return frozenset(lang for duty in there for lang in duty.languages)


async def end_wait(pool: Pool, conversation: str, reason: str) -> bool:
    """End the wait of somebody whom nobody has yet; false if they now wait in the queue that they were handed on from.

    Raises NotFound, BadState, StoreUnavailable.
    """
    outcome = await pool.store.run("finish", id=conversation, reason=reason, forget=False, waiting=True)
    await record_events(pool, outcome.touched)
    return outcome.c is not None and outcome.c.reason == reason


def _on_duty(duty: Duty, queue: str) -> bool:
    return queue in duty.queues and duty.state in ("available", "paused")


def _waiting(conversation: Conversation, now: int) -> Waiting:
    others = conversation.also if conversation.also and now >= (conversation.also_at or 0) else ()
    return Waiting(
        conversation.id, conversation.lang, conversation.joined, conversation.priority,
        (conversation.route, *others),
    )  # fmt: skip
