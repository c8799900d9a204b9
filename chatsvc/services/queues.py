"""How queues stand: whether they take visitors, who is on duty, how long people wait."""

import math
from asyncio import gather
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from chatsvc.domain.conversation import State
from chatsvc.domain.estimate import Estimate, rounded
from chatsvc.domain.records import Conversation, Duty
from chatsvc.domain.sites import LANGUAGES, Queue
from chatsvc.services.estimates import Waits, look_at_waits
from chatsvc.services.opening import Opening
from chatsvc.services.pool import Pool, record_events

BLINK_MS = 10_000  # as in `store/lua/_pool.lua`: a page loaded anew, a node that starts again, a tunnel
NEAR = 16  # places for each of which the wait is estimated by itself

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
    in a pause too; `spoken` and `state` come from those at hand. `closing`: it is open, and nobody joins any more until
    it closes. `until` is when time alone may change this (ms): one of those at hand is gone, or the door shuts.
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


def state_of(queue: Queue, opening: Opening, waiting: int, at_hand: int) -> QueueState:
    """Whether the queue takes visitors: a function of what is, never of what happened."""
    if not opening.is_open:
        return "closed"
    if at_hand == 0:
        return "no_staff"
    return "full" if waiting >= queue.waiting_limit else "open"


async def report_queues(pool: Pool, queues: Iterable[Queue]) -> list[QueueReport]:
    """How each of these queues stands now. Raises StoreUnavailable."""
    people = await pool.store.people()
    offers = await pool.store.conversations([duty.offer for duty in people if duty.offer])
    offered = [record for record in offers.values() if record.state == State.OFFERED]
    asked = list(queues)
    waits = await look_at_waits(pool, asked, people)
    return [await _report(pool, queue, people, offered, waits) for queue in asked]


class Place(NamedTuple):
    """Where somebody stands, 1 is next; what is left of their wait; the languages of those at hand for the queue."""

    position: int
    estimate_s: tuple[int, int] | None
    spoken: tuple[str, ...]


async def places_in_line(pool: Pool, queue: str, conversations: Sequence[str]) -> dict[str, Place]:
    """The place of each waiting conversation, as people are told: the order in which they would be taken now.

    One that is being offered or is away has none. Raises StoreUnavailable.
    """
    places, people = await gather(pool.store.positions(queue, conversations), pool.store.people())
    waits = await look_at_waits(pool, (), people)
    now = pool.clock.now()
    spoken = _spoken(duty for duty in people if _at_hand(duty, queue, now))
    known: dict[object, tuple[int, int] | None] = {}
    told: dict[str, Place] = {}
    for found, place in sorted(places.items(), key=lambda item: item[1]):
        # An estimate costs up to a millisecond, and thousands may wait: far behind, neighbours share one.
        alike = waits.lines_of(found), _stretch(place)
        if alike not in known:
            known[alike] = rounded(waits.of_waiting(found))
        told[found] = Place(place, known[alike], spoken)
    return told


def _stretch(place: int) -> int:
    """Near the front each place by itself; further behind, places within a tenth of each other are one."""
    return place if place <= NEAR else NEAR + int(math.log(place / NEAR) / math.log(1.1)) + 1


async def _report(
    pool: Pool, queue: Queue, people: list[Duty], offered: list[Conversation], waits: Waits
) -> QueueReport:
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
    on_duty = [duty for duty in people if _on_duty(duty, queue.key)]
    ready = [duty for duty in on_duty if duty.state == "available" and duty.away is None]
    now = pool.clock.now()
    at_hand = [duty for duty in on_duty if _at_hand(duty, queue.key, now)]
    opening = pool.openings.at(queue, now)
    state = state_of(queue, opening, counts.waiting, len(at_hand))
    spoken = _spoken(at_hand)
    wait = waits.of_newcomer(queue.key, spoken[:1]) if state == "open" else None
    others = (waits.of_newcomer(queue.key, [language]) for language in spoken[1:])
    door = _door_shuts(queue, opening, chain([wait], others), now) if state == "open" else None
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


def _door_shuts(queue: Queue, opening: Opening, waits: Iterable[Estimate | None], now: int) -> int | None:
    """From when on nobody joins any more (ms), as things are; None where no end is known.

    As `Opening.entry` decides it for each language of those at hand. The first that is still let in decides, or the
    last to be so: an estimate costs up to a millisecond.
    """
    if opening.closes_at is None:
        return None
    door = 0
    for wait in waits:
        longest_ms = math.ceil(wait.high * 1000) - 1 if wait else 0
        door = max(door, opening.closes_at - max(queue.last_entry_ms, longest_ms))
        if now < door:
            break
    return door


async def somebody_on_duty(pool: Pool, queue: Queue) -> bool:
    """Whether anybody is there to take those who wait, now or after a pause. Raises StoreUnavailable."""
    return any(_on_duty(duty, queue.key) for duty in await pool.store.people())


async def end_wait(pool: Pool, conversation: str, reason: str) -> bool:
    """End the wait of somebody whom nobody has yet; false if they now wait in the queue that they were handed on from.

    Raises NotFound, BadState, StoreUnavailable.
    """
    outcome = await pool.store.run("finish", id=conversation, reason=reason, forget=False, waiting=True)
    await record_events(pool, outcome.touched)
    return outcome.c is not None and outcome.c.reason == reason


def _spoken(on_duty: Iterable[Duty]) -> tuple[str, ...]:
    heard = {lang for duty in on_duty for lang in duty.languages}
    return tuple(lang for lang in LANGUAGES if lang in heard)


def _on_duty(duty: Duty, queue: str) -> bool:
    return queue in duty.queues and duty.state in ("available", "paused")


def _at_hand(duty: Duty, queue: str, now: int) -> bool:
    """Whether somebody will answer: on duty, in no pause, and connected, or so until a moment ago."""
    here = duty.away is None or now < duty.away + BLINK_MS
    return queue in duty.queues and duty.state == "available" and here


def _waiting(conversation: Conversation, now: int) -> Waiting:
    others = conversation.also if conversation.also and now >= (conversation.also_at or 0) else ()
    return Waiting(
        conversation.id, conversation.lang, conversation.joined, conversation.priority,
        (conversation.route, *others),
    )  # fmt: skip
