"""The API of legal holds: asked for by one person, confirmed by another, and released likewise."""

from aiohttp import web

from chatsvc.domain import holds
from chatsvc.domain.errors import BadField, NotFound
from chatsvc.domain.permissions import Action
from chatsvc.domain.retained import Held, Look
from chatsvc.domain.retention import KINDS
from chatsvc.domain.transcripts import written_reason
from chatsvc.services.holds import Change, change_hold, find
from chatsvc.services.transcripts import Shelf
from chatsvc.web import transcript_bodies as bodies
from chatsvc.web.operations import SAID, Answer, BadBody, Call, Operation, Parameter, json_answer, read_body
from chatsvc.web.transcripts_api import shelves

STEPS = ("ask", "confirm", "release")


async def get_holds(call: Call) -> web.Response:
    """The holds of the site; for a supervisor of some queues those on records of these."""
    rows = [row for shelf in shelves(call) for row in await _of(shelf, call)]
    return json_answer(bodies.Holds(sorted(rows, key=lambda row: (-row.asked_at, row.conversation))))


async def _of(shelf: Shelf, call: Call) -> list[bodies.Hold]:
    looks = await shelf.store.look(list(await shelf.store.holds()))
    return [_shown(look, look.hold) for look in looks if look.hold is not None and _concerns(call, look)]


def _concerns(call: Call, look: Look) -> bool:
    """Whether a conversation is one of the site, and of whoever asks."""
    record = look.record
    return (
        record is not None and record.site == call.site.id and holds.sees_holds_of(call.staff, record.queue)
    )


async def post_hold(call: Call) -> web.Response:
    """One step, by whoever is signed in."""
    step, conversation = call.request.match_info["step"], call.request.match_info["conversation"]
    if step not in STEPS:
        raise NotFound("A hold has the steps ask, confirm and release.")
    body = await read_body(call.request, bodies.HoldAsked)
    store, look = await find([shelf.store for shelf in shelves(call)], conversation)
    if not _concerns(call, look):
        raise NotFound(
            f"There is no conversation {conversation} at this site, or it is not one of your queues; it may be erased."
        )
    change, said = _change(call, step, body.reason)
    after = await change_hold(store, look, change, call.planning.now)
    call.request[SAID] = said
    left = [kind for kind in KINDS if kind not in look.kept.gone]
    return json_answer(bodies.HoldStepped(None if after is None else _shown(look, after), left))


def _change(call: Call, step: str, written: str) -> tuple[Change, dict[str, str]]:
    """What the step makes of a hold, and what of it goes into the audit log. Raises BadBody."""
    who, now = call.staff.id, call.planning.now
    if step == "confirm":
        return (lambda present: holds.confirm(present, who, now)), {}
    try:
        reason = written_reason(written)
    except BadField as error:
        raise BadBody(str(error), "reason") from None
    take = holds.ask if step == "ask" else holds.ask_release

    def change(present: Held | None) -> Held | None:
        return take(present, who, reason, now)

    return change, {"reason": reason}


def _shown(look: Look, held: Held) -> bodies.Hold:
    record = look.record
    assert record is not None
    return bodies.Hold(
        look.id, record.queue.partition("/")[2], record.ended, held.holds, held.reason, held.asked_by, held.asked_at,
        held.confirmed_by, held.confirmed_at, held.release_reason, held.release_asked_by, held.release_asked_at,
        look.kept.wish,
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getHolds", "GET", "/api/v1/sites/{site}/holds",
        "The legal holds of a site; of some queues for their supervisor.",
        get_holds,
        {200: Answer("The latest first.", bodies.Holds)}, Action.READ_HOLDS, tag="transcripts",
    ),
    Operation(
        "stepHold", "POST", "/api/v1/sites/{site}/conversations/{conversation}/hold/{step}",
        "Ask for a hold or for its release, or confirm what somebody else has asked for.", post_hold,
        {200: Answer("So it is.", bodies.HoldStepped)}, Action.CHANGE_HOLDS, body=bodies.HoldAsked,
        tag="transcripts", errors=frozenset({409}),
        parameters=(Parameter("step", "What happens to it.", {"enum": list(STEPS)}, "path", required=True),),
    ),
)  # fmt: skip
