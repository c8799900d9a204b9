"""The API of the audit log, for those who audit a site: pages from either end, a file, and whether it is whole."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Annotated, Literal

from aiohttp import web
from msgspec import Meta, Struct

from chatsvc.domain.audit import Entry
from chatsvc.domain.audit_verification import FaultKind
from chatsvc.domain.errors import ChatError
from chatsvc.domain.permissions import Action
from chatsvc.services.audit_csv import HEADER, csv_lines
from chatsvc.services.audit_reading import Wanted, newest, oldest
from chatsvc.services.audit_state import AuditState, AuditStates
from chatsvc.web.operations import AUDIT, Answer, BadBody, Call, Operation, Parameter, json_answer

MOST = 500
FAULTS_SHOWN = 20
LONGEST_TEXT = 100
CSV = "text/csv"
STATES = web.AppKey("audit_states", AuditStates)
_PLACE = "^[0-9]{1,15}-[0-9]{1,9}$"


class AuditEntry(Struct, frozen=True):
    """Who did what to which record. `at` is ms; `digest` covers the entry and all before it."""

    seq: Annotated[int, Meta(ge=0)]
    at: int
    actor: str
    role: str
    action: str
    record: str
    details: Mapping[str, str | int | bool]
    digest: str


class AuditEntries(Struct, frozen=True):
    """Entries, oldest first, and the number of the last one there is."""

    entries: list[AuditEntry]
    total: int


class NewestAuditEntries(Struct, frozen=True):
    """Entries, the last one first. `next` is what `before` has to say for more; null: there is nothing more.

    A page can be short, or empty, and have a `next`: then the search has come back as far as `back_to` (ms).
    """

    entries: list[AuditEntry]
    next: str | None
    back_to: int | None


class AuditCut(Struct, frozen=True):
    """Up to which entry a rule that keeps `months` has removed entries, and when (ms)."""

    through: int
    at: int
    months: int


class AuditFault(Struct, frozen=True):
    """What is wrong, at which entry."""

    seq: int
    kind: FaultKind


class AuditLogState(Struct, frozen=True):
    """What this server found at the instant `at` (ms), with the store and its own checkpoints.

    `covered` is the last entry that these have; `cut` where the log begins, null at its beginning; `cut_elsewhere`: the
    signed cut is on another server. `state` is `unreadable` when the checkpoints here can't be read.
    """

    state: Literal["whole", "faulty", "unreadable"]
    at: int
    entries: int
    first: int
    covered: int
    cut: AuditCut | None
    cut_elsewhere: bool
    faults: list[AuditFault]
    fault_count: int


async def get_audit(call: Call) -> web.Response:
    """A page of the log."""
    log = call.request.app[AUDIT].log
    after, limit = _number(call, "after", 0, 2**53), _number(call, "limit", 100, MOST)
    found = await log.entries(call.site.id, after, limit)
    head = await log.head(call.site.id)
    return json_answer(AuditEntries([_row(entry) for entry in found], head.seq))


async def get_newest(call: Call) -> web.Response:
    """A page from the end."""
    log, query = call.request.app[AUDIT].log, call.request.query
    before, limit = query.get("before", ""), _number(call, "limit", 50, MOST)
    if before and not re.fullmatch(_PLACE, before):
        raise BadBody("`before` is what `next` said.", "before")
    page = await newest(log, call.site.id, _wanted(call), before, max(1, limit))
    return json_answer(NewestAuditEntries([_row(one) for one in page.entries], page.after, page.back_to))


async def get_csv(call: Call) -> web.StreamResponse:
    """What fits as a file, sent as it is read."""
    pages = oldest(call.request.app[AUDIT].log, call.site.id, _wanted(call))
    first: Iterable[Entry] = ()
    with suppress(StopAsyncIteration):  # not by a default of `anext`: Python 3.11 fails where that is a tuple
        first = await anext(pages)  # a log that can't be read is told of before anything is sent
    name = f"{call.site.id}-audit.csv"
    answer = web.StreamResponse(
        headers={"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    )
    answer.content_type, answer.charset = CSV, "utf-8"
    await answer.prepare(call.request)
    await answer.write(HEADER.encode())
    try:
        await answer.write(csv_lines(first).encode())
        async for entries in pages:
            await answer.write(csv_lines(entries).encode())
    except ChatError:
        if call.request.transport is not None:
            call.request.transport.abort()  # so that half a file is not taken for a whole one
        return answer
    await answer.write_eof()
    return answer


async def get_state(call: Call) -> web.Response:
    """Whether the log is whole, as far as this server can say."""
    now = call.planning.now
    try:
        found = await call.request.app[STATES].of(call.site.id, now)
    except (ChatError, OSError) as error:
        if isinstance(error, ChatError) and error.retryable:
            raise
        return json_answer(AuditLogState("unreadable", now, 0, 0, 0, None, False, [], 0))
    return json_answer(_state(found))


def _state(found: AuditState) -> AuditLogState:
    cut = AuditCut(found.cut.seq, found.cut.at, found.cut.months) if found.cut else None
    faults = [AuditFault(one.seq, one.kind) for one in found.faults[:FAULTS_SHOWN]]
    return AuditLogState(
        "faulty" if found.faults else "whole", found.at, found.entries, found.first, found.covered, cut,
        found.cut_elsewhere, faults, len(found.faults),
    )  # fmt: skip


def _wanted(call: Call) -> Wanted:
    query = call.request.query
    texts = {name: query.get(name, "").strip() for name in ("who", "what", "record")}
    for name, text in texts.items():
        if len(text) > LONGEST_TEXT:
            raise BadBody(f"`{name}` has at most {LONGEST_TEXT} characters.", name)
    start, end = (_number(call, name, 0, 2**53) if name in query else None for name in ("from", "to"))
    return Wanted(**texts, start=start, end=end)


def _number(call: Call, name: str, default: int, most: int) -> int:
    given = call.request.query.get(name, str(default))
    if not (given.isascii() and given.isdigit() and len(given) < 17 and int(given) <= most):
        raise BadBody(f"`{name}` is a number up to {most}.", name)
    return int(given)


def _row(entry: Entry) -> AuditEntry:
    deed = entry.deed
    return AuditEntry(
        entry.seq, deed.at, deed.actor, deed.role, deed.action, deed.record, dict(deed.details), entry.digest
    )


_FILTERS = (
    Parameter("who", "Only of accounts whose name has this in it.", {"type": "string", "maxLength": LONGEST_TEXT}),
    Parameter("what", "Only this action.", {"type": "string", "maxLength": LONGEST_TEXT}),
    Parameter("record", "Only of records whose name has this in it.", {"type": "string", "maxLength": LONGEST_TEXT}),
    Parameter("from", "Only from this instant on, ms.", {"type": "integer", "minimum": 0}),
    Parameter("to", "Only before this instant, ms.", {"type": "integer", "minimum": 0}),
)  # fmt: skip
_PATH = "/api/v1/sites/{site}/audit"
OPERATIONS = (
    Operation(
        "getAudit", "GET", _PATH, "Who did what at a site, oldest first.", get_audit,
        {200: Answer("Entries of the audit log.", AuditEntries)}, Action.READ_AUDIT, tag="audit",
        parameters=(
            Parameter("after", "Only entries behind this number.", {"type": "integer", "minimum": 0}),
            Parameter("limit", "At most so many.", {"type": "integer", "minimum": 0, "maximum": MOST}),
        ),
    ),
    Operation(
        "getNewestAudit", "GET", _PATH + "/newest", "Who did what at a site, the last entries first.", get_newest,
        {200: Answer("A page of what fits.", NewestAuditEntries)}, Action.READ_AUDIT, tag="audit",
        parameters=(
            *_FILTERS,
            Parameter("before", "What `next` said.", {"type": "string", "pattern": _PLACE}),
            Parameter("limit", "At most so many.", {"type": "integer", "minimum": 1, "maximum": MOST}),
        ),
    ),
    Operation(
        "getAuditCsv", "GET", _PATH + ".csv", "What fits as a CSV file, oldest first.", get_csv,
        {200: Answer("UTF-8 with a header row; times in UTC.", {"type": "string"}, CSV)}, Action.READ_AUDIT,
        tag="audit", parameters=_FILTERS,
    ),
    Operation(
        "getAuditState", "GET", _PATH + "/state",
        "Whether the log is whole, as far as this server can say; looked at once in ten minutes at most.", get_state,
        {200: Answer("What it found.", AuditLogState)}, Action.READ_AUDIT, tag="audit",
    ),
)  # fmt: skip
