"""When text that is kept is redacted: whatever the rules say, one more never puts it off."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.retention import KINDS, Ended, Period, Redaction, Rule, RuleSet, redaction
from tests.domain.test_retention import END, MINUTE, ended, rules

asked = rules.flatmap(lambda rule: st.booleans().map(lambda said: replace(rule, redact=said)))


@given(st.lists(asked, max_size=4), asked, ended, st.integers(END, END + 20 * MINUTE))
def test_one_more_rule_never_puts_redaction_off(
    some: Sequence[Rule], more: Rule, over: Ended, linger: int
) -> None:
    """Unless it is a law; never while held, nor before wrap-up and reading are over; without a word, never."""
    over = replace(over, linger=linger)
    before = redaction([RuleSet(1, 0, tuple(some))], over)
    after = redaction([RuleSet(1, 0, (*some, more))], over)
    if not more.legal_minimum or more.redact:
        assert before is None or (after is not None and after.at <= before.at)
    if over.held or not any(rule.redact and rule.is_for(over) for rule in some):
        assert before is None
    else:
        assert before is not None
        assert before.at > linger
        assert before.at > over.shortest(30 * MINUTE)


def test_a_later_version_can_ask_for_redaction_and_never_take_it_back() -> None:
    """For what exists, if it says so."""
    keep, over = Rule("keep", dict.fromkeys(KINDS, Period(1))), Ended("q1", END, END, linger=END)
    plain, asks = RuleSet(1, END, (keep,)), RuleSet(2, END + 1, (replace(keep, redact=True),))
    assert redaction([plain], over) is None
    assert redaction([plain, asks], over) == Redaction(END + 31 * MINUTE, "keep", 2)
    assert redaction([plain, replace(asks, existing=False)], over) is None
    first = [replace(asks, since=END), replace(plain, since=END + 1)]
    assert redaction(first, over) == Redaction(END + 31 * MINUTE, "keep", 2)
