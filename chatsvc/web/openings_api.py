"""The API of openings: who has read what was said, told to those who answer for the site."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from chatsvc.domain.audit import Entry
from chatsvc.domain.permissions import Action
from chatsvc.services.openings import openings, see_openings
from chatsvc.web.operations import (
    AUDIT,
    SAID,
    Answer,
    BadBody,
    Call,
    Operation,
    Parameter,
    json_answer,
    read_body,
)

MOST = 200


class Opening(Struct, frozen=True):
    """Who opened what, when (ms). `own`: a conversation in which they took part; else one of a supervisor's queue.

    `further`: a further part of a long one. `reason`: what they wrote, for those who may read the audit log.
    """

    seq: int
    at: int
    who: str
    role: str
    conversation: str
    queue: str
    own: bool
    further: bool
    reason: str | None
    new: bool


class OpeningsShown(Struct, frozen=True):
    """The last openings, the last one first; `new` is how many whoever asks has not looked at, `more`: or more.

    `through` is what `seeOpenings` takes for all of these.
    """

    openings: list[Opening]
    new: int
    more: bool
    through: int


class OpeningsSeen(Struct, frozen=True, forbid_unknown_fields=True):
    """Up to which entry of the audit log somebody has looked."""

    through: Annotated[int, Meta(ge=0, le=2**53)]


async def get_openings(call: Call) -> web.Response:
    """Those of late, and how many are new."""
    given = call.request.query.get("limit", "50")
    if not (given.isascii() and given.isdigit() and len(given) < 5 and int(given) <= MOST):
        raise BadBody(f"`limit` is a number up to {MOST}.", "limit")
    found = await openings(call.request.app[AUDIT].log, call.site.id, call.staff.id, int(given))
    rows = [_row(call, entry, found.seen) for entry in found.entries]
    return json_answer(OpeningsShown(rows, found.new, found.more, found.through))


async def post_seen(call: Call) -> web.Response:
    """They have looked."""
    body = await read_body(call.request, OpeningsSeen)
    log = call.request.app[AUDIT].log
    through = await see_openings(log, call.site.id, call.staff.id, body.through)
    call.request[SAID] = {"through": str(through)}
    return json_answer(OpeningsSeen(through))


def _row(call: Call, entry: Entry, seen: int) -> Opening:
    deed = entry.deed
    return Opening(
        entry.seq, deed.at, deed.actor, deed.role, deed.record, str(deed.details.get("queue", "")).partition("/")[2],
        deed.role == "counsellor", "after" in deed.details,
        str(deed.details.get("reason", "")) if call.may(Action.READ_AUDIT) else None, entry.seq > seen,
    )  # fmt: skip


_PATH = "/api/v1/sites/{site}/openings"
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getOpenings", "GET", _PATH, "Who has read what was said, and how much of that is new to whoever asks.",
        get_openings, {200: Answer("The last ones.", OpeningsShown)}, Action.READ_OPENINGS, tag="audit",
        parameters=(Parameter("limit", "At most so many.", {"type": "integer", "minimum": 0, "maximum": MOST}),),
    ),
    Operation(
        "seeOpenings", "POST", _PATH + "/seen", "Note that whoever asks has looked at the openings.", post_seen,
        {200: Answer("Up to which entry they have.", OpeningsSeen)}, Action.READ_OPENINGS, body=OpeningsSeen,
        tag="audit",
    ),
)  # fmt: skip
