"""The tables of the data protection report: what exists by rule and age, what was erased by rule and month.

Every cell counts conversations. Small ones are left out, and others with them, so that they can't be computed from the
rest of their table (`domain/suppression.py`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from chatsvc.domain.retained import Went
from chatsvc.domain.retention import DAY_MS, KINDS, Fate, Kind
from chatsvc.domain.suppression import FEW, Leaf, hide

Age = Literal["week", "month", "quarter", "year", "older"]
AGES: tuple[Age, ...] = ("week", "month", "quarter", "year", "older")
_UNTIL: Mapping[Age, int] = {
    "week": 7 * DAY_MS, "month": 31 * DAY_MS, "quarter": 92 * DAY_MS, "year": 366 * DAY_MS,
}  # fmt: skip
# What decides over a kind: a rule, that no rule names it, the visitor's wish, a legal hold.
Why = Literal["rule", "no_rule", "wish", "hold"]


class By(NamedTuple):
    """What decides when a kind goes, or decided it; `rule` is the rule's name, else empty."""

    why: Why
    rule: str = ""


class Place(NamedTuple):
    """Where one kind of a conversation stands in a table."""

    kind: Kind
    by: By
    column: str


Profile = tuple[Place, ...]  # of one conversation: a place for each kind that the table counts


@dataclass(frozen=True, slots=True)
class TableRow:
    """A kind and what decides over it, or the sum of all that do (None). A cell that is None is left out."""

    kind: Kind
    by: By | None
    cells: Mapping[str, int | None]
    total: int | None


def age(ended: int, now: int) -> Age:
    """How old a conversation is that ended then (ms): at most 7, 31, 92 or 366 days, or older."""
    return next((name for name, ms in _UNTIL.items() if now - ended <= ms), "older")


def decides(fate: Fate) -> By:
    """What decides over a kind that is still there."""
    if fate.held:
        return By("hold")
    if fate.reason == "wish":
        return By("wish")
    return By("rule", fate.rule) if fate.rule else By("no_rule")


def decided(went: Went) -> By:
    """What decided over a kind that is gone. A site with no rules at all says of it what it says of a wish."""
    return By("rule", went.rule) if went.rule else By("no_rule" if went.version else "wish")


def table(profiles: Mapping[Profile, int], columns: Sequence[str], *, rests: bool = False) -> list[TableRow]:
    """Conversations by kind, by what decides, and by column; small numbers left out.

    With `rests` what a kind lacks of the record's number is taken for a cell too: it says of how many the text is gone
    although their record is there.
    """
    leaves: dict[Leaf[Profile], int] = {(profile, ""): number for profile, number in profiles.items()}
    values: Counter[_Cell] = Counter()
    for (profile, _), number in leaves.items():
        for cell in _cells(profile, rests=rests):
            values[cell] += number
    hidden = hide(leaves, lambda leaf: _cells(leaf[0], rests=rests))

    def shown(kind: Kind, by: By | None, column: str) -> int | None:
        cell = kind, by, column
        return None if cell in hidden else values[cell]

    found = {(place.kind, place.by) for profile in profiles for place in profile}
    return [
        TableRow(kind, by, {column: shown(kind, by, column) for column in columns}, shown(kind, by, ""))
        for kind in KINDS
        for by in (None, *sorted(by for of, by in found if of == kind))
    ]


_Cell = tuple[str, By | None, str]


def _cells(profile: Profile, *, rests: bool) -> list[_Cell]:
    """The cells that a conversation counts in: its row and its kind's sum, each in its column and in all ("")."""
    found: list[_Cell] = [
        (place.kind, by, column)
        for place in profile
        for by in (place.by, None)
        for column in (place.column, "")
    ]
    return [*found, *_rests(profile)] if rests else found


def _rests(profile: Profile) -> Iterator[_Cell]:
    there = {place.kind for place in profile}
    for place in profile:
        if place.kind == "record":
            for kind in KINDS:
                if kind not in there:
                    yield f"without {kind}", None, place.column
                    yield f"without {kind}", None, ""


def counted(rows: Iterable[tuple[str, str]], columns: Sequence[str]) -> dict[str, dict[str, int | None]]:
    """How many rows have each name in each column, and in all (""); small numbers left out."""
    leaves = {((name, column), ""): number for (name, column), number in Counter(rows).items()}

    def cells_of(leaf: Leaf[tuple[str, str]]) -> list[tuple[str, str]]:
        (name, column), _ = leaf
        return [(name, column), (name, ""), ("", column), ("", "")]

    values: Counter[tuple[str, str]] = Counter()
    for leaf, number in leaves.items():
        for cell in cells_of(leaf):
            values[cell] += number
    hidden = hide(leaves, cells_of)
    names = ["", *sorted({name for (name, _), _ in leaves})]
    return {
        name: {
            column: None if (name, column) in hidden else values[name, column] for column in (*columns, "")
        }
        for name in names
    }


def shown(number: int) -> int | None:
    """A number that stands by itself, or None if it is small."""
    return None if 0 < number < FEW else number
