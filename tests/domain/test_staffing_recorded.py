"""From counts to a mean week, patience and handling time; the estimates find the truth that counts were drawn from."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from chatsvc.domain.staffing_recorded import recorded_week
from chatsvc.domain.statistics import Tally

QUEUE = "s/q"


def tally(when: str, what: str, queue: str = QUEUE, language: str = "fi") -> Tally:
    """A tally of the queue."""
    return Tally(queue, language, when, what)


def test_the_mean_of_each_hour() -> None:
    """Two Mondays, one without anybody at ten; languages are added, other queues, refusals and today are not."""
    counts = {
        tally("2026-11-02T10", "admitted"): 3, tally("2026-11-02T10", "admitted", language="sv"): 2,
        tally("2026-11-02T11", "turned_full"): 4, tally("2026-11-09T11", "admitted"): 2,
        tally("2026-11-03T12", "turned_closed"): 9,
        tally("2026-11-09T11", "turned_no_staff"): 2, tally("2026-11-02T10", "admitted", "s/r"): 50,
        tally("2026-11-15T10", "admitted"): 7, tally("2026-11-02T10", "answered"): 5,
    }  # fmt: skip
    week = recorded_week(counts, QUEUE, date(2026, 11, 15))
    assert week is not None
    assert (week.first, week.last, week.visitors) == (date(2026, 11, 2), date(2026, 11, 14), 13)
    assert {hour: number for hour, number in enumerate(week.arrivals) if number} == {10: 2.5, 11: 4.0}
    assert (week.patience_s, week.handling_s) == (None, None)


def test_nobody_came() -> None:
    """Today alone is no week, nor is another queue's."""
    assert recorded_week({tally("2026-11-15T10", "admitted"): 7}, QUEUE, date(2026, 11, 15)) is None
    assert recorded_week({}, QUEUE, date(2026, 11, 15)) is None


@pytest.mark.parametrize(("patience_s", "wait_s"), [(600, 120), (300, 900)])
def test_patience_is_found(patience_s: float, wait_s: float) -> None:
    """Of people with exponential patience who are answered after exponential times, the mean patience is found."""
    chance, counts = random.Random(5), Counter[Tally]()
    for number in range(20_000):
        hour = f"{date(2026, 10, 1) + timedelta(days=number % 31)}T10"
        patience, wait = chance.expovariate(1 / patience_s), chance.expovariate(1 / wait_s)
        answered = wait < patience
        counts[tally(hour, "admitted")] += 1
        counts[tally(hour, "answered" if answered else chance.choice(["abandoned", "dropped"]))] += 1
        counts[tally("2026-10", "answered_ms" if answered else "gave_up_ms")] += round(
            min(patience, wait) * 1000
        )
    counts[tally("2026-10", "handled")] = 20
    counts[tally("2026-10", "handling_ms")] = 20 * 1_800_000
    week = recorded_week(counts, QUEUE, date(2026, 11, 1))
    assert week is not None
    assert week.patience_s == pytest.approx(patience_s, rel=0.05)
    assert week.handling_s == 1_800
