"""What each hour needs: the fewest that keep a promise, hours that reach into each other, and what a file may say."""

import math
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsvc.domain.erlang import erlang_a
from chatsvc.domain.staffing import (
    CARRY_OVER,
    HOURS_OF_WEEK,
    CarryOver,
    HourNeed,
    Service,
    Target,
    offered_loads,
    plan_week,
    rostered,
)
from chatsvc.domain.staffing_input import StaffingRefused, read_question
from tests.domain.queue_simulation import Visit, observed, play

PROMISE = Target(answered_share=0.8, within_s=180, abandonment=0.1)
CHAT = Service(handling_s=45 * 60, patience_s=5 * 60, capacity=3)
# A quiet first hour, a rush of two hours, an evening that fades; every day from 13.
STEEP = (4, 20, 24, 8, 4, 4, 2)
WEEKS = 60
FULL = """
[staffing]
handling = "35 min"
patience = "10 min"
capacity = 2
shrinkage = "25 %"
target = "80 % within 3 min, abandon < 10 %"
[arrivals]
monday-thursday = { 12 = 4, 13-15 = 6.5 }
sun = { "20:00" = 3 }
"""


def week(day: tuple[float, ...], first: int) -> list[float]:
    """The same hours every day."""
    return [
        day[hour - first] if 0 <= (hour := number % 24) - first < len(day) else 0.0
        for number in range(HOURS_OF_WEEK)
    ]


def played(needs: tuple[HourNeed, ...], service: Service) -> dict[int, dict[str, float]]:
    """What visitors of each hour of the day meet, over many weeks staffed as needed."""
    visits: dict[int, list[Visit]] = {}
    rates = [need.arrivals / 3_600 for need in needs]
    servers = [need.counsellors * service.capacity for need in needs]
    for seed in range(WEEKS):
        for visit in play(seed, rates, servers, 3_600, service.handling_s, service.patience_s):
            visits.setdefault(int(visit.came // 3_600) % 24, []).append(visit)
    return {hour: observed(found, PROMISE.within_s) for hour, found in visits.items()}


def staffed_and_played(carry_over: CarryOver) -> tuple[tuple[HourNeed, ...], dict[int, dict[str, float]]]:
    service = replace(CHAT, carry_over=carry_over)
    needs = plan_week(week(STEEP, 13), service, PROMISE)
    return needs, played(needs, service)


@given(st.floats(0.05, 300), st.integers(1, 5), st.floats(20, 3_600))
@settings(max_examples=60, deadline=None)
def test_no_counsellor_too_many_and_none_too_few(arrivals: float, capacity: int, patience: float) -> None:
    """The need keeps the promise, and one counsellor fewer would break it."""
    service = Service(1_800, patience, capacity, carry_over="none")
    need = plan_week([arrivals] * HOURS_OF_WEEK, service, PROMISE)[0]

    def queue_with(counsellors: int) -> bool:
        rate = arrivals / 3_600
        return PROMISE.is_met(erlang_a(rate, 1_800, patience, counsellors * capacity))

    assert queue_with(need.counsellors)
    assert need.counsellors == 1 or not queue_with(need.counsellors - 1)


@given(st.floats(0.1, 60), st.floats(0.1, 60))
@settings(max_examples=40, deadline=None)
def test_more_visitors_never_need_fewer(one: float, other: float) -> None:
    """The need rises with the arrivals."""
    quiet, busy = sorted((one, other))
    needs = [plan_week([number] * HOURS_OF_WEEK, CHAT, PROMISE)[0].counsellors for number in (quiet, busy)]
    assert needs[0] <= needs[1]


def test_counsellors_are_servers_by_their_capacity() -> None:
    """With capacity c, the need is that of single servers divided by c, rounded up."""
    arrivals = [9.0] * HOURS_OF_WEEK
    single = plan_week(arrivals, replace(CHAT, capacity=1), PROMISE)[0].counsellors
    for capacity in (2, 3, 4):
        need = plan_week(arrivals, replace(CHAT, capacity=capacity), PROMISE)[0]
        assert need.counsellors == math.ceil(single / capacity)


def test_a_minimum_holds_only_where_anybody_comes() -> None:
    """An hour with one visitor has the minimum, an hour without any has nobody."""
    needs = plan_week(week((0.1, 0.0), 9), replace(CHAT, minimum=2), PROMISE)
    assert [need.counsellors for need in needs[8:11]] == [0, 2, 0]
    assert needs[8].answered_within is None


@pytest.mark.parametrize(
    ("present", "shrinkage", "expected"),
    [(3, 0.25, 4), (7, 0.3, 10), (9, 0.1, 10), (2, 0.25, 3), (5, 0.0, 5)],
)
def test_the_roster_covers_breaks_and_absences(present: int, shrinkage: float, expected: int) -> None:
    """So many on the roster that the share who are there is enough, rounded up once and not by rounding errors."""
    assert rostered(present, shrinkage) == expected


def test_a_week_has_168_hours() -> None:
    """Anything else, and negative or endless arrivals, are refused."""
    for wrong in ([1.0] * 167, [-1.0] * 168, [math.inf] * 168):
        with pytest.raises(ValueError, match="168"):
            plan_week(wrong, CHAT, PROMISE)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Target(answered_share=1.0)


@given(st.lists(st.floats(0, 50), min_size=3, max_size=30).filter(any), st.floats(60, 8 * 3_600))
@settings(deadline=None)
def test_carried_over_loads_are_the_solution_of_the_flow(arrivals: list[float], handling: float) -> None:
    """The load obeys d(load)/dt = arrivals - load/handling, repeats itself, and no conversation is lost or doubled."""
    busy = [number + 0.1 for number in arrivals]
    mean, peak = (offered_loads(busy, handling, how) for how in ("mean", "peak"))
    assert math.fsum(mean) == pytest.approx(math.fsum(busy) * handling / 3_600, rel=1e-9)
    assert all(most >= usual - 1e-9 for most, usual in zip(peak, mean, strict=True))
    load, steps = _load_at_begin(busy, handling), 200
    width = 3_600 / steps
    for number, claimed in zip(busy, mean, strict=True):
        seen = 0.0
        for _ in range(steps):
            middle = load + (number / 3_600 - load / handling) * width / 2
            seen += middle / steps
            load += (number / 3_600 - middle / handling) * width
        assert claimed == pytest.approx(seen, rel=0.01)


def _load_at_begin(arrivals: list[float], handling: float) -> float:
    """Conversations left of all earlier hours, added up hour by hour into the past."""
    total, kept, ages = 0.0, math.exp(-3_600 / handling), 0
    while kept**ages > 1e-15:
        arrived = arrivals[-1 - ages % len(arrivals)] * handling / 3_600
        total += arrived * (1 - kept) * kept**ages
        ages += 1
    return total


def test_steady_arrivals_carry_nothing_over() -> None:
    """When all hours are alike, the three ways to count agree."""
    for how in CARRY_OVER:
        assert offered_loads([6.0] * 24, 1_800, how) == pytest.approx([3.0] * 24)


def test_an_hour_after_closing_needs_nobody() -> None:
    """Conversations that go on after the last hour wait for nothing, so that no load is counted."""
    assert all(offered_loads([6.0, 0.0, 6.0], 3_600, how)[1] == 0 for how in CARRY_OVER)


def test_hours_on_their_own_miss_the_promise_after_a_rush() -> None:
    """Played through, staffing each hour as if it had always been so (SIPP) fails those who come after the peak."""
    needs, seen = staffed_and_played("none")
    assert (needs[16].abandonment or 1) < 0.1
    assert seen[16]["abandonment"] > 0.3


def test_the_mean_load_predicts_what_visitors_meet() -> None:
    """With conversations carried over, prediction and played week differ by at most five in a hundred."""
    needs, seen = staffed_and_played("mean")
    for hour, measures in seen.items():
        assert needs[hour].abandonment == pytest.approx(measures["abandonment"], abs=0.05)
        assert needs[hour].answered_within == pytest.approx(measures["answered_within"], abs=0.05)


def test_the_peak_load_keeps_the_promise_in_each_hour() -> None:
    """Staffed for the worst moment of each hour, no hour misses the promise when it is played through."""
    _, seen = staffed_and_played("peak")
    for measures in seen.values():
        assert measures["answered_within"] >= 0.8
        assert measures["abandonment"] < 0.1


def test_a_file_is_read() -> None:
    """Days and hours in ranges, times and shares with their units."""
    question = read_question(FULL, "week.toml", {})
    assert question.service == Service(2_100, 600, 2, 0.25)
    assert question.target == PROMISE
    assert question.arrivals[24 * 3 + 12 : 24 * 3 + 16] == (4, 6.5, 6.5, 0)
    assert question.arrivals[24 * 6 + 20] == 3
    assert sum(question.arrivals) == 4 * (4 + 2 * 6.5) + 3


def test_options_win_over_the_file() -> None:
    """What is given beside the file replaces its setting; None is not given."""
    question = read_question(FULL, "week.toml", {"capacity": 4, "minimum": None})
    assert question.service.capacity == 4
    assert question.service.minimum == 1


@pytest.mark.parametrize(
    "text",
    [
        "weekday,hour,arrivals\nmonday,9,2.5\ntue,10-12,4\n7,23,1\n",
        "Weekday;Hour;Arrivals\r\nMonday;9:00;2,5\r\n\r\n2;10-12;4\r\nsun;23;1\r\n",
        'weekday\thour\tarrivals\nmon\t9\t"2.5"\ntuesday\t10\t4\ntuesday\t11\t4\nsunday\t23\t1',
    ],
)
def test_a_table_of_a_spreadsheet_is_read(text: str) -> None:
    """Commas, semicolons with decimal commas, or tabs; names, short names and numbers of weekdays."""
    options = {"handling": 1_800_000, "patience": 300_000, "target": PROMISE}
    arrivals = read_question(text, "week.csv", options).arrivals
    assert {n: number for n, number in enumerate(arrivals) if number} == {9: 2.5, 34: 4, 35: 4, 167: 1}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"35 min"', "35", 'week.toml, line 3: staffing.handling: must be a time with its unit'),
        ("capacity = 2", "capacity = 0", "line 5: staffing.capacity: must be a whole number from 1 to 20"),
        ("capacity", "capasity", "line 5: staffing.capasity: there is no such key. Did you mean capacity?"),
        ('"25 %"', '"95 %"', "line 6: staffing.shrinkage: must be a share with its sign"),
        ("3 min,", "3 minutes,", "line 7: staffing.target: '80 % within 3 minutes' can't be promised; must be"),
        ("80 %", "0 %", "line 7: staffing.target: '0 % within 3 min' can't be promised"),
        ("abandon <", "90 % within 5 min, abandon <", "line 7: staffing.target: '90 % within 5 min' can't"),
        ('target = "80 % within 3 min, abandon < 10 %"', "", "target is missing"),
        ("13-15", "12-15", "line 9: arrivals.monday-thursday.12-15: monday 12-13 has its arrivals from"),
        ("13-15", "13-25", "line 9: arrivals.monday-thursday.13-25: '13-25' is no hour: 9 means from 9 to 10"),
        ("6.5", '"6.5"', "line 9: arrivals.monday-thursday.13-15: must be the mean number of visitors"),
        ("6.5", "nan", "must be the mean number of visitors"),
        ("6.5", "-1", "from 0 to 5000"),
        ("sun =", "sonntag =", "line 10: arrivals.sonntag: 'sonntag' is no weekday."),
        ("monday-thursday", "thursday-monday", "'thursday-monday' is no weekday."),
        ("sun = {", "mon = { 12 = 1,", "line 10: arrivals.mon.12: monday 12-13 has its arrivals from arr"),
        ("{ 12 = 4, 13-15 = 6.5 }", "4", "line 9: arrivals.monday-thursday: must be a table"),
        ("[arrivals]", "[arivals]", "line 8: arivals: there is no such key. Did you mean arrivals?"),
        ("[arrivals]", "[arrivals", "this is not TOML"),
        ("[arrivals]", "x = " + "[" * 5_000, "this is not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_where(before: str, after: str, told: str) -> None:
    """Every mistake is named with file, line and key, and with what would be accepted."""
    assert before in FULL
    text = FULL.replace(before, after, 1)
    with pytest.raises(StaffingRefused) as refused:
        read_question(text, "week.toml", {})
    assert told in str(refused.value)
    assert all(line.startswith("week.toml") for line in str(refused.value).splitlines())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("day,hour,visitors\n", "week.csv, line 1: the first line must be weekday,hour,arrivals."),
        ("", "week.csv, line 1: the first line must be weekday,hour,arrivals."),
        ("weekday,hour,arrivals\nmonday,9,2\nmonday,9,3\n", "line 3: monday 9-10 has its arrivals from line 2"),
        ("weekday,hour,arrivals\nmonday,9\n", "line 2: must have 3 cells"),
        ("weekday,hour,arrivals\nmonday,9,many\n", "line 2: must be the mean number"),
        ("weekday,hour,arrivals\n8,9,1\n", "line 2: '8' is no weekday."),
        ("weekday,hour,arrivals\nmonday,9,0\n", "nobody comes in any hour"),
        ("weekday,hour,arrivals\nmonday,9," + "1" * 200_000, "this is not CSV"),
        ("weekday,hour,arrivals\n" + "x,y,z\n" * 1_000, "and 980 more like these"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_told_where(text: str, told: str) -> None:
    """A CSV file's mistakes are named with their lines, twenty of them at most."""
    options = {"handling": 1_800_000, "patience": 300_000, "target": PROMISE}
    with pytest.raises(StaffingRefused) as refused:
        read_question(text, "week.csv", options)
    assert told in str(refused.value)
    assert len(str(refused.value).splitlines()) <= 21


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("80% within 180s", Target(0.8, 180)),
        ("abandoned below 2,5 % and 95.5 % within 1 min 30 s", Target(0.955, 90, 0.025)),
        ("Fewer than 10 % abandon; mean wait under 45 s", Target(abandonment=0.1, mean_wait_s=45)),
    ],
)
def test_promises_as_people_write_them(text: str, target: Target) -> None:
    """Any order, several signs, decimal commas."""
    quoted = FULL.replace("80 % within 3 min, abandon < 10 %", text)
    assert read_question(quoted, "week.toml", {}).target == target


@given(st.text(max_size=200))
@settings(deadline=None)
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever a file holds, it is read or refused."""
    for name, begin in (("a.csv", "weekday,hour,arrivals\n"), ("a.toml", FULL), ("b.toml", "")):
        with suppress(StaffingRefused):
            read_question(begin + text, name, {})
