"""Days in simulated time over the real scripts: the same by seed, and its checks see a bad estimate."""

import asyncio
import math
from dataclasses import replace
from statistics import fmean

import pytest

from chatsvc.domain.estimate import Estimate
from loadtest.simulator.play import Play, Visit
from loadtest.simulator.report import faults, judged, report, rows
from loadtest.simulator.run import play_on
from loadtest.simulator.scenario import CLOSES, DAY, Arrival, Lognormal, Patience, Scenario
from tests.support.stores import SingleStore

pytest_plugins = ["tests.support.stores"]

DAYS = Scenario(days=2, seed=5)


@pytest.fixture(scope="module")
def play(valkey_server: SingleStore) -> Play:
    """Two days, played once for all."""
    valkey_server.start()
    return asyncio.run(play_on(valkey_server.url, "p1", DAYS, 20))


def test_the_same_seed_gives_the_same_run(valkey_server: SingleStore, play: Play) -> None:
    """Every wait, every counsellor and every estimate is the same again; another seed gives others."""
    again = asyncio.run(play_on(valkey_server.url, "p2", DAYS, 20))
    assert again.visits == play.visits
    assert again.work == play.work
    assert Scenario(2, 6).arrivals != DAYS.arrivals


def test_a_small_week(play: Play) -> None:
    """Everybody who was let in has an end, people wait and give up, and nobody is left when the day is over."""
    inside = [visit for visit in play.visits.values() if not visit.refused]
    assert {visit.end for visit in inside} <= {"answered", "gave_up", "queue_closed"}
    assert fmean(visit.end == "gave_up" for visit in inside) > 0.05
    # The last-entry door: whoever might still wait at closing time was told before.
    assert sum(visit.end == "queue_closed" for visit in inside) <= 0.02 * len(inside)
    for visit in inside:
        assert (visit.arrival.at + (visit.waited or 0.0)) % DAY <= CLOSES
    assert "| nuoret |" in report(list(play.visits.values()), dict(play.work))
    shares = [work.taken / work.on_duty for work in play.work.values() if work.on_duty]
    assert max(shares) < 4 * min(shares)


def test_the_estimate_beats_the_naive_ones(play: Play) -> None:
    """In two days already the range holds most waits, and both naive estimators are further off."""
    ours, oracle, _, *naive = rows(judged(list(play.visits.values())))
    assert ours.covered is not None
    assert 0.6 < ours.covered < 0.95
    assert ours.error < 1.6 * oracle.error
    assert all(ours.error < each.error for each in naive)


def test_whoever_gave_up_would_have_waited_so_long(valkey_server: SingleStore, play: Play) -> None:
    """The same days again in which one of them stays: they are taken when it was said that they would be."""
    gone = [visit for visit in play.visits.values() if visit.end == "gave_up" and visit.would is not None]
    assert len(gone) > 50
    chosen = max(gone[:30], key=lambda visit: visit.would or 0.0).arrival.number
    said = play.visits[f"v{chosen}"].would
    stays = replace(DAYS, staying=frozenset({chosen}))
    again = asyncio.run(play_on(valkey_server.url, "p3", stays, 10))
    stayed = again.visits[f"v{chosen}"]
    assert stayed.end == "answered"
    assert stayed.waited == pytest.approx(
        said, abs=30.0
    )  # somebody else answers the offer, a little faster or slower


def made_up(told: Estimate) -> list[Visit]:
    """A hundred waits of 0.1 to 10 minutes, an oracle that knows their distribution, and what else is told."""
    somebody = Arrival(0, 0.0, "nuoret", "fi", 0, math.inf)
    oracle = Estimate(60, 300, 540)
    return [
        Visit(
            replace(somebody, number=number), waited=6.0 * number, would=6.0 * number, end="answered",
            told=told, oracle=oracle, seeing=oracle,
            naive={"position × mean handling / places": 1.0, "mean of the last ten waits": 1.0},
        )
        for number in range(1, 101)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "complaints"),
    [
        (Estimate(60, 300, 540), 0),
        (Estimate(200, 300, 400), 1),  # too sure
        (Estimate(0, 300, 600), 1),  # pretends to know nothing
        (Estimate(60, 560, 540), 1),  # a range that holds, around a middle that is off
        (Estimate(500, 560, 600), 2),
    ],
)
def test_a_bad_estimate_is_caught(told: Estimate, complaints: int) -> None:
    """The checks see ranges that are too narrow and too wide, and a median that is off."""
    assert len(faults(made_up(told))) == complaints


def test_times_have_the_mean_that_they_say() -> None:
    """Lognormal times, and what is left of one that has begun or that one comes upon, by their means."""
    chance, times = Scenario(1, 1).random("test"), Lognormal(600, 0.7)
    draws = [times.draw(chance) for _ in range(40_000)]
    assert fmean(draws) == pytest.approx(600, rel=0.02)
    assert fmean(times.draw_rest(chance, 0.0) for _ in range(40_000)) == pytest.approx(600, rel=0.02)
    longer = [draw - 900 for draw in draws if draw > 900]
    assert fmean(times.draw_rest(chance, 900) for _ in range(20_000)) == pytest.approx(
        fmean(longer), rel=0.06
    )
    # The mean of what one comes upon is half the mean square over the mean.
    anywhere = 600 * (1 + 0.7**2) / 2
    assert fmean(times.draw_any_rest(chance) for _ in range(40_000)) == pytest.approx(anywhere, rel=0.04)


def test_patience_that_is_left() -> None:
    """Whoever has waited for long is likelier to be one of those who stay."""
    chance, patience = Scenario(1, 1).random("test"), Patience()
    stay = [
        fmean(patience.draw_rest(chance, age) == math.inf for _ in range(4_000)) for age in (0, 900, 3_600)
    ]
    assert stay[0] == pytest.approx(patience.loyal, abs=0.03)
    assert stay[0] < stay[1] < stay[2]
