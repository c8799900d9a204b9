"""How many counsellors each hour of a week needs, so that a queue keeps what it promises.

A counsellor who carries c conversations at once counts as c servers of Erlang-A (`erlang.py`), whose handling time is
that of a conversation among c, its wrap-up included. Visitors who find a place free anywhere are answered at once.
deploy/staffing.md says what this leaves out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from chatsvc.domain.erlang import ErlangA, erlang_a

HOUR_S = 3_600.0
HOURS_OF_WEEK = 168  # local time, from Monday 00-01
CarryOver = Literal["none", "mean", "peak"]
CARRY_OVER: tuple[CarryOver, ...] = ("none", "mean", "peak")
# Loads below this come only from rounding.
NO_LOAD = 1e-9


@dataclass(frozen=True, slots=True)
class Target:
    """What a queue promises; what is None is not promised. Shares are of all who come, in 0..1."""

    answered_share: float | None = None  # at least this share is answered
    within_s: float = 0.0  # in at most this time
    abandonment: float | None = None  # fewer than this share give up
    mean_wait_s: float | None = None  # the mean wait is shorter than this

    def __post_init__(self) -> None:
        """Raises ValueError for a share that no number of counsellors reaches, or that needs none."""
        if not all(share is None or 0 < share < 1 for share in (self.answered_share, self.abandonment)):
            raise ValueError("a promised share lies between 0 and 1, neither included")

    def is_met(self, queue: ErlangA) -> bool:
        """Whether a queue (in seconds) keeps every promise."""
        return (
            (self.answered_share is None or queue.answered_within(self.within_s) >= self.answered_share)
            and (self.abandonment is None or queue.abandonment < self.abandonment)
            and (self.mean_wait_s is None or queue.mean_wait < self.mean_wait_s)
        )


@dataclass(frozen=True, slots=True)
class Service:
    """How a queue is served, in means."""

    handling_s: float  # of a conversation among `capacity`, its wrap-up included
    patience_s: float  # how long a visitor would wait before giving up
    capacity: int = 1  # conversations that a counsellor carries at once
    shrinkage: float = 0.0  # share of the rostered time that is breaks, meetings and absences, in 0..1
    minimum: int = 1  # counsellors in an hour in which anybody comes
    carry_over: CarryOver = "mean"


@dataclass(frozen=True, slots=True)
class HourNeed:
    """What one hour of the week needs, and what visitors may then expect."""

    weekday: int  # 0 is Monday
    hour: int  # local time: 9 is from 9 to 10
    arrivals: float  # mean number of visitors who come in this hour
    load: float  # mean number of conversations that would be going on if nobody had to wait (erlang)
    counsellors: int  # present at the same time
    rostered: int  # on the roster, so that so many are present
    answered_within: float | None  # share answered within the target's time; None when nobody comes
    abandonment: float | None  # share that gives up
    mean_wait_s: float | None
    occupancy: float | None  # share of the places that are taken


def plan_week(arrivals: Sequence[float], service: Service, target: Target) -> tuple[HourNeed, ...]:
    """The need of every hour of a week with these mean arrivals per hour, Monday 00-01 first.

    Raises ValueError unless there are 168 numbers, none below 0.
    """
    if len(arrivals) != HOURS_OF_WEEK or not all(0 <= number < math.inf for number in arrivals):
        raise ValueError("a week has 168 hours, and in none of them fewer than 0 visitors come")
    loads = offered_loads(arrivals, service.handling_s, service.carry_over)

    @cache
    def staffed(load: float) -> tuple[int, ErlangA]:
        return _staffed(load, service, target)

    needs = []
    for number, (expected, load) in enumerate(zip(arrivals, loads, strict=True)):
        weekday, hour = divmod(number, 24)
        if load < NO_LOAD:
            needs.append(HourNeed(weekday, hour, expected, 0.0, 0, 0, None, None, None, None))
            continue
        counsellors, queue = staffed(load)
        needs.append(
            HourNeed(
                weekday, hour, expected, load, counsellors, rostered(counsellors, service.shrinkage),
                queue.answered_within(target.within_s), queue.abandonment, queue.mean_wait, queue.occupancy,
            )
        )  # fmt: skip
    return tuple(needs)


def rostered(counsellors: int, shrinkage: float) -> int:
    """How many must be on the roster so that `counsellors` are present on average."""
    return math.ceil(round(counsellors / (1.0 - shrinkage), 9))


def offered_loads(
    arrivals: Sequence[float], handling_s: float, carry_over: CarryOver = "none"
) -> tuple[float, ...]:
    """Conversations going on in each period of an hour if all were answered at once; the periods repeat in a circle.

    `none`: each hour as if it had always been so ("stationary independent period by period": Green, Kolesar and
    Soares, "Improving the SIPP approach for staffing service systems that have cyclic demands", Operations Research
    49 (2001), which shows where that goes wrong). `mean`, `peak`: the hour's mean and largest number of
    busy servers in M(t)/M/inf with the given arrivals, hour by hour. That is the modified offered load of Jennings,
    Mandelbaum, Massey and Whitt, "Server staffing to meet time-varying demand", Management Science 42 (1996).
    An hour in which nobody comes has the load 0: those who are still in conversation wait for nothing.
    """
    steady = [number * handling_s / HOUR_S for number in arrivals]
    if carry_over == "none":
        return tuple(steady)
    kept = math.exp(
        -HOUR_S / handling_s
    )  # share of an hour's conversations that are still there an hour later
    # After one circle from nothing, `load` lacks what would be left of itself after a whole circle.
    load = 0.0
    for level in steady:
        load = level + (load - level) * kept
    load /= 1.0 - kept ** len(steady)
    found = []
    for level in steady:
        after = level + (load - level) * kept
        mean = level + (load - after) * handling_s / HOUR_S
        found.append(0.0 if not level else max(load, after) if carry_over == "peak" else mean)
        load = after
    return tuple(found)


def _staffed(load: float, service: Service, target: Target) -> tuple[int, ErlangA]:
    """The fewest counsellors that meet the target at this load, and the queue that they make."""

    def queue(counsellors: int) -> ErlangA:
        rate = load / service.handling_s
        return erlang_a(rate, service.handling_s, service.patience_s, counsellors * service.capacity)

    # More servers never lengthen a wait, so that what is too few and what is enough meet in one place.
    too_few, enough = service.minimum - 1, max(1, service.minimum)
    while not target.is_met(queue(enough)):
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if target.is_met(queue(middle)) else (middle, enough)
    return enough, queue(enough)
