"""What the plan's operations take and give. Instants are ms since the epoch; local times are those of Finland."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from chatsvc.domain.hours import DAYS
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
HoursValue = Annotated[
    Any,
    Meta(
        extra_json_schema={"anyOf": [{"const": "always"}, _WEEK], "examples": [{"mon-fri": ["9:00-15:00"]}]}
    ),
]


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """When a queue is meant to be open."""

    hours: HoursValue


class Holiday(Struct, frozen=True):
    """A day off."""

    date: str
    names: Texts


class Holidays(Struct, frozen=True):
    """The public holidays of Finland in a year, the eves of Christmas and Midsummer included."""

    year: int
    holidays: list[Holiday]
