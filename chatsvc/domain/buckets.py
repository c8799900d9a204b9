"""Token buckets: so many at once, and so many a second after that, for each of many keys in bounded memory."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key")

ROUNDING_S = 1e-9  # less than this is no wait, but what is left of adding fractions


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, `per_s` a second after that."""

    burst: float
    per_s: float


class Buckets(Generic[Key]):
    """A bucket for each key. A key that is not remembered has a full one, so forgetting never blocks anybody.

    At most `most` keys are remembered; whose bucket was touched longest ago goes first.
    """

    def __init__(self, rate: Rate, most: int) -> None:
        self.rate = rate
        self._most = most
        self._levels: OrderedDict[Key, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._levels)

    def level(self, key: Key, now_s: float) -> float:
        """What is in the bucket."""
        if key not in self._levels:
            return self.rate.burst
        left, at_s = self._levels[key]
        return min(self.rate.burst, left + max(0.0, now_s - at_s) * self.rate.per_s)

    def wait(self, key: Key, now_s: float, cost: float = 1.0) -> float:
        """In how many seconds the bucket holds `cost`; 0 if it does. Takes nothing."""
        wait_s = (cost - self.level(key, now_s)) / self.rate.per_s
        return wait_s if wait_s > ROUNDING_S else 0.0

    def take(self, key: Key, now_s: float, cost: float = 1.0) -> float:
        """Take `cost` from the bucket, or nothing if it holds less: in how many seconds it will do; 0 if it did."""
        wait_s = self.wait(key, now_s, cost)
        if not wait_s:
            self._levels[key] = (self.level(key, now_s) - cost, now_s)
            self._levels.move_to_end(key)
            while len(self._levels) > self._most:
                self._levels.popitem(last=False)
        return wait_s

    def clear(self) -> None:
        """Forget everybody."""
        self._levels.clear()


class Nested(Generic[Key]):
    """A bucket for each key, and a larger one for each group of keys, where a key has one: what is taken leaves both.

    So whoever has many keys of one group at their disposal has no more than that group's bucket holds.
    """

    def __init__(self, rate: Rate, most: int, times: float) -> None:
        """A group's bucket holds, and gets back, so many `times` as much as a key's."""
        self.rate = rate
        self._own: Buckets[Key] = Buckets(rate, most)
        self._shared: Buckets[Key] = Buckets(Rate(rate.burst * times, rate.per_s * times), most)

    def __len__(self) -> int:
        """How many keys are remembered, groups not counted."""
        return len(self._own)

    def level(self, key: Key, group: Key | None, now_s: float) -> float:
        """What can be taken at once."""
        own = self._own.level(key, now_s)
        return own if group is None else min(own, self._shared.level(group, now_s))

    def wait(self, key: Key, group: Key | None, now_s: float) -> float:
        """In how many seconds both hold one; 0 if they do."""
        own = self._own.wait(key, now_s)
        return own if group is None else max(own, self._shared.wait(group, now_s))

    def take(self, key: Key, group: Key | None, now_s: float) -> float:
        """Take one from both, or nothing if either lacks it: in how many seconds it will do; 0 if it did."""
        if wait_s := self.wait(key, group, now_s):
            return wait_s
        if group is not None:
            self._shared.take(group, now_s)
        return self._own.take(key, now_s)

    def clear(self) -> None:
        """Forget everybody."""
        self._own.clear()
        self._shared.clear()
