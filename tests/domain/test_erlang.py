"""Erlang-A against what is known otherwise: limits, exact sums, published values, and a queue played through."""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatsvc.domain.erlang import ErlangA, erlang_a
from tests.domain.queue_simulation import disagreements, in_the_long_run

LOADS = st.floats(0.01, 1_000)
PATIENCES = st.floats(0.01, 50)  # in mean handling times
# Arrival rate, handling time, patience, servers, time of the promise: quiet, busy, overloaded, impatient, single.
QUEUES = [
    (48.0, 1.0, 2.0, 50, 0.1),
    (6.0, 1.0, 0.3, 7, 0.1),
    (100.0, 1.0, 0.5, 85, 0.1),
    (0.3, 1.0, 1.0, 1, 0.1),
    (2.0, 1.0, 5.0, 4, 0.1),
    (12.0, 1.0, 0.05, 8, 0.01),
    (0.2, 35.0, 8.0, 8, 3.0),
]
VISITS = 50_000


def erlang_b(load: float, servers: int) -> float:
    """The share that finds all servers busy and leaves, by Erlang's recursion of 1917."""
    lost = 1.0
    for number in range(1, servers + 1):
        lost = load * lost / (number + load * lost)
    return lost


def erlang_c(load: float, servers: int) -> float:
    """The share that waits when nobody ever gives up; for loads below the number of servers."""
    lost = erlang_b(load, servers)
    return lost / (1 - load / servers * (1 - lost))


def measures(queue: ErlangA, within: float) -> dict[str, float]:
    return {
        "wait_probability": queue.wait_probability,
        "abandonment": queue.abandonment,
        "mean_wait": queue.mean_wait,
        "answered_within": queue.answered_within(within),
    }


def integrated(
    rate: float, handling: float, patience: float, servers: int, within: float
) -> tuple[float, float]:
    """The share that waits and the share answered in time, by integrals over the offered wait.

    Baccelli and Hebuterne (1981), Zeltyn and Mandelbaum (2005): its density at t > 0 is proportional to
    exp(rate × patience × (1 - exp(-t/patience)) - servers × t / handling). Simpson's rule; for moderate loads.
    """
    steps, end = 4_000, 40 * min(patience, handling) + 60 * handling / servers

    def density(time: float) -> float:
        return rate * math.exp(rate * patience * -math.expm1(-time / patience) - servers * time / handling)

    def integral(of: Callable[[float], float], until: float) -> float:
        width = until / steps
        weights = [1, *([4, 2] * (steps // 2))[:-1], 1]
        return width / 3 * math.fsum(weight * of(width * n) for n, weight in enumerate(weights))

    waiting = integral(density, end)
    at_once = 1 / erlang_b(rate * handling, servers - 1)
    in_time = integral(lambda time: density(time) * math.exp(-time / patience), within)
    return waiting / (at_once + waiting), (at_once + in_time) / (at_once + waiting)


def test_published_values() -> None:
    """50 agents, 48 calls a minute of 1 minute, patience 2 minutes: table 1 of Garnett, Mandelbaum and Reiman."""
    queue = erlang_a(48, 1, 2, 50)
    assert round(100 * queue.abandonment, 1) == 3.1
    assert round(60 * queue.mean_wait, 1) == 3.7
    assert round(queue.mean_line) == 3
    assert round(100 * queue.occupancy) == 93


@given(LOADS, st.integers(1, 800))
@settings(deadline=None)
def test_with_patience_like_a_conversation_the_number_there_is_poisson(load: float, servers: int) -> None:
    """When people leave the line as fast as a conversation ends, servers make no difference to how many are there."""
    queue = erlang_a(load, 1, 1, servers)
    logs = [state * math.log(load) - load - math.lgamma(state + 1) for state in range(servers)]
    assert queue.wait_probability == pytest.approx(1 - math.fsum(map(math.exp, logs)), abs=1e-10)


@pytest.mark.parametrize(("load", "servers"), [(0.5, 1), (8, 10), (45, 50), (0.01, 3), (280, 300)])
def test_endless_patience_is_erlang_c(load: float, servers: int) -> None:
    """The more patient people are, the nearer the queue comes to one that nobody leaves."""
    queue = erlang_a(load, 1, 1e7, servers)
    waits, room = erlang_c(load, servers), servers - load
    assert queue.wait_probability == pytest.approx(waits, rel=1e-4)
    assert queue.mean_wait == pytest.approx(waits / room, rel=1e-4)
    assert queue.abandonment == pytest.approx(0, abs=1e-6)
    for time in (0.01, 0.1, 1.0):
        assert queue.answered_within(time) == pytest.approx(1 - waits * math.exp(-room * time), abs=1e-5)


@given(LOADS, st.integers(1, 800))
@example(load=3.0, servers=20)  # so little is lost that the line must not be cut off as negligible
@settings(deadline=None)
def test_no_patience_is_erlang_b(load: float, servers: int) -> None:
    """Whoever gives up at once is lost as in a telephone exchange without a waiting line."""
    queue = erlang_a(load, 1, 1e-9, servers)
    assert queue.abandonment == pytest.approx(erlang_b(load, servers), rel=1e-4, abs=1e-15)
    assert queue.wait_probability == pytest.approx(erlang_b(load, servers), rel=1e-4, abs=1e-12)


@pytest.mark.parametrize(
    ("load", "servers", "lost"), [(10, 10, 0.2146), (1, 1, 0.5), (4.461, 10, 0.01), (84.06, 100, 0.01)]
)
def test_the_tables_of_erlang_b(load: float, servers: int, lost: float) -> None:
    """Values of the printed tables of loss."""
    assert erlang_a(load, 1, 1e-9, servers).abandonment == pytest.approx(lost, abs=5e-5)


def test_exact_sums_of_a_small_queue() -> None:
    """Two servers, summed with fractions from the balance of arrivals and departures in each state."""
    rate, patience, servers = Fraction(3), Fraction(1, 2), 2
    weights = [Fraction(1)]
    for state in range(1, 80):
        weights.append(weights[-1] * rate / (min(state, servers) + max(0, state - servers) / patience))
    total = sum(weights)
    queue = erlang_a(3, 1, 0.5, 2)
    assert queue.wait_probability == pytest.approx(float(sum(weights[2:]) / total), rel=1e-12)
    gone = sum(weight * (state - 2) for state, weight in enumerate(weights) if state > 2) / patience / rate
    assert queue.abandonment == pytest.approx(float(gone / total), rel=1e-12)


@pytest.mark.parametrize("queue", QUEUES)
def test_the_integrals_say_the_same(queue: tuple[float, float, float, int, float]) -> None:
    """The sums over states agree with the integrals over the offered wait, an independent way to the same numbers."""
    *numbers, within = queue
    rate, handling, patience, servers = numbers
    waits, in_time = integrated(rate, handling, patience, int(servers), within)
    sums = erlang_a(rate, handling, patience, int(servers))
    assert sums.wait_probability == pytest.approx(waits, abs=1e-6)
    assert sums.answered_within(within) == pytest.approx(in_time, abs=1e-6)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_played_queue_says_the_same(queue: tuple[float, float, float, int, float]) -> None:
    """Every measure lies where a simulation of 50,000 visits sees it."""
    rate, handling, patience, servers, within = queue
    visits = in_the_long_run(7, rate, handling, patience, servers, VISITS)
    assert disagreements(measures(erlang_a(rate, handling, patience, servers), within), visits, within) == []


WRONG: dict[str, Callable[[ErlangA, float], dict[str, float]]] = {
    "a server too many": lambda queue, t: measures(
        erlang_a(queue.arrival_rate, queue.handling, queue.patience, queue.servers + 1), t
    ),
    "nobody gives up": lambda queue, _: {
        "wait_probability": erlang_c(queue.arrival_rate * queue.handling, queue.servers)
    },
    "times mixed up": lambda queue, t: measures(
        erlang_a(
            queue.arrival_rate * queue.handling / queue.patience,
            queue.patience,
            queue.handling,
            queue.servers,
        ),
        t,
    ),
    "those who gave up count as in time": lambda queue, t: {
        "answered_within": queue.answered_within(t) + queue.abandonment
    },
    "only those who are answered count": lambda queue, t: {
        "answered_within": queue.answered_within(t) / (1 - queue.abandonment)
    },
    "the wait of those who wait": lambda queue, _: {"mean_wait": queue.mean_wait / queue.wait_probability},
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_formula_is_caught(fault: str) -> None:
    """The comparison with the played queue sees each planted fault."""
    rate, handling, patience, servers, within = QUEUES[1]
    visits = in_the_long_run(7, rate, handling, patience, servers, VISITS)
    assert disagreements(WRONG[fault](erlang_a(rate, handling, patience, servers), within), visits, within)


@given(LOADS, PATIENCES, st.integers(0, 600), st.floats(0.001, 20))
@settings(max_examples=150, deadline=None)
def test_more_servers_never_make_it_worse(load: float, patience: float, servers: int, time: float) -> None:
    """With one server more nobody waits longer, fewer give up, and more are answered in time."""
    fewer, more = erlang_a(load, 1, patience, servers), erlang_a(load, 1, patience, servers + 1)
    assert more.wait_probability <= fewer.wait_probability + 1e-9
    assert more.mean_wait <= fewer.mean_wait + 1e-9
    assert more.abandonment <= fewer.abandonment + 1e-9
    assert more.answered_within(time) >= fewer.answered_within(time) - 1e-9


@given(LOADS, PATIENCES, st.integers(0, 600), st.lists(st.floats(0, 100), min_size=2, max_size=6))
@settings(max_examples=150, deadline=None)
def test_shares_are_shares(load: float, patience: float, servers: int, times: list[float]) -> None:
    """All shares lie in 0..1, more time never means fewer answered, and in the end all but those who gave up are."""
    queue = erlang_a(load, 1, patience, servers)
    shares = [queue.answered_within(time) for time in sorted(times)]
    assert max(a - b for a, b in pairwise(shares)) < 1e-9
    assert all(
        0 <= share <= 1 for share in (*shares, queue.wait_probability, queue.abandonment, queue.occupancy)
    )
    assert math.fsum(queue.probabilities) == pytest.approx(1, abs=1e-12)
    assert queue.answered_within(1e6) == pytest.approx(1 - queue.abandonment, abs=1e-12)
    assert queue.answered_within(0) == pytest.approx(1 - queue.wait_probability, abs=1e-12)
    assert queue.answered_within(1e-12) == pytest.approx(1 - queue.wait_probability, abs=1e-6)


@pytest.mark.parametrize(
    ("rate", "handling", "patience", "servers"),
    [
        (1_000, 1, 8_000, 1),
        (1_000, 1, 8_000, 1_000),
        (0.01, 1, 1, 800),
        (1_000, 1, 1e-6, 3),
        (1e4, 8, 3, 79_000),
    ],
)
def test_extremes_are_finite(rate: float, handling: float, patience: float, servers: int) -> None:
    """Neither long overload nor hundreds of idle servers break the sums; what flows in flows out."""
    queue = erlang_a(rate, handling, patience, servers)
    answered = rate * (1 - queue.abandonment) * handling
    assert answered <= servers * (1 + 1e-9)
    assert 0 <= queue.answered_within(patience) <= 1
    if rate * handling > 1.5 * servers and patience > handling:
        assert answered == pytest.approx(servers, rel=1e-6)


@pytest.mark.parametrize("servers", [1, 10, 300])
def test_overload_gives_up_what_can_not_be_answered(servers: int) -> None:
    """With twice the load that servers can carry, half give up: Whitt's fluid limit."""
    assert erlang_a(2 * servers, 1, 30, servers).abandonment == pytest.approx(0.5, abs=0.01)


def test_without_servers_all_give_up() -> None:
    """Nobody there: everybody waits as long as their patience lasts."""
    queue = erlang_a(3, 1, 0.5, 0)
    assert [queue.wait_probability, queue.abandonment, queue.mean_wait] == pytest.approx([1, 1, 0.5])
    assert queue.answered_within(9) == queue.occupancy == 0


@pytest.mark.parametrize(
    "numbers", [(0, 1, 1, 1), (1, -1, 1, 1), (1, 1, math.inf, 1), (math.nan, 1, 1, 1), (1, 1, 1, -1)]
)
def test_impossible_numbers_are_refused(numbers: tuple[float, float, float, int]) -> None:
    """Rates and times are positive and finite, servers not fewer than none."""
    with pytest.raises(ValueError, match="above 0"):
        erlang_a(*numbers)
