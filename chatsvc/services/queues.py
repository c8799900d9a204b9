"""How queues stand: whether they take visitors, who is on duty, how long people wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from chatsvc.domain.records import Conversation, Duty
from chatsvc.domain.sites import Queue
from chatsvc.services.pool import Pool

QueueState = Literal["open", "closed", "full", "no_staff"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One who waits and can be taken now."""

    conversation: str
    lang: str
    joined: int
    priority: int


@dataclass(frozen=True, slots=True)
class QueueReport:
    """A queue at one instant. `oldest` is the earliest join (ms); capacities count conversations."""

    queue: Queue
    state: QueueState
    waiting: int
    oldest: int | None
    on_duty: int
    free: int
    staffed: int
    head: tuple[Waiting, ...]


def state_of(queue: Queue, waiting: int, on_duty: int) -> QueueState:
    """Whether the queue takes visitors: a function of what is, never of what happened."""
    if not queue.open:
        return "closed"
    if on_duty == 0:
        return "no_staff"
    return "full" if waiting >= queue.waiting_limit else "open"


async def report_queues(pool: Pool, queues: Iterable[Queue]) -> list[QueueReport]:
    """How each of these queues stands now. Raises StoreUnavailable."""
    people = await pool.store.people()
    return [await _report(pool, queue, people) for queue in queues]


async def _report(pool: Pool, queue: Queue, people: list[Duty]) -> QueueReport:
    counts = await pool.store.counts(queue.key)
    records = await pool.store.conversations(counts.head)
    head = tuple(_waiting(records[found]) for found in counts.head if found in records)
    on_duty = [duty for duty in people if queue.key in duty.queues and duty.state in ("available", "paused")]
    ready = [duty for duty in on_duty if duty.state == "available" and duty.away is None]
    return QueueReport(
        queue=queue,
        state=state_of(queue, counts.waiting, len(on_duty)),
        waiting=counts.waiting,
        oldest=counts.oldest,
        on_duty=len(on_duty),
        free=sum(max(0, duty.capacity - duty.load) for duty in ready),
        staffed=sum(duty.capacity for duty in ready),
        head=head,
    )


def _waiting(conversation: Conversation) -> Waiting:
    return Waiting(conversation.id, conversation.lang, conversation.joined, conversation.priority)
