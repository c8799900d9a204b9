"""The estimated wait: its shape, its bounds, and how it stands beside waits that were played through."""

import math
import random
import timeit
from bisect import bisect
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.estimate import Change, Estimate, Line, estimate, gamma_quantile, rounded
from chatsvc.domain.pace import (
    HANDLING_KEPT,
    PRIOR_CONVERSATIONS,
    PRIOR_PATIENCE_S,
    Pace,
    Seen,
    pace_of,
)
from chatsvc.domain.sites import Queue, QueueName, SiteId

STEADY = Pace(
    handling_s=1_200,
    variation=1.0,
    observed=1e9,
    wrap_up_s=120,
    reaction_s=0.0,
    giving_up=0.0,
    unforeseen=0.01,
)
QUEUE = Queue(SiteId("s"), QueueName("q"), {})

paces = st.builds(
    Pace,
    handling_s=st.floats(30, 7_200), variation=st.floats(0.05, 3), observed=st.floats(PRIOR_CONVERSATIONS, 1_000),
    wrap_up_s=st.floats(5, 600), reaction_s=st.floats(0, 60), giving_up=st.floats(0, 0.01),
)  # fmt: skip
changes = st.lists(st.builds(Change, st.floats(0, 20_000), st.integers(-5, 5)), max_size=5).map(sorted)
lines = st.builds(
    Line,
    ahead=st.integers(0, 500),
    places=st.integers(0, 60),
    free=st.integers(0, 3),
    changes=changes,
    finishing=st.none() | st.integers(0, 5),
)


def values(found: Estimate | None) -> tuple[float, float, float]:
    """Low, median and high; endless when there is no estimate."""
    return (found.low, found.median, found.high) if found else (math.inf,) * 3


def not_longer(one: Estimate | None, other: Estimate | None) -> bool:
    """Whether no value of `one` is above that of `other`, but for a hundredth: quantiles come from a fitted curve."""
    return all(a <= b * 1.01 + 1e-6 or a == b for a, b in zip(values(one), values(other), strict=True))


@given(lines, paces)
def test_low_median_high(line: Line, pace: Pace) -> None:
    """The three are in order and none is below 0; what is shown contains the range."""
    found = estimate(line, pace)
    low, median, high = values(found)
    assert 0 <= low <= median <= high
    shown = rounded(found)
    if shown is not None:
        assert shown[0] <= low
        assert high <= shown[1]


@given(lines, paces, st.integers(1, 50))
def test_more_ahead_never_shortens(line: Line, pace: Pace, more: int) -> None:
    """Nobody's wait gets shorter because others stand before them."""
    assert not_longer(estimate(line, pace), estimate(replace(line, ahead=line.ahead + more), pace))


@given(lines, paces, st.integers(1, 20), st.floats(0, 10_000))
def test_more_places_never_lengthen(line: Line, pace: Pace, more: int, after_s: float) -> None:
    """Nobody's wait gets longer because there are more places, now or from some moment on."""
    usual = estimate(line, pace)
    assert not_longer(estimate(replace(line, places=line.places + more), pace), usual)
    later = sorted([*line.changes, Change(after_s, more)])
    assert not_longer(estimate(replace(line, changes=later), pace), usual)


@given(lines, paces)
def test_what_is_shown_is_round(line: Line, pace: Pace) -> None:
    """Minutes up to five, then fives, tens and half hours; the upper end is never under a minute."""
    shown = rounded(estimate(line, pace))
    if shown is not None:
        assert shown[1] >= 60
        for value in shown:
            step = (60, 300, 600, 1_800)[bisect((300, 1_800, 7_200), value - 1)]
            assert value % step == 0


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (Estimate(0, 0, 0), (0, 60)),
        (Estimate(59, 100, 241), (0, 300)),
        (Estimate(301, 500, 1_500), (300, 1_500)),
        (Estimate(1_799, 3_000, 1_801), (1_500, 2_400)),
        (Estimate(7_300, 9_000, 9_001), (7_200, 10_800)),
        (Estimate(10, 20, math.inf), None),
        (None, None),
    ],
)
def test_the_rule_of_rounding(found: Estimate | None, shown: tuple[int, int] | None) -> None:
    """Low is rounded down and high up; a range without an end is not shown."""
    assert rounded(found) == shown


def test_the_head_of_the_line_is_told_honestly() -> None:
    """Who is next behind one place that is taken may be called at once, or after twice the mean time."""
    found = estimate(Line(0, 1), STEADY)
    assert found is not None
    # An exponential distribution, whose points are known; a tenth of the relative spread is for what no plan shows.
    assert found.low == pytest.approx(-1_200 * math.log(0.9), rel=0.1)
    assert found.median == pytest.approx(1_200 * math.log(2), rel=0.02)
    assert found.high == pytest.approx(1_200 * math.log(10), rel=0.02)
    assert rounded(found) == (60, 3_000)


def test_nothing_is_said_when_nobody_comes() -> None:
    """Without anybody on duty or planned there is no estimate; with somebody planned it begins with them."""
    assert estimate(Line(3, 0), STEADY) is None
    assert estimate(Line(3, 0), replace(STEADY, giving_up=0.01)) is None
    planned = estimate(Line(0, 0, changes=[Change(900, 2)]), STEADY)
    assert values(planned) == (900, 900, 900)
    ends = estimate(Line(20, 2, changes=[Change(600, -2)]), STEADY)
    assert ends is None


def test_a_free_place_waits_only_for_the_hand() -> None:
    """Where places are free for all who wait, only the time in which somebody takes them is left."""
    assert values(estimate(Line(0, 3, free=1), STEADY)) == (0, 0, 0)
    assert rounded(estimate(Line(0, 3, free=1), replace(STEADY, reaction_s=20))) == (0, 60)


@pytest.mark.parametrize("shape", [1.0, 2.0, 7.0, 40.0])
def test_quantiles_of_the_gamma_distribution(shape: float) -> None:
    """The formula gives the points that draws have."""
    chance = random.Random(5)
    draws = sorted(chance.gammavariate(shape, 1 / shape) for _ in range(40_000))
    for z, share in ((-1.2815515655446004, 0.1), (0.0, 0.5), (1.2815515655446004, 0.9)):
        assert gamma_quantile(shape, z) == pytest.approx(draws[int(share * len(draws))], rel=0.04, abs=0.01)


def one_wait(chance: random.Random, ahead: int, places: int, patience_s: float) -> float:
    """A wait behind so many others when all times are exponential, draw by draw."""
    now = 0.0
    for before in range(ahead, -1, -1):
        now += chance.expovariate(places / STEADY.handling_s + before / patience_s)
    return now


@pytest.mark.parametrize(("ahead", "places"), [(0, 6), (3, 6), (12, 6), (12, 20), (30, 20), (8, 3)])
def test_the_range_holds_four_waits_in_five(ahead: int, places: int) -> None:
    """Where times are exponential and known, a tenth of the waits lies on either side, half below the median."""
    chance = random.Random(ahead * 100 + places)
    waits = sorted(one_wait(chance, ahead, places, 1_800) for _ in range(4_000))
    found = estimate(Line(ahead, places), replace(STEADY, giving_up=1 / 1_800))
    shares = [bisect(waits, value) / len(waits) for value in values(found)]
    # A little wider than these waits are: what no plan shows does not happen here.
    assert shares[0] == pytest.approx(0.08, abs=0.03)
    assert shares[1] == pytest.approx(0.5, abs=0.04)
    assert shares[2] == pytest.approx(0.92, abs=0.03)


def test_a_range_for_steady_times_is_narrower() -> None:
    """Handling times that vary little make a long wait surer, and a short one hardly."""
    steady, even = (replace(STEADY, variation=variation) for variation in (1.0, 0.2))

    def width(ahead: int, pace: Pace) -> float:
        low, median, high = values(estimate(Line(ahead, 5), pace))
        return (high - low) / median

    assert width(30, even) < 0.75 * width(30, steady)
    assert width(0, even) > 0.85 * width(0, steady)


def test_it_is_cheap() -> None:
    """An estimate with ten planned changes takes less than a millisecond."""
    line = Line(40, 12, changes=[Change(600.0 * number, (-1) ** number) for number in range(1, 11)])
    pace = replace(STEADY, giving_up=0.001)
    assert min(timeit.repeat(lambda: estimate(line, pace), number=10, repeat=5)) / 10 < 0.001


def test_a_new_queue_starts_with_its_settings() -> None:
    """Nothing seen: as long as silence is borne and the wrap-up take, as random as can be."""
    pace = pace_of(Seen(), QUEUE)
    assert pace.handling_s == pytest.approx(1_500 + pace.reaction_s)
    assert pace.variation == pytest.approx(1.0)
    assert pace.observed == PRIOR_CONVERSATIONS
    assert 1 / pace.giving_up == pytest.approx(PRIOR_PATIENCE_S)
    assert [pace_of(Seen(), replace(QUEUE, mode=mode)).reaction_s for mode in ("take", "offer", "auto")] == [
        15,
        15,
        0,
    ]


def seen_after(times: Sequence[float]) -> Seen:
    """What is kept of these handling times, as the store counts."""
    ended = held = squared = 0.0
    for time in times:
        ended, held, squared = (kept * HANDLING_KEPT for kept in (ended, held, squared))
        ended, held, squared = ended + 1, held + time, squared + time * time
    return Seen(ended=ended, held=held, held_squared=squared)


def test_what_is_seen_outweighs_the_settings() -> None:
    """One odd conversation moves the pace little, thirty bring it near; what is hundreds ago is forgotten."""
    queue = replace(QUEUE, mode="auto")
    start = pace_of(Seen(), queue).handling_s
    assert pace_of(seen_after([60.0]), queue).handling_s > 0.75 * start
    assert pace_of(seen_after([600] * 30), queue).handling_s == pytest.approx(600, rel=0.25)
    assert pace_of(seen_after([3_000] * 500 + [600] * 300), queue).handling_s == pytest.approx(600, rel=0.35)
    steady = pace_of(seen_after([600] * 500), queue)
    assert steady.variation < 0.3
    assert 90 < steady.observed < 105


@given(
    st.builds(
        Seen,
        *[st.floats(0, 1e3), st.floats(0, 1e7), st.floats(0, 1e11), st.floats(0, 1e3), st.floats(0, 1e5)],
        *[st.floats(0, 1e5), st.floats(0, 1e7), st.floats(0, 1e3)],
    )
)
def test_a_pace_is_always_usable(seen: Seen) -> None:
    """Whatever was counted, an estimate can be made of it."""
    pace = pace_of(seen, QUEUE)
    assert pace.handling_s > 0
    assert pace.variation > 0
    assert pace.giving_up > 0
    assert values(estimate(Line(3, 2), pace))[0] >= 0
