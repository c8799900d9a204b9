"""The tables of the data protection report: what exists by rule and age, what was erased by rule and month.

Every cell counts conversations. Small ones are left out, and others with them, so that they can't be computed from
anything else in the report (`domain/suppression.py`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from chatsvc.domain.retained import Went
from chatsvc.domain.retention import DAY_MS, KINDS, Fate, Kind
from chatsvc.domain.suppression import Leaf, hide

Age = Literal["week", "month", "quarter", "year", "older"]
AGES: tuple[Age, ...] = ("week", "month", "quarter", "year", "older")
_UNTIL: Mapping[Age, int] = {
    "week": 7 * DAY_MS, "month": 31 * DAY_MS, "quarter": 92 * DAY_MS, "year": 366 * DAY_MS,
}  # fmt: skip
# What decides over a kind: a rule, that no rule names it, the visitor's wish, a legal hold.
Why = Literal["rule", "no_rule", "wish", "hold"]
Hold = Literal["held", "asked"]


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


class Life(NamedTuple):
    """All that the report says of one conversation: what of it is there, what went, and its hold."""

    exists: Profile = ()
    erased: Profile = ()
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """What exists and what was erased, and how many holds are in force and asked for; None is left out."""

    exists: Sequence[TableRow]
    erased: Sequence[TableRow]
    held: int | None
    asked: int | None


def tables(lives: Mapping[Life, int], ages: Sequence[str], months: Sequence[str]) -> Tables:
    """Conversations by kind, by what decides, and by age or month; small numbers left out of all parts together.

    What a reader gets by subtraction is taken for a cell too: of how many one kind is gone while another is there.
    """
    counts: Counter[_Cell] = Counter()
    numbers: dict[_Cell, int] = {}  # cells are compared very often, and numbers fast
    of: dict[Leaf[Life], list[int]] = {}
    for life, number in lives.items():
        cells = list(_cells(life))
        counts.update(dict.fromkeys(cells, number))
        of[life, ""] = [numbers.setdefault(cell, len(numbers)) for cell in cells]
    hidden = hide({leaf: lives[leaf[0]] for leaf in of}, of.__getitem__, present=True)

    def shown(*cell: *_Cell) -> int | None:
        return None if numbers.get(cell) in hidden else counts[cell]

    def rows(part: Part, columns: Sequence[str]) -> list[TableRow]:
        found = {(kind, by) for of_part, kind, by, _ in counts if of_part == part}
        return [
            TableRow(
                kind, by, {column: shown(part, kind, by, column) for column in columns}, shown(part, kind, by, "")
            )
            for kind in KINDS
            for by in (None, *sorted(by for of_kind, by in found if of_kind == kind and by is not None))
        ]  # fmt: skip

    holds = {hold: shown("holds", hold, None, "") for hold in get_args(Hold)}
    return Tables(rows("exists", ages), rows("erased", months), holds["held"], holds["asked"])


Part = Literal["all", "exists", "erased", "holds", "rest"]
_Cell = tuple[Part, str, By | None, str]


def _cells(life: Life) -> Iterator[_Cell]:
    """The cells that a conversation counts in: its rows and its kinds' sums, each in its column and in all ("")."""
    yield "all", "", None, ""  # the statistics tell how many there were
    parts: tuple[tuple[Part, Profile], ...] = ("exists", life.exists), ("erased", life.erased)
    for part, profile in parts:
        for place in profile:
            for by in (place.by, None):
                yield part, place.kind, by, place.column
                yield part, place.kind, by, ""
    if life.hold:
        yield "holds", life.hold, None, ""
    yield from _rests(life)


def _rests(life: Life) -> Iterator[_Cell]:
    """Differences of nested numbers: what is gone of what is there, and holds of conversations that go on."""
    if life.hold and not life.exists:
        yield "rest", f"{life.hold} going on", None, ""
    there = {place.kind for place in life.exists}
    for place in life.exists:
        for kind in KINDS:
            if kind not in there:
                for by in (place.by, None) if place.kind == "record" else (None,):
                    yield "rest", f"{place.kind} without {kind}", by, place.column
                    yield "rest", f"{place.kind} without {kind}", by, ""
    if there:  # of those whose record went too, the row of the record tells
        for place in life.erased:
            yield "rest", f"{place.kind} gone before the record", None, place.column


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
    hidden = hide(leaves, cells_of, present=True)
    names = ["", *sorted({name for (name, _), _ in leaves})]
    return {
        name: {
            column: None if (name, column) in hidden else values[name, column] for column in (*columns, "")
        }
        for name in names
    }
