"""What a visitor does: joins, writes, leaves, erases."""

import json
import secrets
from asyncio import gather
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from chatsvc.domain.conversation import LIVE
from chatsvc.domain.errors import BadState, ChatError, KeptByHold, KeptByLaw, NotFound, StoreUnavailable
from chatsvc.domain.ports import Reply, Seal
from chatsvc.domain.questions import Placement
from chatsvc.domain.records import Conversation, EntryBody, Outcome
from chatsvc.domain.retention import kept_by_law
from chatsvc.domain.sites import Queue, Site
from chatsvc.domain.statistics import TurnedAway, local_hour
from chatsvc.services import door, intake
from chatsvc.services.estimates import look_at_waits
from chatsvc.services.pool import Pool, record_events, seal_text
from chatsvc.services.redacted import redacted_keys
from chatsvc.services.retention import LATE_MS, NEWCOMER_MS, ended_of, feedback_keys

_log = structlog.get_logger("chatsvc.services")


@dataclass(frozen=True, slots=True)
class Caller:
    """A visitor's connection: who (HMAC of the token), in which language, over which socket of this node."""

    visitor: str
    lang: str
    conn: str
    route: str  # the language of the site to be served in
    also: tuple[str, ...] = ()  # others that the visitor agrees to


def caller(visitor: str, conn: str, site: Site, lang: str, also: Iterable[str] = ()) -> Caller:
    """The visitor with the languages that the site serves in; of others its default."""
    route = route_of(site, lang)
    return Caller(visitor, lang, conn, route, _others(site, route, also))


def route_of(site: Site, lang: str) -> str:
    """The language of the site in which somebody is served who asks for `lang`: that one, or else its default."""
    return lang if lang in site.languages else site.languages[0]


def _others(site: Site, route: str, also: Iterable[str]) -> tuple[str, ...]:
    return tuple(found for found in dict.fromkeys(also) if found in site.languages and found != route)


async def resume(pool: Pool, queue: Queue, caller: Caller, *, fresh: bool) -> Outcome:
    """The conversation that this visitor has. Raises NoEntry: `none` if they may begin one, else why not."""
    outcome = await _join(
        pool, queue, caller, secrets.token_hex(12), Placement(queue.name), fresh=fresh, create=False
    )
    await record_events(pool, outcome.touched)
    return outcome


async def join_queue(
    pool: Pool, queue: Queue, caller: Caller, placement: Placement, *, fresh: bool
) -> Outcome:
    """A new conversation, in the queue as far back as its priority says, its keys safe in the vault first.

    `fresh`: although one that has ended can still be read. Raises NoEntry (closed, closing, full, no_staff),
    VaultUnavailable, TooLong.
    """
    ident = secrets.token_hex(12)
    packed = intake.packed(placement)
    # Should we end here, or never hear from the store, these keys and answers are found and destroyed.
    await pool.store.retention.watch(ident, pool.clock.now() + NEWCOMER_MS)
    seal = await pool.keyring.create(queue.site, ident)
    kept = True  # after a lost reply, or cut short, the conversation may exist: its keys must stay
    try:
        await intake.keep(pool, ident, seal, packed)
        outcome = await _join(pool, queue, caller, ident, placement, fresh=fresh, create=True)
        kept = outcome.created
    except ChatError as error:
        kept = error.retryable
        raise
    finally:
        if not kept:
            await pool.keyring.shred(ident)
            await pool.store.drop_transcript(ident)
    if outcome.created:
        _log.info("conversation_waiting", conversation=ident, queue=queue.key)
    await record_events(pool, outcome.touched)
    return outcome


async def _join(
    pool: Pool, queue: Queue, caller: Caller, ident: str, placement: Placement, *, fresh: bool, create: bool
) -> Outcome:
    now = pool.clock.now()
    opening = pool.openings.at(queue, now)
    entry = opening.entry(queue.last_entry_ms, now)
    if entry == "open" and (opening.closes_at is not None or pool.plan()):  # else no end is known
        score = now - placement.priority * queue.priority_step_ms
        waits = await look_at_waits(pool, [queue])
        entry = door.entry(queue, opening, waits, [caller.route, *caller.also], score)
    return await pool.store.run(
        "join", id=ident, visitor=caller.visitor, site=queue.site, queue=queue.key, entry=entry, lang=caller.lang,
        route=caller.route, also=list(caller.also), also_ms=queue.other_language_ms,
        priority=placement.priority, tags=list(placement.tags),
        hour=local_hour(now), node=pool.store.node, conn=caller.conn, fresh=fresh, create=create,
    )  # fmt: skip


async def count_turned_away(pool: Pool, queue: Queue, language: str, how: TurnedAway) -> None:
    """Count a visitor whom `queue` did not let in. While the store is away, this is not counted."""
    with suppress(StoreUnavailable):
        await pool.store.tallies.turned_away(queue.key, language, local_hour(pool.clock.now()), how)


def languages_to_ask(
    site: Site, queue: Queue, waits: Conversation, spoken: Iterable[str], now: int
) -> list[str]:
    """Other languages of those at hand, once it is time to ask a waiting visitor whether one of them would do.

    It is time when nobody at hand speaks the visitor's own, or when they have waited for as long as the queue sets.
    """
    spoken = tuple(spoken)
    if waits.route in spoken and now < waits.joined + queue.other_language_ms:
        return []
    return list(_others(site, waits.route, spoken))


async def agree_to(
    pool: Pool, site: Site, queue: Queue, waits: Conversation, visitor: str, also: Iterable[str]
) -> Conversation:
    """While waiting: the visitor agrees to these languages too, to no others. Raises NotFound, BadState."""
    others = _others(site, waits.route, also)
    outcome = await pool.store.run(
        "also", id=waits.id, visitor=visitor, also=list(others), also_ms=queue.other_language_ms
    )
    assert outcome.c is not None
    return outcome.c


def post_message(
    pool: Pool, conversation: str, seal: Seal, client_id: str, lang: str | None, text: str, reply: Reply
) -> EntryBody:
    """Store what the visitor wrote (text as accepted by `domain.text`); once for one `client_id`.

    Returns what was sealed; the store's answer (for `pool.stored`) goes to `reply`.
    """
    body = seal_text(seal, "talk", "visitor", client_id, 0, lang, text)
    pool.store.post(conversation, "v", "talk", client_id, body, reply)
    return body


async def step_away(pool: Pool, conversation: str, conn: str) -> None:
    """The connection is gone: the place is kept for the grace time."""
    await pool.store.run("visitor_away", id=conversation, conn=conn)


async def step_away_unsure(pool: Pool, visitor: str, conn: str) -> None:
    """The same when it is not known whether this connection was ever attached, and to which conversation."""
    found = await pool.store.conversation_of(visitor)
    if found is not None:
        await step_away(pool, found.id, conn)


async def lay_ghost(pool: Pool, conversation: str) -> None:
    """The store believes that a visitor is connected to this node, but they are not."""
    found = (await pool.store.conversations([conversation])).get(conversation)
    ours = found is not None and found.vnode == pool.store.node
    await step_away(pool, conversation, (found.vconn or "") if found and ours else "")


async def leave(
    pool: Pool, conversation: str, visitor: str, reason: str, *, forget: bool = False
) -> Conversation:
    """End the wait or the conversation. A quick exit (and `forget`) makes it unreadable for whoever comes next.

    Raises NotFound, BadState (it has ended already).
    """
    outcome = await pool.store.run(
        "finish", id=conversation, visitor=visitor, reason=reason, forget=forget or reason == "quick_exit"
    )
    await record_events(pool, outcome.touched)
    assert outcome.c is not None
    return outcome.c


async def erase(pool: Pool, conversation: Conversation, visitor: str) -> Conversation:
    """End and erase everything now: the keys first, then what they open. Also after linger, by whoever still reads.

    Returns the record as it is then. Raises NotFound, VaultUnavailable, and KeptByHold or KeptByLaw: then it has ended
    and the wish is noted, to be met as soon as it may be.
    """
    if conversation.visitor != visitor:
        raise NotFound
    if (kept := await _kept(pool, conversation)) is not None:
        await pool.store.retention.wish(conversation.id, pool.clock.now())
        with suppress(NotFound):  # the record has been put away
            await leave(pool, conversation.id, visitor, "visitor_left", forget=True)
        raise kept
    names = (conversation.id, feedback_keys(conversation.id))
    await gather(*(pool.keyring.shred(name) for name in (*names, *map(redacted_keys, names))))
    try:
        erased = await end_without_keys(pool, conversation.id, visitor)
    except NotFound:  # the record has been put away meanwhile
        erased = replace(conversation, reason="erased", rev=conversation.rev + 1)
    await pool.store.drop_transcript(conversation.id)  # last: nothing can be added any more
    _log.info("conversation_erased", conversation=conversation.id)
    return erased


async def _kept(pool: Pool, conversation: Conversation) -> ChatError | None:
    """What forbids to erase a conversation now."""
    hold = await pool.store.retention.hold(conversation.id)
    if hold is not None and hold.holds:
        return KeptByHold()
    now, versions = pool.clock.now(), pool.rules(conversation.site)
    over = ended_of(replace(conversation, ended=conversation.ended or now), now)
    return KeptByLaw() if kept_by_law(versions, replace(over, wish=now)) else None


async def end_without_keys(pool: Pool, conversation: str, visitor: str) -> Conversation:
    """End a conversation that nobody can read any more. Raises NotFound."""
    outcome = await pool.store.run("finish", id=conversation, visitor=visitor, reason="erased", forget=True)
    assert outcome.c is not None
    return outcome.c


async def give_feedback(pool: Pool, conversation: Conversation, score: int, text: str) -> None:
    """Keep a score of 1–5 and words, once, after the end, under their own key. Raises BadState, VaultUnavailable."""
    over = (conversation.linger_until or 0) <= pool.clock.now()
    if conversation.state in LIVE or conversation.reason == "erased" or over:
        raise BadState("Feedback can be given once the conversation has ended, while it can still be read.")
    await pool.store.retention.watch(conversation.id, pool.clock.now() + LATE_MS)  # it may be erased just now
    seal = await pool.keyring.create(conversation.site, feedback_keys(conversation.id))
    packed = json.dumps({"score": score, "text": text}, ensure_ascii=False).encode()
    sealed = seal.seal("intake", "visitor", "feedback", packed)
    if not await pool.store.put_intake(conversation.id, "feedback", sealed):
        raise BadState("Feedback has been given already.")
