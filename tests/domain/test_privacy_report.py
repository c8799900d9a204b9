"""The tables of the data protection report: sums that fit, and small numbers that nobody can compute from them."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsvc.domain.privacy_report import (
    AGES,
    By,
    Place,
    Profile,
    age,
    counted,
    decided,
    decides,
    shown,
    table,
)
from chatsvc.domain.retained import Went
from chatsvc.domain.retention import DAY_MS, KINDS, Fate

NOW = 1_800_000_000_000
RULES = [By("rule", "year"), By("rule", "month"), By("no_rule")]


def profile(by: By, column: str, kinds: tuple[str, ...] = KINDS) -> Profile:
    """A conversation of which these kinds are there."""
    return tuple(Place(kind, by, column) for kind in KINDS if kind in kinds)


PROFILES = [
    profile(by, column, kinds) for by, column, kinds in product(RULES, AGES[:3], (KINDS, ("record",)))
]
COUNTS = st.dictionaries(st.sampled_from(PROFILES), st.integers(1, 12), max_size=8).map(Counter)


def cells(found: Counter[Profile]) -> dict[tuple[str, By | None, str], int | None]:
    """Every cell of a table, its row's total in the column ""."""
    rows = table(found, AGES, rests=True)
    return {
        (row.kind, row.by, column): number
        for row in rows
        for column, number in {**row.cells, "": row.total}.items()
    }


def truth(found: Counter[Profile]) -> Counter[tuple[str, By | None, str]]:
    """The same cells, counted one by one."""
    made: Counter[tuple[str, By | None, str]] = Counter()
    for one, number in found.items():
        for place in one:
            for by, column in product((place.by, None), (place.column, "")):
                made[place.kind, by, column] += number
    return made


@settings(max_examples=60)
@given(COUNTS)
def test_what_is_shown_is_true_and_not_small(found: Counter[Profile]) -> None:
    """Each cell that is shown is what was counted; none is from 1 to 4; nothing can be had by one subtraction."""
    seen, real = cells(found), truth(found)
    assert all(number == real[cell] for cell, number in seen.items() if number is not None)
    assert all(number is None or not 0 < number < 5 for number in seen.values())
    for kind, column in product(KINDS, (*AGES, "")):
        of_kind = {by: seen[k, by, c] for k, by, c in seen if (k, c) == (kind, column) and by is not None}
        whole = seen.get((kind, None, column), 0)
        hidden = [by for by, number in of_kind.items() if number is None]
        if whole is not None and len(hidden) == 1:
            rest = whole - sum(number or 0 for number in of_kind.values())
            assert rest == 0 or rest >= 5
        both = seen.get(("record", None, column), 0), seen.get(("transcript", None, column), 0)
        if None not in both:
            assert not 0 < (both[0] or 0) - (both[1] or 0) < 5, "of how many the text is gone"


def test_a_small_rest_is_hidden_with_another() -> None:
    """Three under one rule among a hundred: neither they nor what would give them away are shown."""
    seen = cells(Counter({profile(RULES[0], "week"): 100, profile(RULES[1], "week"): 3}))
    assert seen["transcript", RULES[1], "week"] is None
    assert None in (seen["transcript", RULES[0], "week"], seen["transcript", None, "week"])
    plain = cells(Counter({profile(RULES[0], "week"): 100, profile(RULES[1], "month"): 30}))
    assert None not in plain.values()
    assert (
        plain["notes", None, ""],
        plain["notes", RULES[1], "month"],
        plain["notes", RULES[1], "week"],
    ) == (130, 30, 0)


def test_a_text_that_is_gone_of_few_is_hidden() -> None:
    """Of two the text is gone and the record is there: the difference of the sums doesn't say so."""
    found = Counter({profile(RULES[0], "week"): 50, profile(RULES[0], "week", ("record",)): 2})
    seen = cells(found)
    assert None in (seen["record", None, ""], seen["transcript", None, ""])


@pytest.mark.parametrize(
    ("days", "name"),
    [(0, "week"), (7, "week"), (8, "month"), (31, "month"), (92, "quarter"), (366, "year"), (367, "older")],
)
def test_ages(days: int, name: str) -> None:
    """Each belongs to the first span that it fits in."""
    assert age(NOW - days * DAY_MS, NOW) == name


def test_what_decides() -> None:
    """A rule by its name, none, the visitor's wish, a hold; of what is gone the same but for the hold."""
    assert decides(Fate("notes", 1, "year", 2, "law")) == By("rule", "year")
    assert decides(Fate("notes", 1, "", 2)) == By("no_rule")
    assert decides(Fate("notes", 1, "", 0, "wish")) == By("wish")
    assert decides(Fate("notes", 1, "year", 2, "rule", held=True)) == By("hold")
    assert decided(Went(1, "year", 2)) == By("rule", "year")
    assert (decided(Went(1, "", 2)), decided(Went(1, "", 0))) == (By("no_rule"), By("wish"))


def test_openings_are_counted_likewise() -> None:
    """By role and month; a small one takes a second with it."""
    rows = (
        [("supervisor", "2026-11")] * 20 + [("supervisor", "2026-10")] * 30 + [("counsellor", "2026-11")] * 2
    )
    found = counted(rows, ["2026-11", "2026-10"])
    assert found["counsellor"]["2026-11"] is None
    assert None in (found[""]["2026-11"], found["supervisor"]["2026-11"])
    assert found["supervisor"]["2026-10"] == 30
    assert counted([], ["2026-11"]) == {"": {"2026-11": 0, "": 0}}
    assert [shown(number) for number in (0, 1, 4, 5)] == [0, None, None, 5]
