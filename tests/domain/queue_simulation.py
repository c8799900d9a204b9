"""A queue played through event by event: what the formulas are held against.

It knows no formula: people come, each with a patience drawn at once; whoever has waited longest is answered as soon as
a server is free, and gives up when the patience is over.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

BATCHES = 25
# Of 25 batches, a mean lies this many of its standard errors off about once in 10,000 times (Student, 24 degrees).
FAR = 4.7


@dataclass(frozen=True, slots=True)
class Visit:
    """What became of one visitor: when they came, how long they waited, and whether they were answered."""

    came: float
    waited: float
    answered: bool


def poisson_arrivals(random_source: random.Random, rates: Sequence[float], period: float) -> list[float]:
    """Instants at which people come; `rates` holds the arrivals per unit of time of each period in turn."""
    instants = []
    for number, rate in enumerate(rates):
        instant = number * period
        while rate and (instant := instant + random_source.expovariate(rate)) < (number + 1) * period:
            instants.append(instant)
    return instants


def play(
    seed: int, rates: Sequence[float], servers: Sequence[int], period: float, handling: float, patience: float
) -> list[Visit]:
    """All visits of a queue whose arrival rate and servers are given per period.

    Servers who go first finish their conversations. Whoever waits at the end of the last period waits on, with that
    period's servers.
    """
    random_source = random.Random(seed)
    # When, and what: 0 a conversation ends, 1 the period `value` begins, 2 somebody comes who waits until `value`.
    events = [(number * period, 1, float(number)) for number in range(len(rates))]
    events += [
        (instant, 2, instant + random_source.expovariate(1 / patience))
        for instant in poisson_arrivals(random_source, rates, period)
    ]
    heapq.heapify(events)
    visits: list[Visit] = []
    line: deque[tuple[float, float]] = deque()  # when they came, when their patience is over
    busy, there = 0, 0
    while events:
        now, kind, value = heapq.heappop(events)
        if kind == 0:
            busy -= 1
        elif kind == 1:
            there = servers[int(value)]
        else:
            line.append((now, value))
        while line and (busy < there or line[0][1] <= now):
            came, leaves = line.popleft()
            visits.append(Visit(came, min(now, leaves) - came, answered=leaves > now))
            if leaves > now:
                busy += 1
                heapq.heappush(events, (now + random_source.expovariate(1 / handling), 0, 0.0))
    visits += [Visit(came, leaves - came, answered=False) for came, leaves in line]
    return sorted(visits, key=lambda visit: visit.came)


def in_the_long_run(
    seed: int, rate: float, handling: float, patience: float, servers: int, visits: int
) -> list[Visit]:
    """About so many visits of a queue whose numbers stay as they are; its beginning is left out."""
    warm_up = 20 * max(handling, patience, 1 / rate)
    played = play(seed, [rate], [servers], warm_up + visits / rate, handling, patience)
    return [visit for visit in played if visit.came > warm_up]


def observed(visits: Sequence[Visit], within: float) -> dict[str, float]:
    """The measures of `ErlangA`, counted."""
    return {
        "wait_probability": fmean(visit.waited > 0 for visit in visits),
        "abandonment": fmean(not visit.answered for visit in visits),
        "mean_wait": fmean(visit.waited for visit in visits),
        "answered_within": fmean(visit.answered and visit.waited <= within for visit in visits),
    }


def disagreements(claimed: Mapping[str, float], visits: Sequence[Visit], within: float) -> list[str]:
    """The claimed measures that lie too far from what was seen, judged by how much parts of the run differ.

    Neighbours in a line have much in common, so that single visits would promise more certainty than there is.
    """
    size = len(visits) // BATCHES
    batches = [observed(visits[number * size : (number + 1) * size], within) for number in range(BATCHES)]
    found = []
    for name, claim in claimed.items():
        values = [batch[name] for batch in batches]
        mean, error = fmean(values), stdev(values) / math.sqrt(BATCHES)
        # Where next to nothing was seen, the spread says nothing: three in all visits might have been missed.
        if abs(mean - claim) > FAR * error + 3 / len(visits):
            found.append(f"{name}: {claim:.5f} claimed, {mean:.5f} ± {error:.5f} seen")
    return found
