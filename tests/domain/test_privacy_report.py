"""The tables of the data protection report: sums that fit, and small numbers that nobody can compute from them."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsvc.domain.privacy_report import (
    AGES,
    By,
    Hold,
    Life,
    Place,
    Profile,
    Tables,
    age,
    counted,
    decided,
    decides,
    tables,
)
from chatsvc.domain.retained import Went
from chatsvc.domain.retention import DAY_MS, KINDS, Fate

NOW = 1_800_000_000_000
RULES = [By("rule", "year"), By("rule", "month"), By("no_rule")]
HELD = By("hold")
MONTHS = ("2026-11", "2026-10", "earlier")
Cell = tuple[str, str, By | None, str]


def profile(by: By, column: str, kinds: Sequence[str] = KINDS) -> Profile:
    """These kinds in one column, because of one thing."""
    return tuple(Place(kind, by, column) for kind in KINDS if kind in kinds)


def life(by: By, column: str, gone: Sequence[str] = (), month: str = MONTHS[0]) -> Life:
    """A conversation of which some kinds are gone; all of them are under one rule, or held."""
    hold: Hold | None = "held" if by == HELD else None
    left = profile(by, column, [kind for kind in KINDS if kind not in gone])
    return Life(left, profile(RULES[0], month, gone), hold)


TEXTS = ("transcript", "notes", "answers", "feedback")
LIVES = [
    *(
        life(by, age, gone)
        for by, age, gone in product([*RULES, HELD], AGES[:2], [(), ("transcript",), TEXTS])
    ),
    *(Life(erased=profile(by, month)) for by, month in product(RULES, MONTHS[:2])),
    *(Life(profile(by, "week"), hold="asked") for by in RULES),
    *(Life(hold=hold) for hold in get_args(Hold)),
]
SMALL = st.dictionaries(st.sampled_from(LIVES), st.integers(1, 12), max_size=8).map(Counter)


def of_life(one: Life) -> Counter[Cell]:
    """Where the report counts a conversation, by what its words say."""
    found: Counter[Cell] = Counter()
    for part, places in (("exists", one.exists), ("erased", one.erased)):
        for place in places:
            found.update((part, place.kind, *rest) for rest in product((place.by, None), (place.column, "")))
    if one.hold:
        found["holds", one.hold, None, ""] += 1
    return found


def of_nobody_s_business(one: Life) -> Counter[Cell]:
    """What the report has no number for, though its numbers could tell: what is gone of what is there."""
    there = {place.kind for place in one.exists}
    kept = [place.kind for place in one.erased if "record" in there]
    return Counter(("rest", kind, None, "") for kind in kept)


def published(made: Tables) -> dict[Cell, int | None]:
    """Every number and every dash of a report."""
    found: dict[Cell, int | None] = {
        ("holds", "held", None, ""): made.held, ("holds", "asked", None, ""): made.asked,
    }  # fmt: skip
    for part, rows in (("exists", made.exists), ("erased", made.erased)):
        for row in rows:
            found |= {(part, row.kind, row.by, column): number for column, number in row.cells.items()}
            found[part, row.kind, row.by, ""] = row.total
    return found


def real(found: Mapping[Life, int]) -> Counter[Cell]:
    """The same numbers, counted one by one, and those that it must not tell."""
    made: Counter[Cell] = Counter()
    for one, number in found.items():
        for cell in (*of_life(one), *of_nobody_s_business(one)):
            made[cell] += number
    return made


def known(found: Mapping[Life, int], seen: Mapping[Cell, int | None]) -> set[Cell]:
    """What somebody who knows the report by heart knows besides.

    They know which kinds of lives there are, and that a dash is not nought. A number is not known if another report of
    other people would look the same. Looked for are those in which one or two kinds of lives have one more or less.
    """
    truth, lives = real(found), list(found)
    secret = {cell for cell, number in truth.items() if seen.get(cell) is None}
    secret = {cell for cell in secret if cell in seen or truth[cell] < 5}
    changes = [of_life(one) + of_nobody_s_business(one) for one in lives]
    doubted: set[Cell] = set()
    for first, second in product(range(len(lives)), range(-1, len(lives))):
        for sign in (1, -1):
            difference = Counter({cell: sign * number for cell, number in changes[first].items()})
            if second >= 0:
                difference.subtract({cell: sign * number for cell, number in changes[second].items()})
            changed = {cell for cell, by in difference.items() if by}
            hidden = {cell for cell in changed if cell in seen}
            if all(seen[cell] is None and truth[cell] + difference[cell] > 0 for cell in hidden):
                doubted |= changed
    return secret - doubted


@settings(max_examples=80, deadline=None, database=None)
@given(SMALL)
def test_nobody_can_compute_what_is_left_out(found: Counter[Life]) -> None:
    """Each number shown is true and not from 1 to 4; each dash might be another number, all parts read together."""
    seen, truth = published(tables(found, AGES, MONTHS)), real(found)
    assert all(number == truth[cell] for cell, number in seen.items() if number is not None)
    assert all(number is None or not 0 < number < 5 for number in seen.values())
    assert known(found, seen) == set()


def test_a_large_report() -> None:
    """Some hundred kinds of lives in a site's report: nothing that is left out can be computed, and much is shown."""
    chance = random.Random(7)
    ages, months = AGES, (*(f"2026-{month:02}" for month in range(11, 0, -1)), "earlier")
    found: Counter[Life] = Counter()
    for _ in range(60):
        gone = chance.choice([(), ("answers",), TEXTS])
        by = chance.choices([*RULES, HELD], [60, 30, 8, 2])[0]
        found[life(by, chance.choice(ages), gone, chance.choice(months))] += int(chance.expovariate(0.02)) + 1
        found[Life(erased=profile(chance.choice(RULES), chance.choice(months)))] += chance.randrange(1, 90)
    seen = published(tables(found, ages, months))
    assert known(found, seen) == set()
    assert sum(bool(number) for number in seen.values()) > sum(number is None for number in seen.values()) / 2


def test_holds_do_not_stand_alone() -> None:
    """Nine conversations of which six are held: 9 - 6 tells of the three under a rule, if both are shown."""
    found = Counter({life(HELD, "week"): 6, life(RULES[0], "week"): 3})
    made = tables(found, AGES, MONTHS)
    seen = published(made)
    assert None in (made.held, seen["exists", "notes", None, ""])
    assert known(found, seen) == set()
    naive = seen | {("holds", "held", None, ""): 6, ("exists", "notes", None, ""): 9}
    assert ("exists", "notes", RULES[0], "") in known(found, naive), "the attacker can subtract"


def test_what_exists_and_what_went_are_one() -> None:
    """Twenty are gone, of three the text alone: 23 texts less 20 records tells of them, whatever else is hidden."""
    found = Counter(
        {
            life(RULES[0], "week"): 30,
            life(RULES[0], "week", TEXTS): 3,
            Life(erased=profile(RULES[0], MONTHS[0])): 20,
        }
    )
    seen = published(tables(found, AGES, MONTHS))
    assert None in (seen["erased", "transcript", None, ""], seen["erased", "record", None, ""])
    assert known(found, seen) == set()
    naive = seen | {cell: real(found)[cell] for cell in seen if cell[0] == "erased"}
    assert ("rest", "transcript", None, "") in known(found, naive)


def test_two_of_one_are_not_told_by_their_rows() -> None:
    """A row says that somebody is in it: two rows of one each, and their sum, would tell both."""
    found = Counter({life(RULES[0], "week"): 1, life(RULES[1], "week"): 1, life(RULES[2], "week"): 50})
    seen = published(tables(found, AGES, MONTHS))
    assert known(found, seen) == set()
    assert None in (seen["exists", "notes", None, ""], seen["exists", "notes", RULES[2], ""])


def test_what_is_large_is_shown() -> None:
    """Of 130 under two rules everything is shown; three more under another take something with them, not all."""
    plain = Counter({life(RULES[0], "week"): 100, life(RULES[1], "month"): 30})
    seen = published(tables(plain, AGES, MONTHS))
    assert None not in seen.values()
    assert seen["exists", "notes", None, ""] == 130
    assert (seen["exists", "notes", RULES[1], "month"], seen["exists", "notes", RULES[1], "week"]) == (30, 0)
    seen = published(tables(plain + Counter({life(RULES[2], "week"): 3}), AGES, MONTHS))
    assert seen["exists", "notes", RULES[2], "week"] is None
    assert (seen["exists", "notes", RULES[0], "week"], seen["exists", "notes", None, ""]) == (100, 133)


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
