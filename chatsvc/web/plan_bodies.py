"""What the plan's operations take and give. Instants are ms since the epoch; local times are those of Finland."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from chatsvc.domain.hours import DAYS
from chatsvc.domain.sites import Role
from chatsvc.services.drafts import WALL
from chatsvc.web.frames import Texts

_PERIODS = {
    "type": "array",
    "maxItems": 12,
    "items": {"type": "string", "examples": ["9:00-15:00", "22:00-02:00"]},
}
_EXCEPTION = {
    "type": "object",
    "description": "Either `on`, or `from` and `to` (both included).",
    "properties": {
        "on": {"type": "string", "format": "date"},
        "from": {"type": "string", "format": "date"},
        "to": {"type": "string", "format": "date"},
        "hours": _PERIODS,
        "names": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["hours"],
    "additionalProperties": False,
}
_WEEK = {
    "type": "object",
    "description": "As in the file for `chatsvc apply`: days or ranges of days such as `mon-fri`.",
    "properties": {
        **dict.fromkeys(DAYS, _PERIODS),
        "holidays": {"anyOf": [{"enum": ["closed", "as usual", "as on sunday"]}, _PERIODS]},
        "exception": {"type": "array", "maxItems": 500, "items": _EXCEPTION},
    },
    "patternProperties": {f"^({'|'.join(DAYS)})-({'|'.join(DAYS)})$": _PERIODS},
    "additionalProperties": False,
}
_SOME_HOURS = [{"const": "always"}, _WEEK]
HoursValue = Annotated[
    Any, Meta(extra_json_schema={"anyOf": _SOME_HOURS, "examples": [{"mon-fri": ["9:00-15:00"]}]})
]
OptionalHours = Annotated[Any, Meta(extra_json_schema={"anyOf": [*_SOME_HOURS, {"type": "null"}]})]


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """When a queue is meant to be open."""

    hours: HoursValue


class Holiday(Struct, frozen=True):
    """A day off."""

    date: str
    names: Texts


class Holidays(Struct, frozen=True):
    """The public holidays of Finland in a year, the eves of Christmas and Midsummer included.

    There are no names in the Sámi languages: `named_in` says for each language of a site which name to show in it, and
    so what `lang` the page gives it.
    """

    year: int
    named_in: dict[str, str]
    holidays: list[Holiday]


Wall = Annotated[str, Meta(pattern=WALL, description="Local time in Finland.", examples=["2026-11-23T09:00"])]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Names = Annotated[list[Name], Meta(min_length=1, max_length=50)]
Rule = Annotated[
    str,
    Meta(max_length=300, description="RFC 5545 RRULE; empty: once.", examples=["FREQ=WEEKLY;BYDAY=MO,WE"]),
]


class ShiftOverride(Struct, frozen=True, forbid_unknown_fields=True):
    """One occurrence unlike the others; `of` is the start that the rule gives. Left out: as in the shift."""

    of: Wall
    start: Wall
    end: Wall
    staff: Name | None = None
    queues: Names | None = None


class Shift(Struct, frozen=True, forbid_unknown_fields=True):
    """A planned time of one counsellor in queues of the site, once or by a rule."""

    staff: Name
    queues: Names
    start: Wall
    end: Wall
    rule: Rule = ""
    exdates: Annotated[list[Wall], Meta(max_length=500)] = []
    overrides: Annotated[list[ShiftOverride], Meta(max_length=500)] = []


class KnownShift(Struct, frozen=True):
    """A shift with its id; `sequence` counts its changes."""

    id: str
    sequence: int
    shift: Shift


class OutsideHours(Struct, frozen=True):
    """Planned time outside of a queue's hours, which no visitor can reach (ms). `of` names the occurrence."""

    shift: str
    of: str
    queue: str
    start: int
    end: int


class OccurrenceName(Struct, frozen=True, forbid_unknown_fields=True):
    """One time of a shift: the local start that the shift's rule gives names it for good."""

    shift: Name
    of: Wall


class Swap(Struct, frozen=True):
    """One wish to swap. Times are ms; `decided_at` is 0 before the first step.

    `lapsed` says why one that nobody has decided can't be made any more, as things are.
    """

    id: str
    asker: str
    colleague: str
    gives: OccurrenceName
    takes: OccurrenceName | None
    state: Literal["asked", "agreed", "approved", "refused", "withdrawn"]
    asked_at: int
    decided_at: int
    decided_by: str | None
    lapsed: Literal["gone", "not_theirs", "begun", "not_served"] | None = None


class SwapTouched(Struct, frozen=True):
    """A swap whose time a change alters: it can't be made any more if `ends`, else it holds at the new time."""

    swap: Swap
    ends: bool


class Remark(Struct, frozen=True):
    """What in a shift comes to nothing, although it can be saved: `message` says what, when, and what to do about it.

    `no_such_start`: an exception at `of` meets no start of its series. `hour_skipped`: the time at `of` lies wholly in
    the hour that the clocks skip in spring. Of a calendar file, `place` and `line` say where.
    """

    code: Literal["no_such_start", "hour_skipped"]
    shift: str
    of: Wall
    message: str
    place: str
    line: int | None


class ShiftSaved(Struct, frozen=True):
    """A shift as it is kept now, or as it would be, with what is worth a warning."""

    version: int
    saved: bool
    shift: KnownShift
    warnings: list[OutsideHours]
    swaps: list[SwapTouched]
    remarks: list[Remark]


class ShiftRemoved(Struct, frozen=True):
    """What removing a shift, or its times from one on, would do to swaps."""

    version: int
    swaps: list[SwapTouched]


class Broken(Struct, frozen=True):
    """Something of a shift that is not possible any more, such as a queue that is gone."""

    shift: str
    field: str
    message: str


class Shifts(Struct, frozen=True):
    """A site's shifts as they are written; `broken` says what is not possible any more."""

    version: int
    shifts: list[KnownShift]
    broken: list[Broken]


class Occurrence(Struct, frozen=True):
    """One time of a shift after swaps and absences; `of` is the local start that its rule gives."""

    shift: str
    of: str
    staff: str
    alias: str
    queues: list[str]
    start: int
    end: int


class Overlap(Struct, frozen=True):
    """One person planned twice at once, which happens only when what was planned has changed elsewhere."""

    staff: str
    shifts: list[str]
    start: int
    end: int


class Roster(Struct, frozen=True):
    """Who is planned at a site between two instants; `void` are approved swaps that can't be made any more."""

    version: int
    start: int
    end: int
    occurrences: list[Occurrence]
    overlaps: list[Overlap]
    void: list[str]


class Absence(Struct, frozen=True, forbid_unknown_fields=True):
    """A time in which a counsellor doesn't work, whatever is planned. It has no reason."""

    staff: Name
    start: Wall
    end: Wall


class KnownAbsence(Struct, frozen=True):
    """An absence with its id."""

    id: str
    absence: Absence


class AbsenceSaved(Struct, frozen=True):
    """An absence as it is kept now."""

    version: int
    absence: KnownAbsence


class Absences(Struct, frozen=True):
    """A site's absences; to a counsellor only their own."""

    version: int
    absences: list[KnownAbsence]


class Minimum(Struct, frozen=True, forbid_unknown_fields=True):
    """How many must be planned at least. Without `hours`: whenever the queue is open."""

    least: Annotated[int, Meta(ge=1, le=100)]
    hours: OptionalHours = None


class Minima(Struct, frozen=True, forbid_unknown_fields=True):
    """The required minima of a queue; where several hold at once, the largest counts."""

    minima: Annotated[list[Minimum], Meta(max_length=20)]


class Cover(Struct, frozen=True):
    """A stretch within one hour in which planned and required numbers stay the same; instants in ms."""

    queue: str
    start: int
    end: int
    required: int
    planned: int
    missing: int


class MissingHours(Struct, frozen=True):
    """How many hours of counsellors a queue is short of."""

    queue: str
    hours: float


class Coverage(Struct, frozen=True):
    """Planned beside required, wherever anybody is required."""

    version: int
    start: int
    end: int
    covers: list[Cover]
    missing: list[MissingHours]


class LatePerson(Struct, frozen=True):
    """Somebody on shift who is not on duty since `since`; `until` is when the shift ends, ms."""

    staff: str
    alias: str
    queues: list[str]
    since: int
    until: int


class LatePeople(Struct, frozen=True):
    """Who is on shift and has not been on duty for `after_ms` or longer; the longest first."""

    now: int
    after_ms: int
    late: list[LatePerson]


class SwapAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """What a counsellor wants somebody else to work, and what they would work instead, if anything."""

    colleague: Name
    gives: OccurrenceName
    takes: OccurrenceName | None = None


class SwapSaved(Struct, frozen=True):
    """A swap as it is now."""

    version: int
    swap: Swap


class Swaps(Struct, frozen=True):
    """A site's swaps, the newest first; to a counsellor those that they have a part in."""

    version: int
    swaps: list[Swap]


class ImportedPlan(Struct, frozen=True):
    """What a calendar file was read as, or would be."""

    version: int
    saved: bool
    shifts: list[KnownShift]
    absences: list[KnownAbsence]
    warnings: list[OutsideHours]
    remarks: list[Remark]


class Planned(Struct, frozen=True):
    """Somebody who can be planned: the queues of the site that they serve, the languages that they speak."""

    id: str
    alias: str
    role: Role
    queues: list[str]
    languages: list[str]


class SiteStaff(Struct, frozen=True):
    """Who can be planned at a site, by alias."""

    staff: list[Planned]


class FeedAddress(Struct, frozen=True):
    """A private address, shown only now: whoever knows it sees when the person works."""

    url: str
    created_at: int


class FeedState(Struct, frozen=True):
    """Whether there is an address, and since when (ms); the address itself can't be shown again."""

    created_at: int | None
