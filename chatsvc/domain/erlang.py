"""Erlang-A: how long visitors wait, and how many give up, when the numbers of a queue stay as they are.

The model is M/M/n+M: visitors come independently of each other (Poisson), conversations last and patience lasts an
exponentially distributed time, n servers take whoever has waited longest. Palm, "Research on telephone traffic
carried by full availability groups", Tele 1 (1957); Garnett, Mandelbaum and Reiman, "Designing a call center with
impatient customers", Manufacturing & Service Operations Management 4 (2002) 208-227.

Everything is summed over the states of the birth-death process, outwards from the likeliest one. All terms are
positive and none is larger than one, so nothing overflows or cancels, however high the load or however long the line.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

# What is left out of a sum is less than this share of it: far less than rounding, because the share that gives up is
# divided by how many come in the time of one patience, which may be few.
NEGLIGIBLE = 1e-30
# Patience beyond this many times its mean: less likely than 1e-21.
ENDLESS = 50.0

Ratio = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class ErlangA:
    """A queue in its long run. Rate and times are in one unit of the caller's choice; `erlang_a` makes it.

    Shares are of all who come. Waiting ends with a server or with giving up.
    """

    arrival_rate: float
    handling: float
    patience: float
    servers: int
    first_state: int  # people in the queue and in conversation
    probabilities: tuple[float, ...]  # of that state and those after it; all others are negligible

    @property
    def wait_probability(self) -> float:
        """The share that is not answered at once."""
        return min(1.0, math.fsum(chance for _, chance in self._waiting()))

    @property
    def mean_line(self) -> float:
        """How many people wait, on average."""
        return math.fsum(line * chance for line, chance in self._waiting())

    @property
    def mean_wait(self) -> float:
        """How long people wait, those who give up and those answered at once included (Little's law)."""
        return self.mean_line / self.arrival_rate

    @property
    def abandonment(self) -> float:
        """The share that gives up: each who waits does so at the rate 1 / patience."""
        return min(1.0, self.mean_wait / self.patience)

    @property
    def occupancy(self) -> float:
        """The share of the servers' time that conversations take; 0 without servers."""
        if not self.servers:
            return 0.0
        return min(1.0, self.arrival_rate * self.handling * (1.0 - self.abandonment) / self.servers)

    def answered_within(self, time: float) -> float:
        """The share of all who come that is answered, and has waited at most `time`."""
        if not time / self.patience > 0.0:  # an immeasurably short time counts as none
            return 1.0 - self.wait_probability
        return min(1.0, max(0.0, 1.0 - self.abandonment - self._answered_after(time)))

    def _waiting(self) -> list[tuple[int, float]]:
        """Length of the line, and its probability, for all states in which a newcomer must wait."""
        skipped = max(0, self.servers - self.first_state)
        begin = self.first_state + skipped - self.servers
        return list(enumerate(self.probabilities[skipped:], begin))

    def _answered_after(self, time: float) -> float:
        """The share of all who come that is answered after more than `time`.

        A newcomer who finds `line` people waiting sees departures ahead at the rates (x + i)/patience, with
        i = line, ..., 0 and x = servers × patience / handling. So exp(-wait/patience) has the Beta(x, line + 1)
        distribution; weighing it with the newcomer's own patience leaves Beta(x + 1, line + 1), whose lower tail
        is that of a negative binomial count.
        """
        spent = time / self.patience
        waiting = self._waiting()
        if spent > ENDLESS or not waiting or not self.servers:
            return 0.0
        x = self.servers * self.patience / self.handling
        first, cumulated = _negative_binomial(x + 1.0, spent, last=waiting[-1][0])
        return math.fsum(
            chance * x / (x + line + 1) * cumulated[min(line - first, len(cumulated) - 1)]
            for line, chance in waiting
            if line >= first
        )


def erlang_a(arrival_rate: float, handling: float, patience: float, servers: int) -> ErlangA:
    """The queue with these mean times and this many servers. Raises ValueError unless all are finite and positive.

    `servers` may be 0: then everybody gives up.
    """
    given = (arrival_rate, handling, patience)
    if not all(math.isfinite(value) and value > 0 for value in given) or servers < 0:
        raise ValueError("arrival rate, handling time and patience must be above 0, servers at least 0")
    load = arrival_rate * handling

    def ratio(state: int) -> float:
        """The probability of a state over that of the one before: arrivals over departures."""
        busy, line = min(state, servers), max(0, state - servers)
        return arrival_rate / (busy / handling + line / patience)

    likeliest = load if load < servers else servers + (arrival_rate - servers / handling) * patience
    first, terms = _terms(int(likeliest), ratio)
    total = math.fsum(terms)
    return ErlangA(arrival_rate, handling, patience, servers, first, tuple(term / total for term in terms))


def _negative_binomial(shape: float, spent: float, *, last: int) -> tuple[int, list[float]]:
    """The chances of at most k, for k from the first number of the answer up to `last`, where that matters.

    The count is of failures before the `shape`-th success with the success probability exp(-spent).
    """
    fails = -math.expm1(-spent)
    anchor = int(min(last, (shape - 1.0) * math.expm1(spent)))
    first, terms = _terms(anchor, lambda count: fails * (shape + count - 1.0) / count, last)
    ways = math.lgamma(shape + anchor) - math.lgamma(shape) - math.lgamma(anchor + 1.0)
    scale = math.exp(ways - shape * spent + anchor * math.log(fails))
    return first, [min(1.0, scale * chance) for chance in accumulate(terms)]


def _terms(anchor: int, ratio: Ratio, last: int | None = None) -> tuple[int, list[float]]:
    """Probabilities on 0, 1, 2, ... relative to that of `anchor`, and the first number that is not negligible.

    `ratio(k)` is p(k)/p(k-1) and must not rise with k: then what follows a term is at most a geometric series, and
    it is known when to stop.
    """
    below, term = [], 1.0
    for state in range(anchor, 0, -1):
        quotient = 1.0 / ratio(state)
        if _tail(term, quotient) < NEGLIGIBLE:
            break
        term *= quotient
        below.append(term)
    terms, term, state = [*reversed(below), 1.0], 1.0, anchor
    while last is None or state < last:
        state += 1
        quotient = ratio(state)
        if _tail(term, quotient) < NEGLIGIBLE:
            break
        term *= quotient
        terms.append(term)
    return anchor - len(below), terms


def _tail(term: float, quotient: float) -> float:
    """At most what follows a term when no later quotient is larger."""
    return term * quotient / (1.0 - quotient) if quotient < 1.0 else math.inf
