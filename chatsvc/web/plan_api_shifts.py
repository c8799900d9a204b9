"""The API of the plan: shifts, absences, and the roster that they come to."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec
from aiohttp import web

from chatsvc.domain import roster as rosters
from chatsvc.domain import shifts
from chatsvc.domain.errors import NotFound
from chatsvc.domain.hours import instant, local_day
from chatsvc.domain.permissions import Action
from chatsvc.domain.plan import Edit
from chatsvc.domain.shifts import ShiftId, shift_problems
from chatsvc.services.drafts import WALL, OverrideDraft, ShiftDraft, new_id
from chatsvc.services.plan_changes import (
    parted,
    put_absence,
    put_following,
    put_shift,
    remove_absence,
    remove_shift,
)
from chatsvc.services.planning import Changed, known
from chatsvc.web import plan_bodies as bodies
from chatsvc.web.operations import (
    Answer,
    BadBody,
    Call,
    Operation,
    Parameter,
    json_answer,
    queue_names,
    read_body,
)
from chatsvc.web.plan_api_swaps import shown_swap

LONGEST_WINDOW_MS = 62 * 86_400_000
_MOST_MS = 4_102_444_800_000  # 2100
_INSTANT = {"type": "integer", "minimum": 0, "maximum": _MOST_MS}
WINDOW = (
    Parameter("from", "The first instant, ms; this week's Monday if left out.", _INSTANT),
    Parameter("to", "The end, ms, at most 62 days later; a week later if left out.", _INSTANT),
)
_DRY_RUN = Parameter(
    "dry_run", "`true`: nothing is saved, only what would be is told.", {"enum": ["true", "false"]}
)
_FOLLOWING = Parameter(
    "following", "The start of one of its times, as its rule gives it: that time and all later ones, the others not.",
    {"type": "string", "pattern": WALL, "examples": ["2026-11-23T09:00"]},
)  # fmt: skip
_WALL = "%Y-%m-%dT%H:%M"


def window(call: Call) -> tuple[int, int]:
    """The instants of the query, or this week's. Raises BadBody."""
    query = call.request.query
    today = local_day(call.planning.now)
    monday = today - timedelta(days=today.weekday())
    start = _instant(query.get("from"), "from", instant(monday, 0))
    following = instant(local_day(start) + timedelta(days=7), 0)
    end = _instant(query.get("to"), "to", following)
    if not start < end <= start + LONGEST_WINDOW_MS:
        raise BadBody("`to` is later than `from`, by at most 62 days.", "to")
    return start, end


def _instant(given: str | None, name: str, otherwise: int) -> int:
    if given is None:
        return otherwise
    if not (given.isascii() and given.isdigit() and len(given) <= 13 and int(given) <= _MOST_MS):
        raise BadBody(f"`{name}` is an instant in ms since the epoch.", name)
    return int(given)


def dry_run(call: Call) -> bool:
    """Whether nothing shall be saved. Raises BadBody."""
    given = call.request.query.get("dry_run", "false")
    if given not in ("true", "false"):
        raise BadBody("`dry_run` is true or false.", "dry_run")
    return given == "true"


def _wall(value: object) -> str:
    return f"{value:{_WALL}}"


def known_shift(shift: shifts.Shift) -> bodies.KnownShift:
    """A shift as the wire shows it."""
    overrides = [
        bodies.ShiftOverride(
            _wall(one.of), _wall(one.start), _wall(one.end), one.staff,
            None if one.queues is None else queue_names(one.queues),
        )
        for one in shift.overrides
    ]  # fmt: skip
    body = bodies.Shift(
        shift.staff, queue_names(shift.queues), _wall(shift.start), _wall(shift.end), shift.rule,
        [_wall(one) for one in shift.exdates], overrides,
    )  # fmt: skip
    return bodies.KnownShift(shift.id, shift.sequence, body)


def outside(changed: Changed) -> list[bodies.OutsideHours]:
    """Warnings as the wire shows them."""
    return [
        bodies.OutsideHours(
            one.occurrence.shift, _wall(one.occurrence.of), one.queue.partition("/")[2], start, end
        )
        for one in changed.warnings
        for start, end in one.intervals
    ]


def remarks(changed: Changed) -> list[bodies.Remark]:
    """Remarks as the wire shows them."""
    return [
        bodies.Remark(one.code, one.shift, _wall(one.of), one.message, one.place, one.line)
        for one in changed.remarks
    ]


def _touched(changed: Changed) -> list[bodies.SwapTouched]:
    return [bodies.SwapTouched(shown_swap(one.swap), one.ends) for one in changed.swaps]


async def get_shifts(call: Call) -> web.Response:
    """The shifts as they are written."""
    plan = call.planning.plan.of(call.site.id)
    about = known(call.planning.declared)
    keys = about.queue_keys
    broken = [
        bodies.Broken(shift.id, problem.path.removeprefix(f"{shift.id}."), problem.message)
        for shift in plan.shifts.values()
        for problem in shift_problems(shift, keys, about.serves)
    ]
    found = [known_shift(shift) for shift in plan.shifts.values()]
    return json_answer(bodies.Shifts(plan.version, found, broken), tag=plan.version)


async def get_shift(call: Call) -> web.Response:
    """One shift, or what of it a change of some time and all later ones would begin with."""
    plan = call.planning.plan.of(call.site.id)
    shift = plan.shifts.get(ShiftId(call.request.match_info["shift"]))
    if shift is None:
        raise NotFound("There is no such shift at this site.")
    of = call.request.query.get("following")
    if of is not None:
        shift = parted(shift, of)[1]
    return json_answer(known_shift(shift), tag=plan.version)


async def post_shift(call: Call) -> web.Response:
    """A new shift."""
    return await _save_shift(call, new_id(), new=True)


async def put_known_shift(call: Call) -> web.Response:
    """A shift in place of the one with this id."""
    return await _save_shift(call, call.request.match_info["shift"], new=False)


async def _save_shift(call: Call, identifier: str, *, new: bool) -> web.Response:
    body = await read_body(call.request, bodies.Shift)
    fields = {name: getattr(body, name) for name in body.__struct_fields__}
    overrides = [OverrideDraft(**msgspec.structs.asdict(one)) for one in body.overrides]
    draft = ShiftDraft(**fields | {"overrides": overrides})
    only_looking = dry_run(call)
    of = call.request.query.get("following")
    if new or of is None:
        changed = await put_shift(
            call.planning, call.site, identifier, draft, new=new, version=call.version, dry_run=only_looking
        )
    else:
        changed = await put_following(
            call.planning, call.site, identifier, of, draft, version=call.version, dry_run=only_looking
        )
    row = changed.edits[0].row
    assert isinstance(row, shifts.Shift)
    saved = bodies.ShiftSaved(
        changed.version,
        not only_looking,
        known_shift(row),
        outside(changed),
        _touched(changed),
        remarks(changed),
    )
    return json_answer(saved, 201 if new and not only_looking else 200, changed.version)


async def delete_shift(call: Call) -> web.Response:
    """A shift that shall not be, with all its times or those from one on."""
    only_looking = dry_run(call)
    identifier, of = call.request.match_info["shift"], call.request.query.get("following")
    changed = await remove_shift(
        call.planning, call.site, identifier, of, version=call.version, dry_run=only_looking
    )
    if only_looking:
        return json_answer(bodies.ShiftRemoved(changed.version, _touched(changed)), tag=changed.version)
    return _gone(changed)


async def delete_absence(call: Call) -> web.Response:
    """An absence that shall not be."""
    identifier = call.request.match_info["absence"]
    return _gone(await remove_absence(call.planning, call.site, identifier, version=call.version))


def _gone(changed: Changed) -> web.Response:
    return web.Response(status=204, headers={"Cache-Control": "no-store", "ETag": f'"{changed.version}"'})


async def get_roster(call: Call) -> web.Response:
    """Who is planned when."""
    start, end = window(call)
    roster = await call.planning.roster(start, end)
    site, people = call.site, call.planning.declared.people
    own = [one for one in roster.occurrences if one.site == site.id]
    plan = call.planning.plan.of(site.id)
    found = bodies.Roster(
        plan.version, start, end,
        [
            bodies.Occurrence(
                one.shift, _wall(one.of), one.staff, people[one.staff].alias if one.staff in people else one.staff,
                queue_names(one.queues), one.start, one.end,
            )
            for one in own
        ],
        _overlaps(roster.occurrences, call), [one for one in roster.void if one in plan.swaps],
    )  # fmt: skip
    return json_answer(found, tag=plan.version)


def _overlaps(occurrences: Iterable[rosters.Occurrence], call: Call) -> list[bodies.Overlap]:
    return [
        bodies.Overlap(one.staff, [one.first.shift, one.second.shift], *one.interval)
        for one in rosters.overlaps(occurrences)
        if call.site.id in (one.first.site, one.second.site)
    ]


def known_absence(absence: shifts.Absence) -> bodies.KnownAbsence:
    """An absence as the wire shows it."""
    body = bodies.Absence(absence.staff, _wall(absence.start), _wall(absence.end))
    return bodies.KnownAbsence(absence.id, body)


async def get_absences(call: Call) -> web.Response:
    """The absences; to who may not read all, their own."""
    plan = call.planning.plan.of(call.site.id)
    everybody = call.may(Action.READ_ABSENCES)
    found = [known_absence(one) for one in plan.absences.values() if everybody or one.staff == call.staff.id]
    return json_answer(bodies.Absences(plan.version, found), tag=plan.version)


async def post_absence(call: Call) -> web.Response:
    """A new absence."""
    return await _save_absence(call, new_id(), new=True)


async def put_known_absence(call: Call) -> web.Response:
    """An absence in place of the one with this id."""
    return await _save_absence(call, call.request.match_info["absence"], new=False)


async def _save_absence(call: Call, identifier: str, *, new: bool) -> web.Response:
    body = await read_body(call.request, bodies.Absence)
    times = body.staff, body.start, body.end
    changed = await put_absence(call.planning, call.site, identifier, times, new=new, version=call.version)
    return json_answer(
        _saved_absence(changed.edits[0], changed.version), 201 if new else 200, changed.version
    )


def _saved_absence(edit: Edit, version: int) -> bodies.AbsenceSaved:
    assert isinstance(edit.row, shifts.Absence)
    return bodies.AbsenceSaved(version, known_absence(edit.row))


_SHIFTS, _ABSENCES = "/api/v1/sites/{site}/shifts", "/api/v1/sites/{site}/absences"
_GONE = {204: Answer("It is removed.", tagged=True)}
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getRoster", "GET", "/api/v1/sites/{site}/roster", "Who is planned when, after swaps and absences.", get_roster,
        {200: Answer("In order of time.", bodies.Roster, tagged=True)}, Action.READ_SHIFTS, parameters=WINDOW,
        errors=frozenset({422}),
    ),
    Operation(
        "getShifts", "GET", _SHIFTS, "The shifts as they are written.", get_shifts,
        {200: Answer("Every shift of the site.", bodies.Shifts, tagged=True)}, Action.READ_SHIFTS,
    ),
    Operation(
        "postShift", "POST", _SHIFTS, "Plan a shift, or see what it would collide with.", post_shift,
        {
            200: Answer("It could be planned.", bodies.ShiftSaved, tagged=True),
            201: Answer("It is planned.", bodies.ShiftSaved, tagged=True),
        },
        Action.CHANGE_SHIFTS, body=bodies.Shift, parameters=(_DRY_RUN,), errors=frozenset({429}),
    ),
    Operation(
        "getShift", "GET", _SHIFTS + "/{shift}", "One shift, or how it goes on from one of its times.", get_shift,
        {200: Answer("The shift.", bodies.KnownShift, tagged=True)}, Action.READ_SHIFTS, parameters=(_FOLLOWING,),
        errors=frozenset({422}),
    ),
    Operation(
        "putShift", "PUT", _SHIFTS + "/{shift}", "Change a shift, or see what it would collide with.", put_known_shift,
        {200: Answer("It is changed, or could be.", bodies.ShiftSaved, tagged=True)},
        Action.CHANGE_SHIFTS, body=bodies.Shift, parameters=(_DRY_RUN, _FOLLOWING), versioned=True,
        errors=frozenset({429}),
    ),
    Operation(
        "deleteShift", "DELETE", _SHIFTS + "/{shift}", "Remove a shift, or see which swaps that would end.",
        delete_shift, {200: Answer("It could be removed.", bodies.ShiftRemoved, tagged=True), **_GONE},
        Action.CHANGE_SHIFTS, parameters=(_DRY_RUN, _FOLLOWING), versioned=True, errors=frozenset({422, 429}),
    ),
    Operation(
        "getAbsences", "GET", _ABSENCES, "Who is away when.", get_absences,
        {200: Answer("To a counsellor their own only.", bodies.Absences, tagged=True)}, Action.READ_OWN_ABSENCES,
    ),
    Operation(
        "postAbsence", "POST", _ABSENCES, "Note that somebody is away.", post_absence,
        {201: Answer("It is noted.", bodies.AbsenceSaved, tagged=True)},
        Action.CHANGE_ABSENCES, body=bodies.Absence, errors=frozenset({429}),
    ),
    Operation(
        "putAbsence", "PUT", _ABSENCES + "/{absence}", "Change an absence.", put_known_absence,
        {200: Answer("It is changed.", bodies.AbsenceSaved, tagged=True)},
        Action.CHANGE_ABSENCES, body=bodies.Absence, versioned=True, errors=frozenset({429}),
    ),
    Operation(
        "deleteAbsence", "DELETE", _ABSENCES + "/{absence}", "Remove an absence.", delete_absence, _GONE,
        Action.CHANGE_ABSENCES, versioned=True, errors=frozenset({422, 429}),
    ),
)  # fmt: skip
