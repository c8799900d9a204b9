"""The demo's statistics: a made-up last month, the same at every start, so that there is something to report."""

import random
from collections import Counter
from datetime import date

from chatsvc.domain.sites import SiteId, queue_key
from chatsvc.domain.statistics import WAIT_BOUNDS_S, Tally, local_hour, months_before
from chatsvc.services.statistics import days_of
from chatsvc.store.statistics import PoolCounts

SITE = SiteId("kunta")
A_DAY = {"paihde": 28, "perhe": 12}  # attempts on a weekday, on average
LANGUAGES = ("fi", "sv", "en"), (85, 11, 4)
OUTCOMES = (
    ("answered", "abandoned", "dropped", "closed", "turned_closed", "turned_full"),
    (68, 14, 5, 1, 9, 3),
)
HOURS = tuple(range(12, 20)), (2, 3, 4, 4, 4, 5, 4, 4)
PATIENCE_S, HANDLING_S = 420, 1_900


async def seed_statistics(counts: PoolCounts, now: int) -> None:
    """Write the month before this one, where no month is there yet. Raises StoreUnavailable."""
    if not await counts.months():
        month = months_before(local_hour(now)[:7], 1)
        await counts.restore(SITE, month, demo_month(month))


def demo_month(month: str) -> Counter[Tally]:
    """What was counted in a month in which nobody was really there."""
    chance, found = random.Random(month), Counter[Tally]()
    for day in days_of(month):
        for name, mean in A_DAY.items():
            usual = mean if day.weekday() < 5 else mean // 4
            for _ in range(round(usual * chance.uniform(0.6, 1.4))):
                _attempt(chance, found, queue_key(SITE, name), day)
    return found


def _attempt(chance: random.Random, found: Counter[Tally], queue: str, day: date) -> None:
    (language,), (outcome,) = (chance.choices(*kind) for kind in (LANGUAGES, OUTCOMES))
    hour = f"{day}T{chance.choices(*HOURS)[0]:02}"

    def count(what: str, number: int = 1, when: str = hour) -> None:
        found[Tally(queue, language, when, what)] += number

    count(outcome)
    if outcome.startswith("turned"):
        return
    count("admitted")
    wait_s, month = chance.expovariate(1 / PATIENCE_S if outcome != "answered" else 1 / 130), hour[:7]
    kind = outcome if outcome in ("answered", "closed") else "gave_up"
    count(f"{kind}_ms", round(wait_s * 1000), month)
    if kind != "closed":
        count(f"{kind}_{sum(wait_s > bound for bound in WAIT_BOUNDS_S)}", when=month)
    if outcome == "answered":
        count("prompt", int(wait_s <= 180))
        count("handled", when=month)
        count("handling_ms", round(chance.gauss(HANDLING_S, HANDLING_S / 4)) * 1000, month)
