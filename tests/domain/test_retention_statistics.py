"""How long a month's counts live: whatever the rules say, stricter ones win and no version lengthens a promise."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.retention import DAY_MS, LegalMinimum, Period, Rule, RuleSet
from chatsvc.domain.retention_statistics import STATISTICS_KEPT, MonthFate, month_fate
from chatsvc.domain.statistics import local_hour, month_end
from tests.domain.test_retention import END, histories, periods
from tests.domain.test_retention import rules as conversation_rules

rules = st.builds(lambda rule, life: replace(rule, statistics=life), conversation_rules, st.none() | periods)
lawless = rules.map(lambda rule: replace(rule, legal_minimum=None))
YEAR = Rule("year", {}, statistics=Period(12))


@given(histories(lawless, least=1), lawless)
def test_one_more_rule_or_version_never_lengthens(versions: Sequence[RuleSet], more: Rule) -> None:
    """Laws left out: neither a further rule that is shorter than what counts anyway, nor a further version."""
    before = month_fate(versions, "q1", END)
    assert before.at >= END
    last = versions[-1]
    added = [*versions[:-1], replace(last, rules=(*last.rules, more))]
    ceiling = (
        max(before.at, STATISTICS_KEPT.after(END))
        if not any(_says(rule) for rule in last.rules)
        else before.at
    )
    lifted = more.statistics.after(END) if more.statistics else 0
    assert month_fate(added, "q1", END).at <= max(ceiling, lifted)
    later = RuleSet(last.number + 1, max(last.since, END) + 1, (more,))
    assert month_fate([*versions, later], "q1", END).at <= before.at


def _says(rule: Rule) -> bool:
    return rule.statistics is not None and rule.queue in (None, "q1")


@given(histories(rules), periods)
def test_a_law_is_met_and_a_missing_rule_is_three_years(versions: list[RuleSet], law: Period) -> None:
    """Whatever else is said, the newest version's legal minimum is met."""
    number = versions[-1].number + 1 if versions else 1
    bound = Rule("bound", {}, statistics=Period(1), legal_minimum=LegalMinimum(law, "a law, 1 §"))
    newest = RuleSet(number, END - 10 * DAY_MS if not versions else versions[-1].since + 1, (bound,))
    assert month_fate([*versions, newest], "q1", END).at >= min(law.after(END), newest.existing * 10**18)
    assert month_fate([], "q1", END) == MonthFate(STATISTICS_KEPT.after(END))


def test_a_queue_may_have_less_than_its_site() -> None:
    """The strictest wins, a queue's own rule is for that queue; a later version shortens only, where it says so."""
    month = Rule("month", {}, queue="q1", statistics=Period(1))
    ended = month_end("2026-10")
    assert local_hour(ended) == "2026-11-01T00"
    first = RuleSet(1, 0, (YEAR, month))
    assert month_fate([first], "q1", ended) == MonthFate(Period(1).after(ended), "month", 1, "rule")
    assert month_fate([first], "q2", ended) == MonthFate(Period(12).after(ended), "year", 1, "rule")
    longer = RuleSet(2, ended + 1, (replace(YEAR, statistics=Period(48)),))
    assert month_fate([first, longer], "q2", ended) == MonthFate(
        Period(12).after(ended), "year", 1, "earlier_promise"
    )
    assert month_fate([longer], "q2", ended).at == Period(48).after(ended)
    assert month_fate([RuleSet(1, 0), longer], "q2", ended).at == STATISTICS_KEPT.after(ended)
    gone = RuleSet(2, ended + 1, (replace(YEAR, statistics=Period()),))
    assert month_fate([first, gone], "q2", ended).at == ended
    assert month_fate([first, replace(gone, existing=False)], "q2", ended).at == Period(12).after(ended)
