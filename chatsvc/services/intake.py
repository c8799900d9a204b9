"""Before joining: where a visitor's answers lead, and what is kept of them for the counsellor."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chatsvc.domain.errors import NoEntry, TooLong
from chatsvc.domain.ports import Seal
from chatsvc.domain.questions import Placement, follow
from chatsvc.domain.records import Conversation
from chatsvc.domain.sites import Queue, Site
from chatsvc.services.pool import Pool

MAX_ANSWERS = 16_384  # bytes of the pre-chat answers as JSON


def lead(site: Site, queue: Queue, answers: Mapping[str, Any] | None, refusal: NoEntry) -> Placement:
    """Where a newcomer's answers lead whom `queue` gave this answer: `none`, or why it lets nobody in.

    A queue without questions takes answers of any form, from clients that ask by themselves. Raises BadField, and the
    refusal itself unless rules lead elsewhere or have something to say instead.
    """
    if refusal.reason != "none" and not answers:
        raise refusal
    if not queue.questions:
        placement = Placement(queue.name, answers=dict(answers or {}))
    else:
        placement = follow({found.name: found for found in site.queues}, queue.name, answers or {})
    if refusal.reason != "none" and placement.queue == queue.name and not placement.stop:
        raise refusal
    return placement


def packed(placement: Placement) -> dict[str, bytes]:
    """What is kept of a newcomer, by name: the answers, and the questions as they were asked. Raises TooLong."""
    if not placement.answers:
        return {}
    answers = json.dumps(placement.answers, ensure_ascii=False).encode()
    if len(answers) > MAX_ANSWERS:
        raise TooLong("`answers` are longer than 16 KiB in all.")
    if not placement.asked:
        return {"answers": answers}
    asked = json.dumps([asdict(question) for question in placement.asked], ensure_ascii=False).encode()
    return {"answers": answers, "asked": asked}


async def keep(pool: Pool, conversation: str, seal: Seal, intake: Mapping[str, bytes]) -> None:
    """Seal and store what `packed` gave."""
    for name, plain in intake.items():
        await pool.store.put_intake(conversation, name, seal.seal("intake", "visitor", name, plain))


async def read_answers(pool: Pool, conversation: Conversation) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The pre-chat answers by question, and the questions as they were asked; for those who take part."""
    answers: dict[str, Any] = await _read(pool, conversation, "answers") or {}
    return answers, (await _read(pool, conversation, "asked") or []) if answers else []


async def _read(pool: Pool, conversation: Conversation, name: str) -> Any:
    sealed = await pool.store.intake(conversation.id, name)
    if sealed is None:
        return None
    seal = await pool.keyring.fetch(conversation.site, conversation.id)
    return json.loads(seal.unseal("intake", "visitor", name, sealed))
