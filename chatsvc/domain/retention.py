"""When each part of a conversation has to be gone: a function of rules, conversation and time, and nothing else.

In words for those who answer for it: `deploy/retention.md`.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Kind = Literal["transcript", "notes", "answers", "feedback", "record"]
TextKind = Literal["transcript", "notes", "answers", "feedback"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TEXTS: tuple[TextKind, ...] = get_args(TextKind)
CountedFrom = Literal["end", "last_message"]
Then = Literal["erase", "keep_record"]
# Why a part lives until then: a rule's time, no rule says anything, a law, what an earlier version promised, the
# visitor's wish, and of the record: the text that it belongs to.
Reason = Literal["rule", "no_rule", "law", "earlier_promise", "wish", "with_text"]

REDACTED_AFTER_MS = 60_000  # the time for reading: what is written in its last moment has arrived by then
AT_LATEST_MS = 1_800_000  # after the end: what lives for no time at all is gone by then, wrapped up or not
DAY_MS = 86_400_000
_FINLAND = ZoneInfo("Europe/Helsinki")


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time: calendar months in Finland, then milliseconds; a day is 24 hours."""

    months: int = 0
    ms: int = 0

    def after(self, instant: int) -> int:
        """The instant (ms) at which it is over; where the last month lacks the day, on its last (law 150/1930, 3 §)."""
        return instant + _days(instant, self.months) * DAY_MS + self.ms


NO_TIME = Period()


def _days(instant: int, months: int) -> int:
    """How many days the next `months` are, beginning with the day of an instant."""
    if months == 0:
        return 0
    day = datetime.fromtimestamp(instant / 1000, UTC).astimezone(_FINLAND).date()
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return (day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1])) - day).days


@dataclass(frozen=True, slots=True)
class LegalMinimum:
    """How long a law requires to keep what a rule names, and which law."""

    period: Period
    basis: str


@dataclass(frozen=True, slots=True)
class Rule:
    """How long some kinds live, of the conversations that it is for. Of a kind that `lives` lacks it says nothing.

    `then` says what is left when the text is gone: nothing, or the record, which lives as `lives` says of it. How long
    `statistics` live counts from the end of their month, and is said for all of a site or for a queue.
    """

    name: str
    lives: Mapping[Kind, Period]
    queue: str | None = None  # its name within the site; None: all
    tag: str | None = None
    outcome: str | None = None
    counted_from: CountedFrom = "end"
    then: Then | None = None
    redact: bool = False  # text that is kept is redacted when wrap-up and linger are over
    legal_minimum: LegalMinimum | None = None
    statistics: Period | None = None

    def is_for(self, ended: "Ended") -> bool:
        """Whether it says anything about this conversation."""
        return (
            (self.queue is None or self.queue in ended.queues)
            and (self.tag is None or self.tag in ended.tags)
            and self.outcome in (None, ended.outcome)
        )

    def says(self) -> dict[Kind, Period]:
        """Its times, with the record's where that goes with the text."""
        return {"record": NO_TIME, **self.lives} if self.then == "erase" else dict(self.lives)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A site's rules from an instant (ms) on; `existing`: also for what had ended before."""

    number: int
    since: int
    rules: tuple[Rule, ...] = ()
    existing: bool = True
    at_latest_ms: int = AT_LATEST_MS


@dataclass(frozen=True, slots=True)
class Ended:
    """What the rules ask of a conversation that is over. Times are ms.

    `wrapped` is when the wrap-up ended, `wrap_until` when it will at the latest; `wish` is when the visitor wanted all
    to be erased; `linger` is until when the visitor may read it; `passed` are queues that it was in before this one.
    """

    queue: str
    ended: int
    last_message: int
    assigned: bool = True
    wrapped: int | None = None
    wrap_until: int | None = None
    tags: tuple[str, ...] = ()
    outcome: str | None = None
    wish: int | None = None
    held: bool = False
    linger: int | None = None
    passed: tuple[str, ...] = ()

    @property
    def queues(self) -> tuple[str, ...]:
        """Every queue that it was in, the last one first."""
        return (self.queue, *self.passed)

    def shortest(self, at_latest_ms: int) -> int:
        """When what lives for no time at all is gone: as the wrap-up ends, at the latest so long after the end."""
        if not self.assigned:
            return self.ended
        known = [at for at in (self.wrapped, self.wrap_until) if at is not None]
        return max(self.ended, min([self.ended + at_latest_ms, *known[:1]]))


@dataclass(frozen=True, slots=True)
class Fate:
    """When one kind is gone (ms), by which rule ("" for none) of which version (0 for none), why; not while held."""

    kind: Kind
    at: int
    rule: str = ""
    version: int = 0
    reason: Reason = "no_rule"
    held: bool = False

    def is_due(self, now: int) -> bool:
        """Whether it has to be gone by now."""
        return not self.held and self.at <= now


@dataclass(frozen=True, slots=True)
class Redaction:
    """When text that is kept is redacted (ms), by which rule of which version."""

    at: int
    rule: str
    version: int


def fates(versions: Sequence[RuleSet], ended: Ended) -> tuple[Fate, ...]:
    """What becomes of each kind, in the order of `KINDS`.

    All rules that are for the conversation apply. For each kind the earliest instant wins, of equal ones the first
    rule; a kind that no rule names lives for no time at all. What was in several queues lives no longer than it would
    have in any of them alone. A later version shortens what an earlier one promised, and
    never lengthens it. Then legal minima lift, and a hold suspends. The record stays as long as any text, which could
    not be found without it.
    """
    binding = in_force(versions, ended.ended)
    texts = [_fate(kind, binding, ended) for kind in TEXTS]
    record, last = _fate("record", binding, ended), max(texts, key=lambda fate: fate.at)
    if last.at > record.at:
        record = Fate("record", last.at, last.rule, last.version, "with_text", last.held)
    return (*texts, record)


def redaction(versions: Sequence[RuleSet], ended: Ended) -> Redaction | None:
    """When text that is kept is redacted, and by the first rule that asks for it; None for never, or while held.

    It is if any rule that is for the conversation says so, a minute after wrap-up and reading are over. What a law
    requires to be kept has to stay as it was until the law's time is over, unless the same rule says `redact`.
    """
    binding = in_force(versions, ended.ended)
    wanted = [
        (version, rule) for version in binding for rule in version.rules if rule.redact and rule.is_for(ended)
    ]
    if ended.held or not wanted:
        return None
    over = max(
        [ended.linger or ended.ended, *(ended.shortest(version.at_latest_ms) for version, _ in wanted)]
    )
    laws = [
        rule.legal_minimum.period.after(_start(rule, ended))
        for version in binding[-1:]
        for rule in version.rules
        if rule.legal_minimum and rule.is_for(ended) and not rule.redact and set(rule.lives) & set(TEXTS)
    ]
    version, rule = wanted[0]
    return Redaction(max([over + REDACTED_AFTER_MS, *laws]), rule.name, version.number)


def kept_by_law(versions: Sequence[RuleSet], ended: Ended) -> bool:
    """Whether a legal minimum keeps any text of it, whatever its visitor wishes."""
    return any(fate.reason == "law" and fate.kind in TEXTS for fate in fates(versions, ended))


def in_force(versions: Sequence[RuleSet], ended_at: int) -> tuple[RuleSet, ...]:
    """The versions that bind what ended at an instant: that of its time, then those made later for what existed.

    What ended before there was any falls under the first.
    """
    then = [version for version in versions if version.since <= ended_at] or list(versions[:1])
    later = (
        (version for version in versions[versions.index(then[-1]) + 1 :] if version.existing) if then else ()
    )
    return (*then[-1:], *later)


def _fate(kind: Kind, binding: Sequence[RuleSet], ended: Ended) -> Fate:
    promised = [_strictest(kind, version, ended) for version in binding] or [
        Fate(kind, ended.shortest(AT_LATEST_MS))
    ]
    found = min(reversed(promised), key=lambda fate: fate.at)
    if found.reason == "rule" and found.version != binding[-1].number:
        found = _because(found, "earlier_promise")
    if ended.wish is not None and ended.wish < found.at:
        found = Fate(kind, ended.wish, "", 0, "wish")
    for lifted in _required(kind, binding[-1:], ended):
        if lifted.at > found.at:
            found = lifted
    return Fate(kind, found.at, found.rule, found.version, found.reason, ended.held)


def _strictest(kind: Kind, version: RuleSet, ended: Ended) -> Fate:
    """What the rules of one version say of every queue that it was in, legal minima left out."""
    alone = (replace(ended, queue=queue, passed=()) for queue in ended.queues) if ended.passed else (ended,)
    return min((_in_its_queue(kind, version, one) for one in alone), key=lambda fate: fate.at)


def _in_its_queue(kind: Kind, version: RuleSet, ended: Ended) -> Fate:
    least = ended.shortest(version.at_latest_ms)
    said = [
        Fate(kind, max(least, period.after(_start(rule, ended))), rule.name, version.number, "rule")
        for rule, period in _about(kind, version.rules, ended)
    ]
    return min(said, key=lambda fate: fate.at, default=Fate(kind, least, "", version.number))


def _required(kind: Kind, versions: Iterable[RuleSet], ended: Ended) -> list[Fate]:
    return [
        Fate(kind, rule.legal_minimum.period.after(_start(rule, ended)), rule.name, version.number, "law")
        for version in versions
        for rule, _ in _about(kind, version.rules, ended)
        if rule.legal_minimum is not None
    ]


def _about(kind: Kind, rules: Iterable[Rule], ended: Ended) -> list[tuple[Rule, Period]]:
    return [(rule, rule.says()[kind]) for rule in rules if rule.is_for(ended) and kind in rule.says()]


def _start(rule: Rule, ended: Ended) -> int:
    return ended.ended if rule.counted_from == "end" else min(ended.last_message, ended.ended)


def _because(fate: Fate, reason: Reason) -> Fate:
    return Fate(fate.kind, fate.at, fate.rule, fate.version, reason, fate.held)
