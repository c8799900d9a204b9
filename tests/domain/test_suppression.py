"""What is left out of tables can't be computed from what is in them: an attacker tries everything."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsvc.domain.statistics import COLUMNS, DAY_COLUMNS, PARTS, MonthTable, Tally, month_table
from chatsvc.domain.suppression import FEW, Leaf, hide

Line = tuple[str, ...]
Cell = tuple[str, ...]
Leaves = dict[Leaf[Line], int]


def cells_of(leaf: Leaf[Line]) -> list[Cell]:
    """Totals over parts, over lines of one queue, over lines of one day, and over all."""
    (queue, language, day), part = leaf
    rows = (("all",), ("queue", queue), ("line", queue, language), ("day", day))
    return [(*row, name) for row in rows for name in (part, "sum")]


def values_of(leaves: Mapping[Leaf[Line], int]) -> Counter[Cell]:
    """Every cell's value."""
    found: Counter[Cell] = Counter()
    for leaf, number in leaves.items():
        for cell in cells_of(leaf):
            found[cell] += number
    return found


class Attacker:
    """Knows every shown cell and that no count is negative; finds all tables that agree with that, one by one."""

    def __init__(self, leaves: Leaves, hidden: frozenset[Cell]) -> None:
        self.values = values_of(leaves)
        self.truth = leaves
        self.hidden = hidden
        self.shown = {cell for cell in self.values if cell not in hidden}
        self.begin(sorted(leaves))

    def begin(self, order: list[Leaf[Line]]) -> None:
        """Fill the leaves in this order from now on."""
        self.order = order
        last = {cell: number for number, leaf in enumerate(self.order) for cell in cells_of(leaf)}
        self.closing: defaultdict[int, list[Cell]] = defaultdict(list)
        for cell in self.shown:
            self.closing[last[cell]].append(cell)
        self.of = [[cell for cell in cells_of(leaf) if cell in self.shown] for leaf in self.order]
        self.left = {cell: self.values[cell] for cell in self.shown}
        self.table: Leaves = {}

    def tables(self, number: int = 0) -> Iterator[Leaves]:
        """Every possible table, those near the true one first; one more than the truth where nothing bounds a leaf."""
        if number == len(self.order):
            yield dict(self.table)
            return
        leaf = self.order[number]
        most = min((self.left[cell] for cell in self.of[number]), default=self.truth[leaf] + 1)
        for value in sorted(range(most + 1), key=lambda value: abs(value - self.truth[leaf])):
            for cell in self.of[number]:
                self.left[cell] -= value
            self.table[leaf] = value
            if all(self.left[cell] == 0 for cell in self.closing[number]):
                yield from self.tables(number + 1)
            for cell in self.of[number]:
                self.left[cell] += value

    def knows(self) -> set[Cell]:
        """The hidden cells that have one value only in all possible tables."""
        sure = set(self.hidden)
        # A search varies what it fills last; a few from other ends find most doubts before the whole one.
        for number in range(2 * len(self.order)):
            order = sorted(self.truth)
            self.begin(order[number // 2 :] + order[: number // 2] if number % 2 else order[::-1])
            sure = self._without_doubt(sure, islice(self.tables(), 40))
        return self._without_doubt(sure, self.tables())

    def _without_doubt(self, sure: set[Cell], tables: Iterable[Leaves]) -> set[Cell]:
        for table in tables if sure else ():
            found = values_of(table)
            sure = {cell for cell in sure if found[cell] == self.values[cell]}
            if not sure:
                break
        return sure


def primary(leaves: Leaves) -> frozenset[Cell]:
    """What would be hidden by somebody who forgets that one can subtract."""
    return frozenset(cell for cell, value in values_of(leaves).items() if 0 < value < FEW)


@st.composite
def small_tables(draw: st.DrawFn) -> Leaves:
    """Up to five lines of two queues, two languages and two days, with two or three parts."""
    lines = draw(
        st.lists(
            st.tuples(st.sampled_from("qr"), st.sampled_from(["fi", "sv"]), st.sampled_from("12")),
            min_size=1, max_size=5, unique=True,
        )
    )  # fmt: skip
    parts = draw(st.sampled_from([("a", "b"), ("a", "b", "c")]))
    number = st.one_of(st.integers(0, 6), st.just(0), st.integers(5, 12))
    return {(line, part): draw(number) for line in lines for part in parts}


@settings(max_examples=80, deadline=None, database=None)
@given(leaves=small_tables())
def test_no_hidden_cell_has_only_one_possible_value(leaves: Leaves) -> None:
    """Whoever tries all tables that agree with what is shown finds another value for every hidden cell."""
    hidden = hide(leaves, cells_of)
    assert primary(leaves) <= hidden
    assert Attacker(leaves, hidden).knows() == set()


def test_the_attacker_subtracts() -> None:
    """The attacker is one to be afraid of: with the small cells alone left out, they compute them."""
    leaves: Leaves = {
        (("q", "fi", "1"), "a"): 20, (("q", "fi", "1"), "b"): 9, (("q", "sv", "1"), "a"): 3, (("q", "sv", "1"), "b"): 7,
    }  # fmt: skip
    hidden = primary(leaves)
    assert hidden == {("line", "q", "sv", "a")}
    assert Attacker(leaves, hidden).knows() == hidden
    assert Attacker(leaves, frozenset()).knows() == set()


def test_what_need_not_be_hidden_is_shown() -> None:
    """Numbers from five on and noughts stay where they are, as long as nothing small is beside them."""
    lines = [("q", "fi", "1"), ("q", "sv", "1"), ("r", "fi", "1")]
    leaves = {(line, part): number for line in lines for part, number in (("a", 5), ("b", 0), ("c", 99))}
    assert hide(leaves, cells_of) == frozenset()
    assert hide({}, cells_of) == frozenset()


def test_a_table_of_one_person_says_nothing() -> None:
    """With one visitor in all, every cell that they are in is hidden, the totals too."""
    leaves: Leaves = {(("q", "fi", "1"), "a"): 1, (("q", "fi", "1"), "b"): 0}
    assert hide(leaves, cells_of) == {cell for cell in values_of(leaves) if cell[-1] != "b"}


# Whole months


def a_month(seed: int, queues: int, a_day: int) -> Counter[Tally]:
    """Counts of a service in November 2026: a large queue and smaller ones, three languages."""
    chance, found = random.Random(seed), Counter[Tally]()
    for day in range(1, 31):
        for _ in range(chance.randrange(2 * a_day)):
            queue = f"kunta/q{min(int(chance.expovariate(1)), queues - 1)}"
            language = chance.choices(["fi", "sv", "en"], [85, 10, 5])[0]
            place = queue, language, f"2026-11-{day:02}T{chance.randrange(9, 15):02}"
            if chance.random() < 0.15:
                found[Tally(*place, chance.choice(["turned_closed", "turned_full", "turned_message"]))] += 1
                continue
            found[Tally(*place, "admitted")] += 1
            outcome = chance.choices(["answered", "abandoned", "dropped", "closed"], [70, 20, 8, 2])[0]
            found[Tally(*place, outcome)] += 1
            if outcome == "answered" and chance.random() < 0.6:
                found[Tally(*place, "prompt")] += 1
    return found


def known_bounds(table: MonthTable) -> dict[Cell, tuple[float, float]]:
    """What interval propagation over all sums of a published month says of each cell, hidden ones too."""
    bounds: dict[Cell, tuple[float, float]] = {}
    for row in table.rows:
        for name, value in row.cells.items():
            bounds[row.queue or "", row.language or "", name] = _bounds(value)
    for day in table.days:
        for name, value in day.cells.items():
            bounds[day.day.isoformat(), "", name] = _bounds(value)
    sums = list(_sums(table))
    narrowed = True
    while narrowed:
        narrowed = False
        for total, parts in sums:
            for cell, new in _narrow(bounds, total, parts):
                if new != bounds[cell]:
                    bounds[cell], narrowed = new, True
    return bounds


def _bounds(value: int | None) -> tuple[float, float]:
    return (0, float("inf")) if value is None else (value, value)


def _sums(table: MonthTable) -> Iterator[tuple[Cell, list[Cell]]]:
    """Each total and what it is the sum of."""
    site, queues = ("", ""), [row.queue for row in table.rows if row.queue and row.language is None]
    for name in COLUMNS:
        yield (*site, name), [(queue, "", name) for queue in queues]
        for queue in queues:
            yield (
                (queue, "", name),
                [(queue, row.language, name) for row in table.rows if row.queue == queue and row.language],
            )
    for row in table.rows:
        place = row.queue or "", row.language or ""
        plain = [name for name in COLUMNS if name not in ("attempts", "prompt")]
        yield (*place, "attempts"), [(*place, name) for name in plain]
    for name in ("attempts", "answered", "told_closed"):
        yield (*site, name), [(day.day.isoformat(), "", name) for day in table.days]


def _narrow(
    bounds: Mapping[Cell, tuple[float, float]], total: Cell, parts: Sequence[Cell]
) -> Iterator[tuple[Cell, tuple[float, float]]]:
    low, high = (sum(bounds[cell][side] for cell in parts) for side in (0, 1))
    least, most = bounds[total]
    if parts:
        yield total, (max(least, low), min(most, high))
    for cell in parts:
        own_low, own_high = bounds[cell]
        others_low = low - own_low
        others_high = sum(bounds[one][1] for one in parts if one != cell)
        yield cell, (max(own_low, least - others_high), min(own_high, most - others_low))


def _days() -> list[date]:
    return [date(2026, 11, day) for day in range(1, 31)]


@pytest.mark.parametrize(("queues", "a_day"), [(1, 2), (2, 4), (3, 15), (5, 60)])
def test_whole_months(queues: int, a_day: int) -> None:
    """Nobody who follows all totals, by queue, language and day, gets from bounds to a number that was left out."""
    counts = a_month(queues, queues, a_day)
    table = month_table("2026-11", counts, [], _days())
    bounds = known_bounds(table)
    rows = [
        ((row.queue or "", row.language or "", name), value)
        for row in table.rows
        for name, value in row.cells.items()
    ]
    rows += [
        ((day.day.isoformat(), "", name), value) for day in table.days for name, value in day.cells.items()
    ]
    assert not [cell for cell, value in rows if value is None and bounds[cell][0] == bounds[cell][1]]
    assert not [cell for cell, value in rows if value is not None and 0 < value < FEW]
    assert any(value is None for _, value in rows)
    assert table.rows[0].cells["attempts"] == sum(
        number for tally, number in counts.items() if tally.what == "admitted" or tally.what[:6] == "turned"
    )


def test_propagation_finds_what_subtraction_finds() -> None:
    """The bounds are worth something: of a table with one cell left out they give its value."""
    table = month_table("2026-11", a_month(1, 2, 40), [], _days())
    row = next(row for row in table.rows if row.language and row.cells["answered"])
    number = row.cells["answered"]
    others = [
        replace(one, cells={**one.cells, "answered": None}) if one is row else one for one in table.rows
    ]
    table = replace(table, rows=tuple(others))
    cell = (row.queue or "", row.language or "", "answered")
    assert known_bounds(table)[cell] == (number, number)


def test_columns_are_made_of_parts() -> None:
    """Every attempt is in one part, and in one column besides the total and the part of the answered ones."""
    for columns in (COLUMNS, DAY_COLUMNS):
        held = Counter(
            part for name, parts in columns.items() if name not in ("attempts", "prompt") for part in parts
        )
        assert set(held) <= set(PARTS)
        assert set(held.values()) == {1}
        assert columns["attempts"] == PARTS
