"""The API of the audit log: a site's entries, for those who audit it."""

from collections.abc import Mapping
from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from chatsvc.domain.audit import Entry
from chatsvc.domain.permissions import Action
from chatsvc.web.operations import AUDIT, Answer, BadBody, Call, Operation, Parameter, json_answer

MOST = 500


class AuditEntry(Struct, frozen=True):
    """Who did what to which record. `at` is ms; `digest` covers the entry and all before it."""

    seq: Annotated[int, Meta(ge=1)]
    at: int
    actor: str
    role: str
    action: str
    record: str
    details: Mapping[str, str | int | bool]
    digest: str


class AuditEntries(Struct, frozen=True):
    """Entries, oldest first, and how many there are in all."""

    entries: list[AuditEntry]
    total: int


async def get_audit(call: Call) -> web.Response:
    """A page of the log."""
    log = call.request.app[AUDIT].log
    after, limit = _number(call, "after", 0, 2**53), _number(call, "limit", 100, MOST)
    found = await log.entries(call.site.id, after, limit)
    head = await log.head(call.site.id)
    return json_answer(AuditEntries([_row(entry) for entry in found], head.seq))


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


OPERATIONS = (
    Operation(
        "getAudit", "GET", "/api/v1/sites/{site}/audit", "Who did what at a site.", get_audit,
        {200: Answer("Entries of the audit log.", AuditEntries)}, Action.READ_AUDIT, tag="audit",
        parameters=(
            Parameter("after", "Only entries behind this number.", {"type": "integer", "minimum": 0}),
            Parameter("limit", "At most so many.", {"type": "integer", "minimum": 0, "maximum": MOST}),
        ),
    ),
)  # fmt: skip
