"""Two estimators that other systems use."""

from collections import defaultdict, deque
from statistics import fmean
from typing import Final

BY_POSITION: Final = "position × mean handling / places"
BY_LAST_WAITS: Final = "mean of the last ten waits"
AT_FIRST: Final = 600.0  # while nothing has been seen


class Naive:
    """What has been seen of each queue, in seconds."""

    def __init__(self) -> None:
        self._handled: defaultdict[str, deque[float]] = defaultdict(lambda: deque([1_500.0], 100))
        self._waited: defaultdict[str, deque[float]] = defaultdict(lambda: deque([AT_FIRST], 10))

    def handled(self, queue: str, seconds: float) -> None:
        """A conversation is over, its wrap-up included."""
        self._handled[queue].append(seconds)

    def waited(self, queue: str, seconds: float) -> None:
        """Somebody was taken after this wait."""
        self._waited[queue].append(seconds)

    def estimates(self, queue: str, ahead: int, places: int) -> dict[str, float]:
        """What each says to somebody with so many ahead of them in the queue, and so many places in it."""
        return {
            BY_POSITION: (ahead + 1) * fmean(self._handled[queue]) / max(1, places),
            BY_LAST_WAITS: fmean(self._waited[queue]),
        }
