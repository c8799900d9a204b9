"""How long a month's counts of a queue live. They hold no conversation: only site, queue and month matter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from chatsvc.domain.retention import Period, Rule, RuleSet, in_force

STATISTICS_KEPT = Period(
    36
)  # where no rule says anything: a yearly report can be compared with the two before it

Reason = Literal["rule", "no_rule", "law", "earlier_promise"]


@dataclass(frozen=True, slots=True)
class MonthFate:
    """When a queue's counts of a month are gone (ms), why, by which rule ("": none) of which version (0: none)."""

    at: int
    rule: str = ""
    version: int = 0
    reason: Reason = "no_rule"


def month_fate(versions: Sequence[RuleSet], queue: str, month_end: int) -> MonthFate:
    """What becomes of the counts of a month that ended at an instant (ms); `queue` is its name within the site.

    The earliest end wins, and a later version never lengthens what an earlier one promised, but for a legal minimum.
    """
    binding = in_force(versions, month_end)
    promised = [_strictest(version, queue, month_end) for version in binding]
    found = min(
        reversed(promised), key=lambda fate: fate.at, default=MonthFate(STATISTICS_KEPT.after(month_end))
    )
    if promised and found.version != promised[-1].version:
        found = MonthFate(found.at, found.rule, found.version, "earlier_promise")
    for rule, _ in _about(binding[-1], queue) if binding else ():
        lifted = rule.legal_minimum.period.after(month_end) if rule.legal_minimum else 0
        if lifted > found.at:
            found = MonthFate(lifted, rule.name, binding[-1].number, "law")
    return found


def _strictest(version: RuleSet, queue: str, month_end: int) -> MonthFate:
    said = [
        MonthFate(life.after(month_end), rule.name, version.number, "rule")
        for rule, life in _about(version, queue)
    ]
    nothing = MonthFate(STATISTICS_KEPT.after(month_end), "", version.number)
    return min(said, key=lambda fate: fate.at, default=nothing)


def _about(version: RuleSet, queue: str) -> Iterator[tuple[Rule, Period]]:
    for rule in version.rules:
        if rule.statistics is not None and rule.queue in (None, queue):
            yield rule, rule.statistics
