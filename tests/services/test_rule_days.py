"""The days of a rule as bits, beside the library that expands rules for everything else."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsvc.services.recurrence import LONGEST_SERIES, Series, read_rule
from chatsvc.services.rule_days import day_bit, days_before, days_in, rule_days
from tests.support.shift_model import DAY, DAYS, EXAMPLES, local

ENDS = ("", ";COUNT=7", ";COUNT=400", ";UNTIL=20290310", ";UNTIL=20270601T083000Z")


@st.composite
def rules(draw: st.DrawFn) -> tuple[str, datetime]:
    """A canonical rule of every kind that is accepted, and its first start."""
    start = datetime.combine(draw(st.dates(date(2024, 1, 1), date(2027, 5, 30))), datetime.min.time())
    start += timedelta(minutes=draw(st.sampled_from([0, 540, 690, 1439])))
    own, week = DAYS[start.weekday()], start.isocalendar().week
    others = draw(st.sampled_from(["", ",MO", ",FR,SU"]))
    steady = [
        f"FREQ=DAILY;INTERVAL={draw(st.integers(1, 40))};BYDAY={own}{others}",
        f"FREQ=DAILY;BYMONTH={start.month},{draw(st.integers(1, 12))}",
        f"FREQ=WEEKLY;INTERVAL={draw(st.integers(1, 9))};BYDAY={own}{others};WKST={draw(st.sampled_from(DAYS))}",
        f"FREQ=WEEKLY;BYMONTH={start.month};WKST=SU",
        f"FREQ=WEEKLY;INTERVAL={draw(st.integers(1, 366))}",
    ]
    other = [
        f"FREQ=MONTHLY;INTERVAL={draw(st.integers(1, 5))};BYMONTHDAY={start.day}",
        f"FREQ=MONTHLY;BYDAY={(start.day - 1) // 7 + 1}{own}",
        f"FREQ=MONTHLY;BYDAY={own};BYSETPOS={(start.day - 1) // 7 + 1}",
        "FREQ=YEARLY", f"FREQ=YEARLY;BYYEARDAY={start.timetuple().tm_yday}",
        f"FREQ=YEARLY;BYWEEKNO={week};BYDAY={own}", f"FREQ=YEARLY;BYMONTH={start.month};BYDAY={own}",
    ]  # fmt: skip
    return read_rule(draw(st.sampled_from(steady + other)) + draw(st.sampled_from(ENDS)), start), start


@settings(max_examples=EXAMPLES, deadline=None)
@given(rules(), st.integers(-30, 28 * 365))
def test_days_are_those_of_the_starts(rule: tuple[str, datetime], offset: int) -> None:
    """Wherever one looks in the 28 years, both ways find the same days, also at the first and the last one."""
    text, start = rule
    bits = rule_days(text, start)
    for first in {start + offset * DAY, start - DAY, start + LONGEST_SERIES - 90 * DAY}:
        first, last = first.replace(hour=0, minute=0), first.replace(hour=0, minute=0) + 120 * DAY
        window = bits & days_before(last.date()) & ~days_before(first.date())
        assert list(days_in(window)) == [one.date() for one in Series(text, start).starts(first, last)]


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY"])
def test_the_last_series_fits(rule: str) -> None:
    """One of the latest starts that there can be is read as any other."""
    start = local(2069, 12, 28, 9)
    bits = rule_days(read_rule(rule, start), start)
    assert bits & day_bit(start.date())
    assert bits.bit_count() > 300
