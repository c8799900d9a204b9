"""How long a visitor will wait, as a range that holds the true wait four times in five.

Those ahead leave the line when a place comes free or when they give up. With k people ahead that happens at the rate
places / handling time + k × giving up, so that the mean wait is the time in which the line, followed as a flow through
planned changes of staff, runs out. Around it lies a gamma distribution, which is exact when all times are exponential.
Handling times that vary less make a long wait surer: over a whole round of all places it is their own spread that
counts. What is not known of the mean handling time is added. At the head of the line this is nearly an exponential
distribution, whose range reaches from a tenth of the mean to twice it: nobody can know better.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chatsvc.domain.pace import Pace

NORMAL_90 = 1.2815515655446004  # the 90 % point of the normal distribution
SHORT_WRAP_UPS = (
    0.2  # of all that fall free: their conversation ends within a mean wrap-up, and they do so too
)
HORIZON_S = 86_400.0  # a wait beyond it counts as endless


class Change(NamedTuple):
    """A change of places to be expected `after_s` from now. More come free at once, fewer end as they fall free."""

    after_s: float
    places: float
    busy: float = 0.0  # those of the new places on which somebody's conversation still goes on


@dataclass(frozen=True, slots=True)
class Line:
    """What stands before a visitor. Places count conversations, those of everybody who takes from this line."""

    ahead: int
    places: float  # in use and free
    free: float = 0.0
    changes: Sequence[Change] = ()  # by time
    finishing: float | None = None  # those of `places` that are in wrap-up; None: as many as usual


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds: the wait is shorter than `low` once in ten times, longer than `high` once in ten.

    Half of all waits are shorter than `median`. Infinite when the staff that is planned never gets so far.
    """

    low: float
    median: float
    high: float
    at_once: bool = False  # a place is free: only somebody has to take them


def estimate(line: Line, pace: Pace) -> Estimate | None:
    """The wait of a visitor, or None when nobody is there or planned who could end it within a day."""
    departures = line.ahead + 1.0 - line.free
    if departures <= 0.0:
        return reaction(pace, at_once=True)
    mean = _runs_out(line, pace, departures, 1.0)
    if math.isinf(mean):
        return None
    shape = _shape(departures, mean, pace)
    low, median, high = (
        _runs_out(line, pace, departures, gamma_quantile(shape, z)) for z in (-NORMAL_90, 0.0, NORMAL_90)
    )
    soonest = reaction(pace, at_once=True)  # whose place comes free has to be taken too
    return Estimate(max(low, soonest.low), max(median, soonest.median), max(high, soonest.high))


def no_sooner(found: Estimate, after_s: float, pace: Pace) -> Estimate:
    """The same wait where nobody may take them for `after_s`: then whoever has a place does."""
    if after_s <= 0.0:
        return found
    then = reaction(pace)
    return Estimate(
        max(found.low, after_s + then.low),
        max(found.median, after_s + then.median),
        max(found.high, after_s + then.high),
    )


def still_untaken(pace: Pace, for_s: float) -> Estimate:
    """What is left of a wait for somebody with a free place, who has not taken the visitor `for_s` long.

    Some look at once and some do not: with rates that vary as a gamma distribution of shape 3, times are Lomax, and
    what is left grows with what has gone. Its high end is that of `reaction` at first.
    """
    scale = 2.0 * pace.reaction_s + for_s
    low, median, high = (scale * ((1.0 - point) ** (-1.0 / 3.0) - 1.0) for point in (0.1, 0.5, 0.9))
    return Estimate(low, median, high, at_once=True)


def rounded(found: Estimate | None) -> tuple[int, int] | None:
    """The range as people are told it, in seconds, or None when it has no upper end.

    In whole minutes up to 5, in fives up to 30, in tens up to 2 hours, then in half hours. Low is rounded
    down and high up, so that rounding only makes the range wider.
    """
    if found is None or math.isinf(found.high):
        return None
    return _to_step(found.low, up=False), max(60, _to_step(found.high, up=True))


def gamma_quantile(shape: float, z: float) -> float:
    """The point of a gamma distribution with mean 1 below which as much lies as below `z` of the normal one.

    Wilson and Hilferty, "The distribution of chi-square", PNAS 17 (1931) 684-688.
    """
    root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * math.sqrt(shape))
    return max(0.0, root) ** 3


def reaction(pace: Pace, *, at_once: bool = False) -> Estimate:
    """The time in which somebody with a place takes the next visitor."""
    react = pace.reaction_s
    return Estimate(react * 0.105, react * 0.693, react * 2.303, at_once)  # exponential


def _to_step(seconds: float, *, up: bool) -> int:
    for limit, step in ((300, 60), (1_800, 300), (7_200, 600), (math.inf, 1_800)):
        if seconds <= limit:
            return int(math.ceil(seconds / step) if up else seconds // step) * step
    raise AssertionError("no number is above all")


def _shape(departures: float, mean: float, pace: Pace) -> float:
    """The shape of the gamma distribution: how many equal exponential phases have the same relative spread.

    It must not grow when places are added, lest a lower end grow with it: so a spread above that of exponential times,
    and that those who give up do so mostly while the line is long, are left out.
    """
    # Departures of many places look random over a moment; over many rounds they keep the spread of the handling time.
    rounds = mean / pace.handling_s
    moment = -math.expm1(-rounds) / rounds if rounds > 1e-6 else 1.0
    even = min(1.0, pace.variation)
    spread = even + (1.0 - even) * moment
    unknown = pace.variation / pace.observed + pace.unforeseen
    return max(1.0, 1.0 / (spread / max(1.0, departures) + unknown))  # as unsure as can be: the next of many


def _runs_out(line: Line, pace: Pace, departures: float, slowness: float) -> float:
    """When so many departures are over, if each takes `slowness` times as long as on average."""
    left, places, now, usual = departures, line.places, 0.0, 1.0
    changes = [*line.changes, Change(HORIZON_S, 0.0)]
    if line.finishing is not None and line.places > 0.0:
        # In the time of a wrap-up from now, those places fall free that are in wrap-up already, and few others.
        usual = min(line.finishing, line.places) / line.places * pace.handling_s / pace.wrap_up_s
        usual = SHORT_WRAP_UPS + (1.0 - SHORT_WRAP_UPS) * usual
        changes = sorted([*changes, Change(pace.wrap_up_s, 0.0)])
    for change in changes:
        end = max(now, change.after_s)
        busy = places * (usual if now < pace.wrap_up_s else 1.0)
        needed = _time(left, busy, pace, slowness)
        if now + needed <= end:
            return now + needed
        left = _left(left, busy, pace, slowness, end - now)
        now = end
        places = max(0.0, places + change.places)
        left -= max(0.0, change.places - change.busy)
        if left <= 0.0:
            return now
    return math.inf


def _rates(places: float, pace: Pace, slowness: float) -> tuple[float, float]:
    """Departures per second by places, and by each in the line who gives up.

    Half a person less gives up than are in the flow: it goes through the middle of each step, and oneself stays.
    """
    served = places / pace.handling_s
    served = max(served - pace.giving_up / 2.0, served / 2.0)
    slowness = max(slowness, 1e-9)
    return served / slowness, pace.giving_up / slowness


def _time(left: float, places: float, pace: Pace, slowness: float) -> float:
    served, giving_up = _rates(places, pace, slowness)
    if served <= 0.0:
        return math.inf
    if giving_up * left < 1e-9 * served:
        return left / served
    return math.log1p(giving_up * left / served) / giving_up


def _left(left: float, places: float, pace: Pace, slowness: float, time: float) -> float:
    """What is left after `time`; oneself stays when nobody serves."""
    served, giving_up = _rates(places, pace, slowness)
    if served <= 0.0:
        return 1.0 + (left - 1.0) * math.exp(-giving_up * time) if left > 1.0 else left
    if giving_up * left < 1e-9 * served:
        return left - served * time
    level = served / giving_up
    return (left + level) * math.exp(-giving_up * time) - level
