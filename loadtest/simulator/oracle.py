"""Who knows all rates and distributions and all that has happened, but no draw: the future, played many times."""

import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from chatsvc.domain.estimate import Estimate
from loadtest.simulator.scenario import ANSWER, Scenario

HORIZON = 12 * 3_600.0


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that holds a place: since when it is talked, or written up."""

    topic: str
    since: float
    writing_up: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """A counsellor who takes visitors from `start` to `end`, and what they have at hand."""

    lines: frozenset[tuple[str, str]]
    start: float
    end: float
    capacity: int
    talks: Sequence[Talk] = ()


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody in line, in the order of being taken."""

    line: tuple[str, str]
    since: float


class Oracle:
    """Plays a line's future `times` times and gives the distribution of a wait."""

    def __init__(self, scenario: Scenario, times: int, *, ages: bool) -> None:
        """`ages`: it also knows since when each conversation has been talked."""
        self._ages = ages
        self._scenario = scenario
        self._times = times
        self._topics = {topic.name: topic for topic in scenario.topics}

    def estimate(
        self, now: float, desks: Sequence[Desk], ahead: Sequence[Waiter], own: tuple[str, str], key: object
    ) -> Estimate:
        """The wait of somebody behind `ahead`; `key` names the draws."""
        chance = self._scenario.random("oracle", key)
        waits = sorted(self._one(chance, now, desks, ahead, own) for _ in range(self._times))

        def point(share: float) -> float:
            return waits[min(len(waits) - 1, int(share * len(waits)))]

        return Estimate(point(0.1), point(0.5), point(0.9))

    def _one(
        self, chance: random.Random, now: float, desks: Sequence[Desk], ahead: Sequence[Waiter], own: tuple[str, str]
    ) -> float:  # fmt: skip
        line = [
            (waiter.line, now + self._scenario.patience.draw_rest(chance, now - waiter.since))
            for waiter in ahead
        ]
        line.append((own, math.inf))
        falls_free = self._places(chance, now, desks)
        heapq.heapify(falls_free)
        while falls_free:
            at, number = heapq.heappop(falls_free)
            desk = desks[number]
            if at >= desk.end:
                continue
            served = (place for place, (its, leaves) in enumerate(line) if its in desk.lines and leaves > at)
            place = next(served, None)
            if place is None:
                continue
            if place == len(line) - 1:
                return at - now + self._answer(chance, own[0])
            held = self._handling(chance, line.pop(place)[0][0])
            heapq.heappush(falls_free, (at + held, number))
        return HORIZON

    def _places(self, chance: random.Random, now: float, desks: Sequence[Desk]) -> list[tuple[float, int]]:
        """When each place falls free for the first time."""
        found = []
        for number, desk in enumerate(desks):
            for talk in desk.talks:
                topic, age = self._topics[talk.topic], now - talk.since
                if talk.writing_up:
                    left = topic.wrap_up.draw_rest(chance, age)
                else:
                    rest = (
                        topic.talk.draw_rest(chance, age) if self._ages else topic.talk.draw_any_rest(chance)
                    )
                    left = rest + topic.wrap_up.draw(chance)
                found.append((max(now + left, desk.start), number))
            found += [(max(now, desk.start), number)] * (desk.capacity - len(desk.talks))
        return found

    def _handling(self, chance: random.Random, name: str) -> float:
        topic = self._topics[name]
        return self._answer(chance, name) + topic.talk.draw(chance) + topic.wrap_up.draw(chance)

    def _answer(self, chance: random.Random, name: str) -> float:
        return ANSWER.draw(chance) if self._topics[name].mode == "offer" else 0.0
