"""Leaves cells of few people out of tables, so that they can't be computed from what is shown either.

A cell is the sum of some leaves, the finest counts. A cell of 1 to 4 is hidden; a nought is shown: it speaks of nobody.
Then for each of these another set of leaves is found in which the cell has another value and which is possible as well:
what it changes besides is hidden too. So nobody who knows all cells that are shown, and that no count is below nought,
can say what a hidden cell is. That a cell is hidden does not say whether it is small: all look the same. Where
only what is there has a cell, and what is hidden is known not to be nought, another table keeps to that (`present`).
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Generic, TypeVar

FEW = 5  # the usual limit of Finnish authorities for tables of people who use a service
# How far the search goes. Any way that it finds is a possible table; with more ways a cell less might be hidden.
_OWN_TRIED = 4  # of a cell's own leaves
_OTHERS_TRIED = 60  # of the other lines, those that agree with it most

Line = TypeVar("Line", bound=Hashable)
Cell = TypeVar("Cell", bound=Hashable)
Leaf = tuple[Line, str]
Move = Mapping[Leaf[Line], int]


def hide(
    leaves: Mapping[Leaf[Line], int],
    cells_of: Callable[[Leaf[Line]], Sequence[Cell]],
    *,
    present: bool = False,
) -> frozenset[Cell]:
    """The cells that must not be shown. A leaf is a line and a part; every line has a leaf for every part.

    `present`: there is somebody in every leaf, and whoever reads knows that in every hidden cell there is.
    """
    table = _Table.of(leaves, cells_of, present=present)
    hidden = {cell for cell, value in table.values.items() if 0 < value < FEW}
    safe: set[Cell] = set()
    # From the least on: their moves are the ones that others can share.
    for cell in sorted(hidden, key=lambda cell: (table.values[cell], repr(cell))):
        if cell not in safe:
            changed = table.cheapest(cell, hidden)
            hidden |= changed
            safe |= changed
    return frozenset(hidden)


@dataclass(frozen=True, slots=True)
class _Table(Generic[Line, Cell]):
    leaves: Mapping[Leaf[Line], int]
    cells: Mapping[Leaf[Line], Sequence[Cell]]
    values: Mapping[Cell, int]
    members: Mapping[Cell, Sequence[Leaf[Line]]]  # with somebody in them
    lines: Sequence[Line]
    parts: Sequence[str]
    near: dict[Line, Sequence[Line]]
    present: bool

    @classmethod
    def of(
        cls,
        leaves: Mapping[Leaf[Line], int],
        cells_of: Callable[[Leaf[Line]], Sequence[Cell]],
        *,
        present: bool,
    ) -> "_Table[Line, Cell]":
        cells = {leaf: cells_of(leaf) for leaf in leaves}
        values: defaultdict[Cell, int] = defaultdict(int)
        members: defaultdict[Cell, list[Leaf[Line]]] = defaultdict(list)
        for leaf, number in leaves.items():
            for cell in cells[leaf]:
                values[cell] += number
                if number:
                    members[cell].append(leaf)
        lines = sorted({line for line, _ in leaves}, key=repr)
        parts = sorted({part for _, part in leaves})
        return cls(leaves, cells, values, members, lines, parts, {}, present)

    def cheapest(self, cell: Cell, hidden: set[Cell]) -> set[Cell]:
        """The cells that another possible table changes, this one among them, and as few of those shown as is found."""
        best: set[Cell] = set()
        least = -1
        for leaf in self.members[cell][:_OWN_TRIED]:
            for move in self._moves(leaf):
                changed = self._changed(move)
                if cell not in changed:
                    continue
                cost = sum(self.values[one] + 1 for one in changed if one not in hidden)
                if least < 0 or cost < least:
                    best, least = changed, cost
                    if not cost:
                        return best
        return best

    def _moves(self, leaf: Leaf[Line]) -> Iterator[Move[Line]]:
        """One less in a leaf, and what may make up for it elsewhere. The last always changes the leaf's cells."""
        line, part = leaf
        others = [one for one in self.parts if one != part]
        for other in self._near(line):
            for turned in others:
                if self.leaves[other, turned] > 0:
                    yield {leaf: -1, (line, turned): 1, (other, part): 1, (other, turned): -1}
        yield from ({leaf: -1, (line, turned): 1} for turned in others)
        yield from ({leaf: -1, (other, part): 1} for other in self._near(line))
        yield {leaf: -1}
        if self.present:
            # One less may leave nobody where somebody is known to be; one more never does.
            yield from ({leaf: 1, (other, part): -1} for other in self._near(line))
            yield {leaf: 1}

    def _near(self, line: Line) -> Sequence[Line]:
        """Other lines, those first with which most totals stay the same when one makes up for the other."""
        if line not in self.near:
            part = self.parts[0]
            own = set(self.cells[line, part])
            found = nsmallest(
                _OTHERS_TRIED + 1, self.lines, key=lambda other: len(own.symmetric_difference(self.cells[other, part]))
            )  # fmt: skip
            self.near[line] = [other for other in found if other != line]
        return self.near[line]

    def _changed(self, move: Move[Line]) -> set[Cell]:
        difference: defaultdict[Cell, int] = defaultdict(int)
        for leaf, by in move.items():
            for cell in self.cells[leaf]:
                difference[cell] += by
        if self.present and any(self.values[cell] + by < 1 for cell, by in difference.items() if by):
            return set()
        return {cell for cell, by in difference.items() if by}
