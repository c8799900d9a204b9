"""What a counsellor does: duty, taking visitors, writing, handing on, wrapping up."""

from collections.abc import Sequence
from typing import Any

from chatsvc.domain.errors import AtCapacity, BadState, NoLanguage, NotFound, OffDuty
from chatsvc.domain.ports import Reply, Seal
from chatsvc.domain.records import Conversation, Duty, DutyReason, EntryBody, Outcome
from chatsvc.domain.sites import Staff
from chatsvc.services.pool import Pool, record_events, seal_text

NOT_AGREED_TO = (
    "The colleague speaks none of the languages that the visitor has agreed to; `consult` brings them in."
)
TO_COLLEAGUE_MS = 30_000  # how long a colleague has to answer
TRANSFER_TTL_MS = 300_000  # how long a queue has to take up a transfer


async def _run(pool: Pool, name: str, **args: Any) -> Outcome:
    outcome = await pool.store.run(name, **args)
    await record_events(pool, outcome.touched)
    return outcome


def _conversation(outcome: Outcome) -> Conversation:
    if outcome.c is None:
        raise NotFound
    return outcome.c


async def sign_on(
    pool: Pool, staff: Staff, queues: Sequence[str], own: frozenset[str], grace_ms: int, conn: str
) -> Outcome:
    """Attach a console: `s` is the duty record, `convs` everything the counsellor is in.

    `queues` are those that they serve now, `own` all that they may serve: what they have of one that they no longer may
    goes to others.
    """
    others = {queue.key for queue in pool.queues()} - own
    return await _run(
        pool, "staff_attach", id=staff.id, alias=staff.alias, capacity=staff.capacity, queues=list(queues),
        own=sorted(own), others=sorted(others), languages=list(staff.languages), grace_ms=grace_ms,
        node=pool.store.node, conn=conn,
    )  # fmt: skip


async def step_away(pool: Pool, staff: str, conn: str) -> None:
    """The console's connection is gone: away at once, off duty after the grace time."""
    await pool.store.run("staff_away", id=staff, conn=conn)


async def leave_for_good(pool: Pool, staff: str, conn: str) -> None:
    """Whoever was connected may talk with nobody any more: others get what they had, at once."""
    await _run(pool, "staff_away", id=staff, conn=conn, for_good=True)


async def lay_ghost(pool: Pool, staff: str) -> None:
    """The store believes that a console is connected to this node, but it is not."""
    found = await pool.store.person(staff)
    ours = found is not None and found.node == pool.store.node
    await step_away(pool, staff, (found.conn or "") if found and ours else "")


async def set_duty(pool: Pool, staff: str, state: str, reason: DutyReason | None) -> Duty:
    """Clock in, pause or clock out. With open conversations, off means draining until the last ends."""
    outcome = await _run(pool, "duty", id=staff, state=state, reason=reason)
    assert outcome.s is not None
    return outcome.s


async def end_shift(pool: Pool, staff: str, end: int) -> bool:
    """Clock out somebody whose shift ended at `end` (ms), unless they are off already or have clocked in since."""
    reason: DutyReason = "shift_ended"
    outcome = await _run(pool, "duty", id=staff, state="off", reason=reason, ended=end)
    return outcome.done


async def take_next_visitor(
    pool: Pool, staff: str, queue: str | None, conversation: str | None
) -> Conversation:
    """The named visitor, the first of `queue`, or the longest wait of the counsellor's queues.

    Raises NothingWaiting, AlreadyTaken, AtCapacity, OffDuty, NotFound.
    """
    return _conversation(await _run(pool, "take", id=staff, queue=queue, conversation=conversation))


async def accept_offer(pool: Pool, staff: str, conversation: str) -> Conversation:
    """The offered visitor. Raises NotFound, BadState (too late)."""
    outcome = await _run(pool, "answer_offer", id=staff, conversation=conversation, accept=True)
    if outcome.late:
        raise BadState("The offer has expired.")
    return _conversation(outcome)


async def decline_offer(pool: Pool, staff: str, conversation: str) -> None:
    """Not this one: not offered again to this counsellor for some minutes. Raises NotFound."""
    await _run(pool, "answer_offer", id=staff, conversation=conversation, accept=False)


def post_message(
    pool: Pool,
    conversation: Conversation,
    seal: Seal,
    staff: str,
    client_id: str,
    lang: str | None,
    text: str,
    reply: Reply,
) -> EntryBody:
    """Store what a participant wrote; once for one `client_id`; the answer goes to `reply`. Raises NotFound."""
    part = conversation.part(staff)
    if part is None:
        raise NotFound
    body = seal_text(seal, "talk", "counsellor", client_id, part.n, lang, text, staff)
    pool.store.post(conversation.id, f"s:{staff}", "talk", client_id, body, reply)
    return body


def post_note(
    pool: Pool, conversation: Conversation, seal: Seal, staff: str, client_id: str, text: str, reply: Reply
) -> EntryBody:
    """Store a note for staff; the answer goes to `reply`. Raises NotFound."""
    part = conversation.part(staff)
    if part is None:
        raise NotFound
    body = seal_text(seal, "staff", "counsellor", client_id, part.n, None, text, staff)
    pool.store.post(conversation.id, f"s:{staff}", "staff", client_id, body, reply)
    return body


async def check_colleague(pool: Pool, conversation: Conversation, colleague: str) -> None:
    """Whether somebody could be handed it now; `transfer` decides. Raises NotFound, OffDuty, NoLanguage, AtCapacity."""
    found = await pool.store.person(colleague)
    if found is None or not any(queue.startswith(f"{conversation.site}/") for queue in found.queues):
        raise NotFound
    if found.state != "available" or found.away is not None:
        raise OffDuty("The colleague is not available.")
    if not {conversation.route, *(conversation.also or ())} & set(found.languages):
        raise NoLanguage(NOT_AGREED_TO)
    if found.offer is not None or found.load >= found.capacity:
        raise AtCapacity("The colleague has no free place.")


async def transfer(
    pool: Pool, staff: str, conversation: str, to_queue: str | None, to_staff: str | None
) -> Conversation:
    """Hand a conversation on; it stays with the owner until somebody accepts.

    Raises NotFound, BadState, AtCapacity, OffDuty, NoLanguage, UnknownQueue.
    """
    ttl = TO_COLLEAGUE_MS if to_staff else TRANSFER_TTL_MS
    try:
        outcome = await _run(
            pool,
            "transfer",
            id=staff,
            conversation=conversation,
            to_queue=to_queue,
            to_staff=to_staff,
            ttl_ms=ttl,
        )
        return _conversation(outcome)
    except AtCapacity:
        raise AtCapacity("The colleague has no free place.") from None
    except OffDuty:
        raise OffDuty("The colleague is not available.") from None
    except NoLanguage:
        raise NoLanguage(NOT_AGREED_TO) from None


async def consult(pool: Pool, staff: str, conversation: str, colleague: str) -> Conversation:
    """Bring a colleague in. Raises NotFound, BadState, OffDuty."""
    return _conversation(
        await _run(pool, "consult", id=staff, conversation=conversation, colleague=colleague)
    )


async def return_to_queue(pool: Pool, staff: str, conversation: str) -> None:
    """Back to the front of its queue. Raises NotFound, BadState."""
    await _run(pool, "give_back", id=staff, conversation=conversation)


async def close(pool: Pool, staff: str, conversation: str) -> Conversation:
    """End the chat and begin the wrap-up; a consultant only leaves. Raises NotFound, BadState."""
    return _conversation(
        await _run(pool, "finish", id=conversation, staff=staff, reason="counsellor_closed", forget=False)
    )


async def mark_heavy(pool: Pool, staff: str, conversation: str, *, on: bool) -> Conversation:
    """A heavy one takes twice the places and twice the wrap-up. Raises NotFound, NotAllowed, BadState."""
    return _conversation(await _run(pool, "heavy", id=staff, conversation=conversation, on=on))


async def wrap_up(pool: Pool, staff: str, conversation: str, outcome: str, tags: list[str]) -> Conversation:
    """Finish the record; the place is free. Raises NotFound, BadState."""
    return _conversation(
        await _run(pool, "wrap_up", id=staff, conversation=conversation, outcome=outcome, tags=tags)
    )
