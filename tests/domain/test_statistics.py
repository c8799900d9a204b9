"""Hours, months, columns and waits of the statistics, by hand."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.statistics import (
    COLUMNS,
    FEW_WAITS,
    PARTS,
    WAIT_BOUNDS_S,
    Tally,
    columns_of,
    day_of,
    local_hour,
    month_table,
    months_before,
    parts_of,
    waits_of,
)

HOUR = "2026-10-05T10"
QUEUE = "s/q"


def tally(what: str, when: str = HOUR, queue: str = QUEUE, language: str = "fi") -> Tally:
    """A tally of the queue."""
    return Tally(queue, language, when, what)


@pytest.mark.parametrize(
    ("at", "hour"),
    [
        (1_792_886_400_000 - 1, "2026-10-25T02"), (1_792_886_400_000, "2026-10-25T03"),  # summer time still
        (1_792_890_000_000, "2026-10-25T03"),  # the same hour again, in winter time
        (1_774_745_999_999, "2026-03-29T02"), (1_774_746_000_000, "2026-03-29T04"),
    ],
)  # fmt: skip
def test_hours_around_both_changes_of_the_clocks(at: int, hour: str) -> None:
    """The hour that comes twice is one, the one that is skipped never comes."""
    assert local_hour(at) == hour


@pytest.mark.parametrize(
    ("count", "month"), [(0, "2026-11"), (10, "2026-01"), (11, "2025-12"), (36, "2023-11")]
)
def test_months_before(count: int, month: str) -> None:
    """Over the turn of years as within one."""
    assert months_before("2026-11", count) == month


@given(
    st.lists(
        st.tuples(st.sampled_from(["answered", "abandoned", "dropped", "closed", ""]), st.booleans()),
        max_size=40,
    ),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_every_attempt_is_in_one_column(ends: list[tuple[str, bool]], closed: int, full: int) -> None:
    """Whatever ends there were: the columns besides the total, and the prompt ones, add up to all attempts."""
    counts = Counter({"turned_closed": closed, "turned_full": full})
    for end, prompt in ends:
        counts["admitted"] += 1
        counts[end] += 1
        counts["prompt"] += end == "answered" and prompt
    parts = parts_of(counts)
    columns = columns_of(parts)
    assert set(parts) == set(PARTS)
    assert set(columns) == set(COLUMNS)
    assert columns["attempts"] == len(ends) + closed + full
    assert columns["attempts"] == sum(columns[name] for name in columns if name not in ("attempts", "prompt"))
    assert columns["waiting"] == sum(end == "" for end, _ in ends)
    assert min(columns.values()) >= 0


def test_a_day_of_a_queue() -> None:
    """Of one queue and one date, every language and hour of it, with nothing left out."""
    counts = {
        tally("admitted"): 2, tally("admitted", "2026-10-05T23", language="sv"): 1, tally("abandoned"): 1,
        tally("admitted", "2026-10-06T00"): 9, tally("admitted", queue="s/r"): 9, tally("turned_full"): 1,
    }  # fmt: skip
    assert {name: number for name, number in day_of(counts, QUEUE, "2026-10-05").items() if number} == {
        "attempts": 4, "abandoned": 1, "full": 1, "waiting": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("buckets", "median", "ninety"),
    [
        ({0: 1}, 30, 30), ({0: 5, 1: 5}, 30, 60), ({0: 1, 8: 9}, 3_600, 3_600), ({0: 4, 9: 6}, None, None),
        ({3: 9, 9: 1}, 180, 180), ({3: 89, 9: 11}, 180, None),
    ],
)  # fmt: skip
def test_quantiles_are_limits_of_buckets(
    buckets: dict[int, int], median: int | None, ninety: int | None
) -> None:
    """The limit within which at least the half, or nine of ten, were; none if it is beyond an hour."""
    month = {f"answered_{number}": people for number, people in buckets.items()}
    waits = waits_of({**month, "answered_ms": 60_000}, "answered")
    assert waits is not None
    assert (waits.people, waits.median_s, waits.ninety_s) == (sum(buckets.values()), median, ninety)
    assert waits.mean_s == 60 / waits.people
    assert waits_of({}, "answered") is None
    assert len(WAIT_BOUNDS_S) == 9


@pytest.mark.parametrize(("answered", "shown"), [(FEW_WAITS - 1, False), (FEW_WAITS, True)])
def test_figures_of_few_people_are_not_shown(answered: int, shown: bool) -> None:
    """Waits, shares and handling times need as many people as is stated."""
    counts = {
        tally("admitted"): answered, tally("answered"): answered, tally("prompt"): answered,
        tally("answered_0", "2026-10"): answered, tally("handled", "2026-10"): 40,
        tally("handling_ms", "2026-10"): 40_000,
    }  # fmt: skip
    table = month_table("2026-10", counts, [QUEUE, "s/r"], [date(2026, 10, 5)])
    assert [(row.queue, row.language) for row in table.rows] == [
        (None, None), (QUEUE, None), (QUEUE, "fi"), ("s/r", None),
    ]  # fmt: skip
    for row in table.rows[:3]:
        assert row.cells["answered"] == answered
        assert (row.answered is not None, row.prompt_share, row.handling_s) == (
            shown, 1.0 if shown else None, 1.0 if shown else None,
        )  # fmt: skip
    assert table.rows[3].cells == dict.fromkeys(COLUMNS, 0)
    assert table.days[0].cells["answered"] == answered


def test_figures_of_a_number_that_is_left_out_are_left_out() -> None:
    """A mean would tell what a hidden number is made of: where one is left out, so are the other's figures."""
    counts = {tally("admitted"): 40, tally("answered"): 40, tally("answered_0", "2026-10"): 43} | {
        tally(what, language="sv"): 3 for what in ("admitted", "answered")
    }
    rows = {row.language: row for row in month_table("2026-10", counts, [], []).rows if row.queue}
    assert rows[None].answered is not None
    assert rows["fi"].cells["answered"] is None
    assert (rows["fi"].answered, rows["sv"].answered) == (None, None)


@pytest.mark.parametrize(("later", "told"), [(0, True), (1, False), (4, False), (5, True)])
def test_what_a_reader_could_subtract_is_not_small(later: int, told: bool) -> None:
    """Answered and prompt are not both shown where few waited longer, nor is the share made of them."""
    counts = {tally("admitted"): 20 + later, tally("answered"): 20 + later, tally("prompt"): 20}
    for row in month_table("2026-10", counts, [], [date(2026, 10, 5)]).rows:
        both = row.cells["answered"] is not None and row.cells["prompt"] is not None
        assert (both, row.prompt_share is not None) == (told, told)


@pytest.mark.parametrize(("few", "told"), [(0, True), (1, False), (4, False), (5, True), (30, True)])
@pytest.mark.parametrize("by", ["queue", "language"])
def test_means_that_would_tell_the_mean_of_few_are_left_out(by: str, few: int, told: bool) -> None:
    """What the whole and a part of it leave is nobody, or people enough, for waits and for handling times."""
    other = {"queue": "s/r"} if by == "queue" else {"language": "sv"}
    counts: dict[Tally, int] = {}
    for number, where in ((50, {}), (few, other)):
        for what in ("admitted", "answered", "prompt"):
            counts[tally(what, **where)] = 50  # the counts by the hour hide nothing
        for what in ("answered_0", "handled", "handling_ms"):
            counts[tally(what, "2026-10", **where)] = number
    rows = {(row.queue, row.language): row for row in month_table("2026-10", counts, [], []).rows}
    for part in [(QUEUE, None), (QUEUE, "fi")] if by == "queue" else [(QUEUE, "fi")]:
        assert (rows[part].answered is not None, rows[part].handling_s is not None) == (told, told)
    assert rows[None, None].answered is not None
