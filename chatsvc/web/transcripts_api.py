"""The API of conversations that are over: a list without text, and the opening of one with a written reason."""

import re
from collections.abc import Iterable

from aiohttp import web

from chatsvc.domain.errors import BadField
from chatsvc.domain.permissions import Action
from chatsvc.domain.records import Conversation
from chatsvc.domain.retained import Look
from chatsvc.domain.retention import Fate
from chatsvc.domain.sites import StaffId, queue_key
from chatsvc.domain.transcripts import reads, written_reason
from chatsvc.services.pool import EntryView
from chatsvc.services.transcripts import (
    PastConversation,
    Shelf,
    Shelves,
    Transcript,
    list_past,
    open_transcript,
)
from chatsvc.web import transcript_bodies as bodies
from chatsvc.web.operations import AUDIT, Answer, BadBody, Call, Operation, Parameter, json_answer, read_body

SHELVES = web.AppKey("shelves", Shelves)
MOST = 200
_BEFORE = "^[0-9]{1,15}([.][a-z0-9]{1,64})?$"


async def get_conversations(call: Call) -> web.Response:
    """A page of those that are over."""
    query = call.request.query
    queue = str(queue_key(call.site.id, query["queue"])) if "queue" in query else None
    before, limit = _before(query.get("before", "")), _limit(query.get("limit", "50"))
    page = await list_past(shelves(call), call.site, call.staff, queue, before, limit)
    rows = [row_of(call, row) for row in page.rows]
    following = f"{rows[-1].ended}.{rows[-1].id}" if page.more and rows else None
    return json_answer(bodies.PastRows(rows, page.total, following))


def shelves(call: Call) -> list[Shelf]:
    """Where the conversations of the site of the path are."""
    return call.request.app[SHELVES].of(call.site)


def _before(given: str) -> tuple[int, str]:
    if not given:
        return 2**62, ""
    if not re.fullmatch(_BEFORE, given):
        raise BadBody("`before` is what `next` said, or an instant in ms.", "before")
    at, _, ident = given.partition(".")
    return int(at), ident


def _limit(given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 5 and 1 <= int(given) <= MOST):
        raise BadBody(f"`limit` is a number from 1 to {MOST}.", "limit")
    return int(given)


async def post_opening(call: Call) -> web.Response:
    """What was said in one of them."""
    body = await read_body(call.request, bodies.OpeningAsked)
    try:
        reason = written_reason(body.reason)
    except BadField as error:
        raise BadBody(str(error), "reason") from None
    audit, conversation = call.request.app[AUDIT], call.request.match_info["conversation"]
    found = await open_transcript(
        shelves(call), audit, call.site, call.staff, conversation, reason, body.after
    )
    return json_answer(_opened(call, found, reason))


def _opened(call: Call, found: Transcript, reason: str) -> bodies.OpenedTranscript:
    return bodies.OpenedTranscript(
        row_of(call, PastConversation(found.record, found.look, ())), reason, call.planning.now,
        _lines(call, found.talk), found.more, _lines(call, found.notes), found.answers or None, found.questions,
        bodies.Feedback(**found.feedback) if found.feedback else None,
    )  # fmt: skip


def _lines(call: Call, entries: Iterable[EntryView] | None) -> list[bodies.Said] | None:
    if entries is None:
        return None
    return [
        bodies.Said(
            one.seq, one.at, one.kind, one.author, _alias(call, one.staff), one.lang, one.text, one.event, one.params
        )
        for one in entries
    ]  # fmt: skip


def _alias(call: Call, staff: str) -> str | None:
    if not staff:
        return None
    found = call.planning.declared.people.get(StaffId(staff))
    return found.alias if found else staff


def row_of(call: Call, row: PastConversation) -> bodies.PastRow:
    """A conversation as the list shows it."""
    record, look = row.record, row.look
    going = [_going(look, fate) for fate in row.fates]
    mine = reads(call.staff, wished_erased=look.kept.wish is not None)
    return bodies.PastRow(
        record.id, record.queue.partition("/")[2], record.lang, record.joined, record.first_assigned,
        record.ended or record.joined, record.reason, record.outcome, list(record.tags or ()), _staff(record), going,
        None if look.hold is None else "held" if look.hold.holds else "asked", look.kept.wish,
        any(kind not in look.kept.gone for kind in mine),
    )  # fmt: skip


def _going(look: Look, fate: Fate) -> bodies.Going:
    went = look.kept.gone.get(fate.kind)
    if went is not None:
        return bodies.Going(fate.kind, went.at, went.rule, None, gone=True)
    return bodies.Going(fate.kind, fate.at, fate.rule, fate.reason, gone=False)


def _staff(record: Conversation) -> list[str]:
    return [part.alias for part in record.parts]


_CONVERSATIONS = "/api/v1/sites/{site}/conversations"
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getConversations", "GET", _CONVERSATIONS,
        "Conversations that are over, without text: a supervisor's queues, a counsellor's own.", get_conversations,
        {200: Answer("A page, the last that ended first.", bodies.PastRows)}, Action.LIST_CONVERSATIONS,
        tag="transcripts",
        parameters=(
            Parameter("queue", "Only of this queue, by its name within the site.", {"type": "string"}),
            Parameter(
                "before", "What `next` said; or an instant, ms: only those that ended before it.",
                {"type": "string", "pattern": _BEFORE},
            ),
            Parameter("limit", "At most so many.", {"type": "integer", "minimum": 1, "maximum": MOST}),
        ),
    ),
    Operation(
        "openTranscript", "POST", _CONVERSATIONS + "/{conversation}/openings",
        "Read what was said, for a written reason. Who opened what and why is in the audit log before the answer.",
        post_opening, {200: Answer("What is left of it for the role.", bodies.OpenedTranscript)},
        Action.OPEN_TRANSCRIPTS, body=bodies.OpeningAsked, tag="transcripts", errors=frozenset({409}),
        recorded_before=True,
    ),
)  # fmt: skip
