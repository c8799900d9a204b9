"""The service that is simulated: who comes when, how long things take, who is on shift. All draws come from one seed.

The numbers are made up after published ones: youth chats are busiest in the afternoon and evening, are reached by fewer
than try, and talk for twenty to forty minutes; call centres see handling times that are lognormal (Brown et al.,
"Statistical analysis of a telephone call center", JASA 100 (2005) 36-50), and some give up at once.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from statistics import NormalDist
from typing import Final, Literal

from chatsvc.domain.sharing import Presence

MINUTE: Final = 60.0
HOUR: Final = 3_600.0
DAY: Final = 24 * HOUR
START: Final = int(datetime(2027, 1, 3, 22, tzinfo=UTC).timestamp())  # a Monday's midnight in Finland
STANDARD: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Times with a mean in seconds and a relative standard deviation."""

    mean: float
    spread: float

    @property
    def sigma(self) -> float:
        return math.sqrt(math.log1p(self.spread**2))

    @property
    def mu(self) -> float:
        return math.log(self.mean) - self.sigma**2 / 2

    def draw(self, chance: random.Random) -> float:
        """One time."""
        return chance.lognormvariate(self.mu, self.sigma)

    def draw_any_rest(self, chance: random.Random) -> float:
        """What is left of a time that one comes upon at any moment: of longer ones more often."""
        return chance.random() * chance.lognormvariate(self.mu + self.sigma**2, self.sigma)

    def draw_rest(self, chance: random.Random, age: float) -> float:
        """What is left of a time that has lasted for `age`."""
        below = STANDARD.cdf((math.log(age) - self.mu) / self.sigma) if age > 0 else 0.0
        share = min(below + (1.0 - below) * chance.random(), 1.0 - 1e-12)
        return max(0.0, math.exp(self.mu + self.sigma * STANDARD.inv_cdf(max(share, 1e-12))) - age)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long people wait: some hardly, some whatever happens, the others an exponential time (means in seconds)."""

    hasty: float = 0.12
    hasty_mean: float = 2 * MINUTE
    loyal: float = 0.3
    usual_mean: float = 22 * MINUTE

    def draw(self, chance: random.Random) -> float:
        """One person's patience; infinite for the loyal."""
        kind = chance.random()
        if kind < self.loyal:
            return math.inf
        return chance.expovariate(
            1 / (self.hasty_mean if kind < self.loyal + self.hasty else self.usual_mean)
        )

    def draw_rest(self, chance: random.Random, age: float) -> float:
        """What is left to somebody who has waited for `age`."""
        hasty = self.hasty * math.exp(-age / self.hasty_mean)
        usual = (1.0 - self.hasty - self.loyal) * math.exp(-age / self.usual_mean)
        kind = chance.random() * (hasty + usual + self.loyal)
        if kind < self.loyal:
            return math.inf
        return chance.expovariate(1 / (self.hasty_mean if kind < self.loyal + hasty else self.usual_mean))


@dataclass(frozen=True, slots=True)
class Topic:
    """One queue: its mode, how many come in an hour of average, and how long things take."""

    name: str
    mode: Literal["auto", "offer"]
    hourly: float
    talk: Lognormal
    wrap_up: Lognormal
    languages: tuple[tuple[str, float], ...] = (("fi", 0.86), ("sv", 0.09), ("en", 0.05))
    priority: float = 0.03  # share that comes with a priority


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who comes. `at` in seconds from the start."""

    number: int
    at: float
    topic: str
    lang: str
    priority: int
    patience: float


@dataclass(frozen=True, slots=True)
class Person:
    """A counsellor: what they can do, and their shifts in seconds from the start."""

    name: str
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    capacity: int
    shifts: tuple[tuple[float, float], ...]


# Arrivals of each open hour beside the average one: an afternoon's rise, an evening's peak.
CURVE: Final = {12: 0.6, 13: 0.7, 14: 0.9, 15: 1.1, 16: 1.2, 17: 1.2, 18: 1.3, 19: 1.2, 20: 0.8}
WEEKDAYS: Final = (1.15, 1.1, 1.0, 1.0, 0.9, 0.8, 1.05)
OPENS: Final = 12 * HOUR
CLOSES: Final = 21 * HOUR
BURSTS: Final = 0.35  # a day: so often a programme or a lesson sends many at once
BURST_S: Final = 20 * MINUTE
BURST: Final = 2.5  # times as many as usual

TOPICS: Final = (
    Topic("nuoret", "auto", 17.0, Lognormal(24 * MINUTE, 0.75), Lognormal(3 * MINUTE, 0.6)),
    Topic("perheet", "offer", 7.0, Lognormal(32 * MINUTE, 0.65), Lognormal(5 * MINUTE, 0.6)),
)
ANSWER: Final = Lognormal(9.0, 0.6)  # an offer's
TEAM: Final = (
    ("aino", ("nuoret",), ("fi",), 3),
    ("eino", ("nuoret",), ("fi", "sv"), 2),
    ("irja", ("nuoret", "perheet"), ("fi", "en"), 2),
    ("olli", ("nuoret",), ("fi", "en"), 2),
    ("ulla", ("nuoret", "perheet"), ("fi", "sv"), 3),
    ("veli", ("perheet",), ("fi",), 2),
    ("anni", ("nuoret", "perheet"), ("fi", "sv", "en"), 2),
    ("toivo", ("perheet",), ("fi", "sv"), 2),
)
SHIFTS: Final = ((12.0, 17.0), (12.0, 16.5), (13.0, 18.0), (15.5, 21.0), (16.0, 21.0), (16.5, 21.0))


@dataclass(frozen=True)
class Scenario:
    """A number of days of the service, from a Monday on."""

    days: int
    seed: int
    topics: tuple[Topic, ...] = TOPICS
    patience: Patience = Patience()
    load: float = 1.0  # times as many visitors
    staying: frozenset[int] = frozenset()  # numbers of visitors who stay whatever happens

    def random(self, *what: object) -> random.Random:
        """A source of chance for one purpose, so that one draw more in one place moves nothing elsewhere."""
        return random.Random(repr((self.seed, *what)))

    def topic(self, name: str) -> Topic:
        """The topic of this name."""
        return next(found for found in self.topics if found.name == name)

    @staticmethod
    def is_open(at: float) -> bool:
        """Whether the service is open."""
        return OPENS <= at % DAY < CLOSES

    @staticmethod
    def closes(at: float) -> float:
        """When the day of `at` ends."""
        return at - at % DAY + CLOSES

    @cached_property
    def arrivals(self) -> tuple[Arrival, ...]:
        """Everybody who comes while the service is open, by time."""
        found: list[tuple[float, str]] = []
        bursts = self._bursts()
        for topic in self.topics:
            chance, at = self.random("arrivals", topic.name), 0.0
            most = topic.hourly * self.load * max(CURVE.values()) * max(WEEKDAYS) * BURST / HOUR
            while (at := at + chance.expovariate(most)) < self.days * DAY:
                rate = topic.hourly * self.load * self._level(at, bursts) / HOUR
                if self.is_open(at) and chance.random() < rate / most:  # thinning
                    found.append((at, topic.name))
        return tuple(self._somebody(number, *each) for number, each in enumerate(sorted(found)))

    @cached_property
    def staff(self) -> tuple[Person, ...]:
        """Everybody with their shifts: on each day all but two work one of the day's shifts, in turn."""
        shifts: dict[str, list[tuple[float, float]]] = {}
        for day in range(self.days):
            names = [name for name, *_ in TEAM]
            self.random("roster", day).shuffle(names)
            for name, (begin, end) in zip(names, SHIFTS, strict=False):
                shifts.setdefault(name, []).append((day * DAY + begin * HOUR, day * DAY + end * HOUR))
        return tuple(
            Person(name, topics, languages, capacity, tuple(shifts.get(name, ())))
            for name, topics, languages, capacity in TEAM
        )

    @cached_property
    def plan(self) -> tuple[Presence, ...]:
        """The shifts as the service knows them."""
        return tuple(
            Presence(
                person.name, [f"s/{topic}" for topic in person.topics], person.languages, person.capacity,
                (START + int(begin)) * 1000, (START + int(end)) * 1000,
            )
            for person in self.staff
            for begin, end in person.shifts
        )  # fmt: skip

    def _bursts(self) -> list[float]:
        chance = self.random("bursts")
        return [
            day * DAY + chance.uniform(OPENS, CLOSES - HOUR)
            for day in range(self.days)
            if chance.random() < BURSTS
        ]

    @staticmethod
    def _level(at: float, bursts: Sequence[float]) -> float:
        hour, weekday = int(at % DAY // HOUR), int(at // DAY) % 7
        in_burst = any(begin <= at < begin + BURST_S for begin in bursts)
        return CURVE.get(hour, 0.0) * WEEKDAYS[weekday] * (BURST if in_burst else 1.0)

    def _somebody(self, number: int, at: float, name: str) -> Arrival:
        chance, topic = self.random("visitor", number), self.topic(name)
        names, shares = zip(*topic.languages, strict=True)
        lang = chance.choices(names, shares)[0]
        priority = int(chance.random() < topic.priority)
        patience = math.inf if number in self.staying else self.patience.draw(chance)
        return Arrival(number, at, name, lang, priority, patience)
