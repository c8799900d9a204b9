"""Figures of the message path: plain numbers that the event loop counts, read by Prometheus without locks.

One message touches several of them, and prometheus-client's own counters cost six times as much. They
are only ever written by the loop's thread; a scrape in another thread may see a round that is half counted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry


class Tally:
    """A number that only grows."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def inc(self, by: int = 1) -> None:
        self.count += by


class Spread:
    """Durations in seconds, counted by bucket."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds


class TallyCollector(Collector):
    """Shows tallies and spreads to Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tallies: list[tuple[str, str, str, dict[str, Tally]]] = []
        self._spreads: list[tuple[str, str, Spread]] = []
        registry.register(self)

    def tallies(self, name: str, text: str, label: str, values: Sequence[str]) -> dict[str, Tally]:
        """One tally for each of the label's `values`, which are all it ever has."""
        children = {value: Tally() for value in values}
        self._tallies.append((name, text, label, children))
        return children

    def spread(self, name: str, text: str, bounds: Sequence[float]) -> Spread:
        """A histogram with these upper bounds, in seconds."""
        spread = Spread(bounds)
        self._spreads.append((name, text, spread))
        return spread

    def collect(self) -> Iterator[Metric]:
        for name, text, label, children in self._tallies:
            family = CounterMetricFamily(name, text, labels=[label])
            for value, tally in children.items():
                family.add_metric([value], tally.count)
            yield family
        for name, text, spread in self._spreads:
            histogram = HistogramMetricFamily(name, text)
            histogram.add_metric([], _cumulative(spread), spread.total)
            yield histogram


def _cumulative(spread: Spread) -> list[tuple[str, float]]:
    below = 0
    buckets = []
    for bound, count in zip([*map(float, spread.bounds), "+Inf"], list(spread.counts), strict=True):
        below += count
        buckets.append((str(bound), float(below)))
    return buckets
