"""Retention rules: what they promise, whatever they say, beside a slow reading of them, and with faults planted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chatsvc.domain import retention
from chatsvc.domain.retention import (
    DAY_MS,
    KINDS,
    NO_TIME,
    TEXTS,
    Ended,
    Fate,
    Kind,
    LegalMinimum,
    Period,
    Rule,
    RuleSet,
    fates,
)

END = 1_795_000_000_000  # an afternoon in November 2026
MINUTE = 60_000
Judge = Callable[[Sequence[RuleSet], Ended], tuple[Fate, ...]]

periods = st.builds(Period, st.integers(0, 30), st.sampled_from([0, 1, MINUTE, DAY_MS, 40 * DAY_MS]))
lives = st.dictionaries(st.sampled_from(KINDS), periods, max_size=5)
laws = st.none() | st.builds(LegalMinimum, periods, st.just("a law"))
rules = st.builds(
    Rule, st.sampled_from("abcdef"), lives, st.sampled_from([None, "q1", "q2"]),
    st.sampled_from([None, "t1", "t2"]), st.sampled_from([None, "o1"]), st.sampled_from(["end", "last_message"]),
    st.sampled_from([None, "erase", "keep_record"]), legal_minimum=laws,
)  # fmt: skip
lawless = rules.map(lambda rule: replace(rule, legal_minimum=None))
ended = st.builds(
    Ended, st.sampled_from(["q1", "q2"]), st.just(END), st.integers(END - 50 * MINUTE, END + MINUTE), st.booleans(),
    st.none() | st.integers(END, END + 90 * MINUTE), st.none() | st.integers(END, END + 90 * MINUTE),
    st.sampled_from([(), ("t1",), ("t1", "t2")]), st.sampled_from([None, "o1"]),
    st.none() | st.integers(END, END + DAY_MS), st.booleans(),
    passed=st.sampled_from([(), ("q1",), ("q2",), ("q3", "q2")]),
)  # fmt: skip


latest = st.integers(1, 120).map(lambda minutes: minutes * MINUTE)


@st.composite
def histories(draw: st.DrawFn, of: st.SearchStrategy[Rule] = rules, least: int = 0) -> list[RuleSet]:
    """Versions, oldest first, some before the end and some after it."""
    since = sorted(
        draw(st.lists(st.integers(END - 3 * DAY_MS, END + 3 * DAY_MS), min_size=least, max_size=4))
    )
    return [
        RuleSet(number, at, tuple(draw(st.lists(of, max_size=4))), draw(st.booleans()), draw(latest))
        for number, at in enumerate(since, 1)
    ]


def instants(judge: Judge, versions: Sequence[RuleSet], over: Ended) -> dict[str, int]:
    """When each kind is gone; never, while held, is far away."""
    return {fate.kind: 10**18 if fate.held else fate.at for fate in judge(versions, over)}


def _with_rule(versions: list[RuleSet], at: int, place: int, rule: Rule) -> list[RuleSet]:
    found = versions[at % len(versions)]
    place %= len(found.rules) + 1
    more = replace(found, rules=(*found.rules[:place], rule, *found.rules[place:]))
    return [more if version is found else version for version in versions]


@st.composite
def grown(draw: st.DrawFn) -> tuple[list[RuleSet], list[RuleSet], Ended]:
    """A history, the same with one more rule without a legal minimum, and a conversation.

    Of every kind that the rule names something is said before, or it would be what a missing rule is.
    """
    versions = draw(histories(least=1))
    rule = draw(lawless)
    base = Rule("base", dict.fromkeys(KINDS, draw(periods)))
    full = [replace(version, rules=(base, *version.rules)) for version in versions]
    return full, _with_rule(full, draw(st.integers(0, 9)), draw(st.integers(0, 9)), rule), draw(ended)


def one_more_rule_never_lengthens(judge: Judge, case: tuple[list[RuleSet], list[RuleSet], Ended]) -> None:
    before, after, over = case
    was, now = instants(judge, before, over), instants(judge, after, over)
    assert all(now[kind] <= was[kind] for kind in KINDS)


def one_more_queue_never_lengthens(judge: Judge, case: tuple[list[RuleSet], Ended]) -> None:
    versions, over = case
    was = instants(judge, versions, over)
    for queue in ("q1", "q2", "q3"):
        now = instants(judge, versions, replace(over, passed=(*over.passed, queue)))
        moved = instants(judge, versions, replace(over, queue=queue, passed=(*over.passed, over.queue)))
        assert all(now[kind] == moved[kind] <= was[kind] for kind in KINDS), (
            "which was the last is nothing to it"
        )


@st.composite
def stretched(draw: st.DrawFn) -> tuple[list[RuleSet], list[RuleSet], Ended]:
    """A history, the same with one longer time, and a conversation."""
    versions = draw(histories(of=st.builds(replace, rules, lives=lives.filter(bool)), least=1))
    at = draw(st.integers(0, 9)) % len(versions)
    chosen = versions[at]
    if not chosen.rules:
        return versions, versions, draw(ended)
    rule = draw(st.sampled_from(chosen.rules))
    kind = draw(st.sampled_from(sorted(rule.lives)))
    more = draw(periods)
    was = rule.lives[kind]
    longer = replace(rule, lives={**rule.lives, kind: Period(was.months + more.months, was.ms + more.ms)})
    changed = replace(chosen, rules=tuple(longer if one is rule else one for one in chosen.rules))
    return versions, [*versions[:at], changed, *versions[at + 1 :]], draw(ended)


def a_longer_time_never_shortens(judge: Judge, case: tuple[list[RuleSet], list[RuleSet], Ended]) -> None:
    shorter, longer, over = case
    was, now = instants(judge, shorter, over), instants(judge, longer, over)
    assert all(now[kind] >= was[kind] for kind in KINDS)


def a_hold_never_shortens(judge: Judge, case: tuple[list[RuleSet], Ended]) -> None:
    versions, over = case
    free, held = judge(versions, replace(over, held=False)), judge(versions, replace(over, held=True))
    assert all(not fate.is_due(10**17) for fate in held)
    assert [replace(fate, held=False) for fate in held] == list(
        free
    )  # released, what is overdue is due at once


def a_missing_rule_is_the_shortest(judge: Judge, case: tuple[list[RuleSet], Ended]) -> None:
    versions, over = case
    without = [replace(version, rules=()) for version in versions]
    none, some = instants(judge, without, over), instants(judge, versions, over)
    assert all(none[kind] <= some[kind] for kind in KINDS)
    if not over.assigned and over.wish is None and not over.held:
        assert set(none.values()) == {END}
    assert over.held or all(at <= END + 120 * MINUTE for at in none.values())


def order_decides_ties_only(judge: Judge, case: tuple[list[RuleSet], Ended]) -> None:
    versions, over = case
    turned = [replace(version, rules=version.rules[::-1]) for version in versions]
    assert instants(judge, versions, over) == instants(judge, turned, over)


def later_versions_keep_promises(judge: Judge, case: tuple[list[RuleSet], Ended]) -> None:
    versions, over = case
    for shorter, longer in pairwise([versions[:end] for end in range(1, len(versions) + 1)]):
        new = longer[-1]
        if new.since <= END or any(rule.legal_minimum for version in longer for rule in version.rules):
            continue
        was, now = instants(judge, shorter, over), instants(judge, longer, over)
        assert all(now[kind] <= was[kind] for kind in KINDS)
        assert new.existing or now == was


def it_reads_as_slowly_read(judge: Judge, case: tuple[list[RuleSet], Ended]) -> None:
    versions, over = case
    assert {fate.kind: fate.at for fate in judge(versions, over)} == slowly(versions, over)


def slowly(versions: Sequence[RuleSet], over: Ended) -> dict[str, int]:
    """The same, one sentence of deploy/retention.md after another, as nobody would write it for use."""
    binding: list[RuleSet] = []
    for version in versions:
        if version.since <= over.ended:
            binding = [version]
    if not binding and versions:
        binding = [versions[0]]
    for version in versions:
        if version.since > over.ended and version.existing and version not in binding:
            binding.append(version)
    found: dict[str, int] = {}
    for kind in KINDS:
        stays = [replace(over, queue=queue) for queue in {over.queue, *over.passed}]
        at = min(
            slowly_said(kind, version, one)[0] for version in binding or [RuleSet(0, 0)] for one in stays
        )
        if over.wish is not None:
            at = min(at, over.wish)
        laws = [law for one in stays for law in (slowly_said(kind, binding[-1], one)[1] if binding else [])]
        found[kind] = max([at, *laws])
    found["record"] = max(found.values())
    return found


def slowly_said(kind: str, version: RuleSet, over: Ended) -> tuple[int, list[int]]:
    """When one version wants a kind to be gone, and until when its laws want it kept."""
    zero = over.ended
    if over.assigned:
        wrap_up = over.wrap_until if over.wrapped is None else over.wrapped
        zero = min(over.ended + version.at_latest_ms, 10**15 if wrap_up is None else wrap_up)
    said, laws = [], []
    for rule in version.rules:
        wanted = (rule.queue or over.queue, rule.outcome or over.outcome, {rule.tag or "any"})
        if wanted[:2] != (over.queue, over.outcome) or not wanted[2] <= {*over.tags, "any"}:
            continue
        times = {"record": NO_TIME, **rule.lives} if rule.then == "erase" else {**rule.lives}
        if kind in times:
            start = over.ended if rule.counted_from == "end" else min(over.ended, over.last_message)
            said.append(max(zero, times[kind].after(start)))
            laws += [rule.legal_minimum.period.after(start)] if rule.legal_minimum else []
    return min(said, default=zero), laws


cases = st.tuples(histories(), ended)
PROPERTIES: list[tuple[Callable[..., None], st.SearchStrategy[tuple[object, ...]]]] = [
    (one_more_rule_never_lengthens, grown()),
    (one_more_queue_never_lengthens, st.tuples(histories(lawless), ended)),
    (a_longer_time_never_shortens, stretched()),
    (a_hold_never_shortens, cases),
    (a_missing_rule_is_the_shortest, cases),
    (order_decides_ties_only, cases),
    (later_versions_keep_promises, st.tuples(histories(lawless, least=2), ended)),
    (it_reads_as_slowly_read, cases),
]  # fmt: skip


PROPERTY = dict(PROPERTIES)


def examine(holds: Callable[..., None], judge: Judge, most: int = 100, **how: Any) -> None:
    """Try a property on many examples."""

    @settings(max_examples=most, suppress_health_check=list(HealthCheck), database=None, **how)
    @given(PROPERTY[holds])
    def check(case: tuple[object, ...]) -> None:
        holds(judge, case)

    check()


@pytest.mark.parametrize("holds", PROPERTY, ids=lambda found: str(found.__name__))
def test_a_property_holds(holds: Callable[..., None]) -> None:
    """Whatever the rules say of whatever conversation, the promise is kept."""
    examine(holds, fates)


def _of(change: Callable[[Fate], Fate]) -> Judge:
    return lambda versions, over: tuple(change(fate) for fate in fates(versions, over))


def _patched(name: str, other: object) -> Judge:
    def judge(versions: Sequence[RuleSet], over: Ended) -> tuple[Fate, ...]:
        with patch.object(retention, name, other):
            return fates(versions, over)

    return judge


def _pooled(kind: Kind, version: RuleSet, over: Ended) -> Fate:
    return retention._in_its_queue(kind, version, over)


_strictest, _required, _in_force = retention._strictest, retention._required, retention.in_force


def _for_ever(kind: Kind, version: RuleSet, over: Ended) -> Fate:
    named = retention._about(kind, version.rules, over)
    return _strictest(kind, version, over) if named else Fate(kind, END + 10**12)


def _first(found: Any, *more: Any, key: Any = None, default: Any = None) -> Any:
    return next(iter(found), default) if key else min(found, *more)


def _most(found: Any, *more: Any, key: Any = None, default: Any = None) -> Any:
    return max(found, key=key, default=default) if key else min(found, *more)


def _any_topic(kind: Kind, rules: Iterable[Rule], _: Ended) -> list[tuple[Rule, Period]]:
    return [(rule, rule.says()[kind]) for rule in rules if kind in rule.says()]


def _all_existing(versions: Sequence[RuleSet], at: int) -> tuple[RuleSet, ...]:
    return _in_force([replace(version, existing=True) for version in versions], at)


def _old_laws(versions: Sequence[RuleSet], over: Ended) -> tuple[Fate, ...]:
    with patch.object(retention, "_required", lambda kind, _, ended: _required(kind, versions, ended)):
        return fates(versions, over)


def _once_more(versions: Sequence[RuleSet], over: Ended) -> tuple[Fate, ...]:
    many = sum(len(version.rules) for version in versions)
    return tuple(replace(fate, at=fate.at + many) for fate in fates(versions, over))


def _less(versions: Sequence[RuleSet], over: Ended) -> tuple[Fate, ...]:
    most = sum(period.ms for version in versions for rule in version.rules for period in rule.lives.values())
    return tuple(replace(fate, at=fate.at - most) for fate in fates(versions, over))


FAULTS: dict[str, tuple[Callable[..., None], Judge]] = {
    "a hold is overlooked": (a_hold_never_shortens, _of(lambda fate: replace(fate, held=False))),
    "a hold changes what is due": (
        a_hold_never_shortens, _of(lambda fate: replace(fate, at=fate.at + 1) if fate.held else fate)),
    "more rules lengthen": (one_more_rule_never_lengthens, _once_more),
    "longer times shorten": (a_longer_time_never_shortens, _less),
    "the most lenient rule wins": (one_more_rule_never_lengthens, _patched("min", _most)),
    "the first rule wins": (order_decides_ties_only, _patched("min", _first)),
    "a missing rule means for ever": (a_missing_rule_is_the_shortest, _patched("_strictest", _for_ever)),
    "a rule may be shorter than none": (
        a_missing_rule_is_the_shortest,
        _of(lambda fate: replace(fate, at=END - DAY_MS) if fate.reason == "rule" else fate)),
    "a version is for what existed, said or not": (
        later_versions_keep_promises, _patched("in_force", _all_existing)),
    "only the newest version counts": (
        later_versions_keep_promises, _patched("in_force", lambda versions, _: tuple(versions)[-1:])),
    "only the last queue counts": (
        one_more_queue_never_lengthens, lambda versions, over: fates(versions, replace(over, passed=()))),
    "a queue without rules is forgotten": (one_more_queue_never_lengthens, _patched("_strictest", _pooled)),
    "laws are forgotten": (it_reads_as_slowly_read, _patched("_required", lambda *_: [])),
    "old laws bind for ever": (it_reads_as_slowly_read, _old_laws),
    "a wish is not heard": (
        it_reads_as_slowly_read, lambda versions, over: fates(versions, replace(over, wish=None))),
    "the record goes before the text": (
        it_reads_as_slowly_read, _of(lambda fate: replace(fate, at=END) if fate.reason == "with_text" else fate)),
    "topics are overlooked": (it_reads_as_slowly_read, _patched("_about", _any_topic)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_found(fault: str) -> None:
    """Each of these mistakes breaks the property that forbids it: they are no empty promises."""
    holds, judge = FAULTS[fault]
    with pytest.raises(AssertionError):
        examine(holds, judge, 1_000, phases=[Phase.generate], report_multiple_bugs=False)


def local(text: str) -> int:
    """An instant from a Finnish wall clock."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Helsinki")).timestamp() * 1000)


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        ("2027-01-31T10:00", Period(1), "2027-02-28T10:00"),
        ("2028-02-29T10:00", Period(12), "2029-02-28T10:00"),
        ("2026-11-22T00:30", Period(2), "2027-01-22T00:30"),
        ("2026-12-31T23:30", Period(120), "2036-12-31T23:30"),
        ("2026-11-22T10:00", Period(0, 30 * DAY_MS), "2026-12-22T10:00"),
    ],
)
def test_months_are_those_of_the_calendar(start: str, period: Period, end: str) -> None:
    """A month ends on the same day, or on the last that the month has; a day is 24 hours."""
    assert period.after(local(start)) == local(end)


def test_texts_of_never_assigned_go_at_once() -> None:
    """Without rules, a wait that nobody answered leaves nothing; one that was, nothing but until the wrap-up ends."""
    wait = Ended("q1", END, END, assigned=False)
    assert {fate.at for fate in fates([], wait)} == {END}
    talk = Ended("q1", END, END, wrap_until=END + 5 * MINUTE)
    assert {fate.at for fate in fates([], talk)} == {END + 5 * MINUTE}
    assert {fate.at for fate in fates([], replace(talk, wrapped=END + MINUTE))} == {END + MINUTE}
    assert {fate.at for fate in fates([], replace(talk, wrap_until=END + 120 * MINUTE))} == {
        END + 30 * MINUTE
    }


def test_a_fate_says_why() -> None:
    """Rule, version and reason are those that decided."""
    usual = Rule(
        "usual", {"transcript": Period(1), "notes": Period(2), "record": Period(12)}, then="keep_record"
    )
    crisis = Rule("crisis", {"transcript": NO_TIME}, tag="t1")
    law = Rule("law", {"notes": Period(3)}, legal_minimum=LegalMinimum(Period(120), "703/2023"))
    first = RuleSet(1, END - DAY_MS, (usual, crisis, law))
    found = {fate.kind: fate for fate in fates([first], Ended("q1", END, END, tags=("t1",), wrapped=END))}
    assert (found["transcript"].rule, found["transcript"].reason) == ("crisis", "rule")
    assert (found["notes"].rule, found["notes"].reason) == ("law", "law")
    assert (found["answers"].rule, found["answers"].reason) == ("", "no_rule")
    assert found["record"].reason == "with_text"
    second = RuleSet(2, END + DAY_MS, (replace(usual, lives=dict.fromkeys(KINDS, Period(50))),))
    later = {fate.kind: fate for fate in fates([first, second], Ended("q1", END, END, wrapped=END))}
    assert (later["transcript"].version, later["transcript"].reason) == (1, "earlier_promise")
    assert later["notes"].at == Period(2).after(END), (
        "the new version dropped the law, and the old promise holds"
    )


def test_every_text_kind_is_a_kind() -> None:
    """The record is what is left when all texts are gone."""
    assert set(KINDS) - set(TEXTS) == {"record"}
    assert datetime.fromtimestamp(END / 1000, UTC).year == 2026
