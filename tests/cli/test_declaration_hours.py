"""Opening hours in a declaration: what is read, what is refused and where, what changes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.declaration import DeclarationRefused, parse_declaration
from chatsvc.domain.declaration_changes import changes
from chatsvc.domain.declaration_hours import hours_text, periods_text, read_periods
from chatsvc.domain.hours import ALWAYS, DatedHours, OpeningHours, Period

HEAD = """
[site.kunta]
names = { fi = "Kunta" }
languages = ["fi"]

[site.kunta.queue.paihde]
names = { fi = "Päihdeneuvonta" }
"""


def declared(hours: str) -> OpeningHours | None:
    """The hours that a text about them becomes."""
    return parse_declaration(HEAD + hours)[0].queues[0].hours


def refused(hours: str) -> list[str]:
    """What is told about a text, without the file's name."""
    with pytest.raises(DeclarationRefused) as caught:
        parse_declaration(HEAD + hours, "f")
    return [line.removeprefix("f, ") for line in str(caught.value).splitlines()]


def test_a_week_is_read() -> None:
    """Days, ranges, several periods a day, a night that goes on, holidays and exceptions."""
    hours = declared("""
[site.kunta.queue.paihde.hours]
mon-thu = ["9:00-12:00", "13-16.30"]
fri = ["22:00-02:00"]
sun = []
holidays = "as on sunday"
[[site.kunta.queue.paihde.hours.exception]]
from = 2026-12-24
to = 2026-12-26
hours = []
[[site.kunta.queue.paihde.hours.exception]]
on = 2026-12-31
hours = ["10:00-24:00"]
names = { fi = "Uudenvuodenaatto" }
""")
    day = (Period(540, 720), Period(780, 990))
    assert hours == OpeningHours(
        (day, day, day, day, (Period(1320, 1560),), (), ()),
        "as on sunday",
        (
            DatedHours(date(2026, 12, 24), date(2026, 12, 26)),
            DatedHours(date(2026, 12, 31), date(2026, 12, 31), (Period(600, 1440),), {"fi": "Uudenvuodenaatto"}),
        ),
    )  # fmt: skip


def test_always_and_nothing_differ() -> None:
    """`always` is a declaration of hours; hours left out say nothing about them."""
    assert declared('hours = "always"') == ALWAYS
    assert declared("") is None


def test_a_night_may_end_where_the_morning_begins() -> None:
    """A night is refused only if it goes on into what opens the next day; from Sunday into Monday as well."""
    assert declared('hours = { mon-sun = ["07-09", "22-07"] }') is not None
    (line,) = refused('hours = { sun = ["22-08"], mon = ["07-09"] }')
    assert line.endswith("hours.mon: 22:00-08:00 of sun and 07:00-09:00 of mon overlap.")


def test_a_range_may_pass_over_sunday() -> None:
    """`sat-mon` is Saturday, Sunday and Monday."""
    hours = declared('hours = { sat-mon = ["10-12"] }')
    assert hours is not None
    assert [day for day in range(7) if hours.weekly[day]] == [0, 5, 6]


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    """One pass names every place: the day, the period, the exception's key, and what is accepted."""
    found = refused("""
[site.kunta.queue.paihde.hours]
mon = ["9:00-25:00"]
tue = ["9:00-12:00", "11:00-13:00"]
weds = []
mon-fri = ["9:00-15:00"]
holidays = "shut"
[[site.kunta.queue.paihde.hours.exception]]
from = 2026-12-24
to = 2026-12-23
hours = []
[[site.kunta.queue.paihde.hours.exception]]
on = "Christmas"
hours = ["9:00-9:00"]
reason = "x"
""")
    place = "site.kunta.queue.paihde.hours"
    starts = [
        f"line 10: {place}.mon: '9:00-25:00' has a time that no clock shows",
        f"line 11: {place}.tue: 09:00-12:00 and 11:00-13:00 overlap.",
        f"line 12: {place}.weds: there is no such key. Did you mean wed?",
        f"line 13: {place}.mon-fri: gives mon a second time.",
        f"line 13: {place}.mon-fri: gives tue a second time.",
        f"line 14: {place}.holidays: must be one of closed, as usual, as on sunday, or a list of periods.",
        f"line 17: {place}.exception.1.to: must not be before `from`, nor a year after it.",
        f"line 20: {place}.exception.2.on: must be a date such as 2026-12-24.",
        f"line 21: {place}.exception.2.hours: '9:00-9:00' is empty",
        f"line 22: {place}.exception.2.reason: there is no such key.",
    ]
    assert len(found) == len(starts)
    assert all(line.startswith(start) for line, start in zip(found, starts, strict=True))


@pytest.mark.parametrize(
    "hours",
    ['hours = "nine to five"', "hours = 9", "hours = {}", "hours = { mon = 9 }", 'hours = { mon = ["9"] }',
     'hours = { mon = ["9:00-10:00"], exception = 3 }', 'hours = { mon = [], exception = [{ hours = [] }] }',
     'hours = { mon = [], exception = [{ on = 2026-01-01T10:00:00, hours = [] }] }'],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(hours: str) -> None:
    """Whatever else stands there is refused with a sentence, never with a failure."""
    assert refused(hours)


@given(
    st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1440)), max_size=3).map(
        lambda pairs: [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs]
    )
)
def test_periods_are_written_as_they_are_read(texts: list[str]) -> None:
    """What is accepted reads the same again from its own text."""
    try:
        read = read_periods(texts)
    except ValueError:
        return
    assert read == read_periods(periods_text(read).split() if read else [])


def test_a_change_is_told_in_the_words_of_the_file() -> None:
    """Other hours are shown before and after; hours that the file leaves out stay, and so are no change."""
    before = parse_declaration(HEAD + 'hours = { mon-fri = ["9-15"] }')[0]
    after = parse_declaration(HEAD + 'hours = { mon-fri = ["9-16"] }')[0]
    [change] = changes(before, after)
    assert str(change) == (
        "kunta/paihde: hours: mon-fri 09:00-15:00, holidays closed → mon-fri 09:00-16:00, holidays closed"
    )
    assert list(changes(before, parse_declaration(HEAD)[0])) == []
    assert hours_text(ALWAYS) == "always"
