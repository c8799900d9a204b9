"""A queue's week as the service statistics have recorded it: arrivals, patience and handling times for staffing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from chatsvc.domain.staffing import HOURS_OF_WEEK
from chatsvc.domain.statistics import Tally

# Who would have been served if there had been counsellors enough.
WANTED = ("admitted", "turned_full", "turned_no_staff")
ENOUGH = 20  # who gave up, or conversations that ended: a mean from fewer is out by more than a fifth


@dataclass(frozen=True, slots=True)
class RecordedWeek:
    """What was recorded from `first` to `last`; means are None where there was too little of it.

    `arrivals` has the mean of each hour of the week, Monday 00-01 first: who was let in, found the queue full, or
    found it open with nobody on duty. Patience is the estimate of greatest likelihood for an exponential distribution:
    all time that anybody waited, however it ended, by the number of those who gave up.
    """

    first: date
    last: date
    visitors: int
    arrivals: tuple[float, ...]
    patience_s: float | None
    handling_s: float | None


def recorded_week(counts: Mapping[Tally, int], queue: str, until: date) -> RecordedWeek | None:
    """The mean week of a queue in whole days before `until`; None if nobody came.

    Patience and handling are of whole months, the last ones that the counts have, as no day is kept of them.
    """
    hours: Counter[tuple[date, int]] = Counter()
    sums: Counter[str] = Counter()
    for tally, number in counts.items():
        if tally.queue != queue:
            continue
        if len(tally.when) == 7:
            sums[tally.what] += number
        elif tally.what in WANTED:
            hours[date.fromisoformat(tally.day), int(tally.when[11:])] += number
        elif tally.what in ("abandoned", "dropped"):
            sums["gave_up"] += number
    days = sorted(day for day, _ in hours if day < until)
    if not days:
        return None
    first, last = days[0], until - timedelta(days=1)
    weekdays = Counter(
        (first + timedelta(days=number)).weekday() for number in range((last - first).days + 1)
    )
    arrivals = [0.0] * HOURS_OF_WEEK
    for (day, hour), number in hours.items():
        if day < until:
            arrivals[24 * day.weekday() + hour] += number / weekdays[day.weekday()]
    waited_ms = sums["answered_ms"] + sums["gave_up_ms"] + sums["closed_ms"]
    return RecordedWeek(
        first, last, sum(number for (day, _), number in hours.items() if day < until), tuple(arrivals),
        waited_ms / 1000 / sums["gave_up"] if sums["gave_up"] >= ENOUGH else None,
        sums["handling_ms"] / 1000 / sums["handled"] if sums["handled"] >= ENOUGH else None,
    )  # fmt: skip
