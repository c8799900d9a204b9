"""Token buckets: so many at once, and so many a second after that, for each of many keys in bounded memory."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key")


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

    def take(self, key: Key, now_s: float, cost: float = 1.0) -> float:
        """Take `cost` from the bucket, or nothing if it holds less: in how many seconds it will do; 0 if it did."""
        level = self.level(key, now_s)
        wait_s = max(0.0, (cost - level) / self.rate.per_s)
        if not wait_s:
            self._levels[key] = (level - cost, now_s)
            self._levels.move_to_end(key)
            while len(self._levels) > self._most:
                self._levels.popitem(last=False)
        return wait_s

    def clear(self) -> None:
        """Forget everybody."""
        self._levels.clear()
