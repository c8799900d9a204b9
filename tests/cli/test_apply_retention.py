"""Retention rules in `chatsvc apply`: read, numbered, told, and refused with line and reason."""

from pathlib import Path

import pytest

from chatsvc.domain.declaration import DeclarationRefused, parse_declaration
from chatsvc.domain.declaration_retention import (
    ExistingNotSaid,
    parse_retention,
    period,
    period_text,
    with_retention,
)
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.retention import DAY_MS, Period, Rule
from chatsvc.domain.sites import Site
from tests.cli.conftest import EXAMPLE, CommandLine

SITE = """
[site.kunta]
names = { fi = "Kunta" }
languages = ["fi"]

[site.kunta.queue.paihde]
names = { fi = "Päihde" }
"""
RULE = """
[[site.kunta.retention]]
name = "usual"
transcript = "30 d"
record = "2 years"
then = "keep_record"
"""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0 d", Period()), ("45 min", Period(0, 2_700_000)), ("30 d", Period(0, 30 * DAY_MS)), ("1 month", Period(1)),
        ("18 months", Period(18)), ("12 years", Period(144)),
    ],
)  # fmt: skip
def test_a_time_is_read_and_written(text: str, read: Period) -> None:
    """Minutes to years; what is read is written the same."""
    assert period(text) == read
    assert period_text(read) == text


@pytest.mark.parametrize("text", ["30", "1 week", "-1 d", "101 years", "1 d 2 h", 30, ""])
def test_another_time_is_refused(text: object) -> None:
    """Whatever is no number with one of the units."""
    with pytest.raises(Refusal):
        period(text)


@pytest.mark.parametrize(
    ("rule", "line", "said"),
    [
        ('name = "a"\nquue = "paihde"', 11, "Did you mean queue?"),
        ('name = "a"\nstatistics = "24 months"\ntopic = "t"', 11, "for the whole site or for a queue"),
        ('name = "a"\nqueue = "paide"\ntranscript = "1 d"', 11, "no queue paide. Did you mean paihde?"),
        ('name = "a"\ntranscript = "soon"', 11, '"0 d" means gone when the wrap-up ends'),
        ('name = "a"\ntranscript = "1 d"\nthen = "keep"', 12, "must be one of erase, keep_record"),
        ('name = "a"\ntranscript = "1 d"\nthen = "keep_record"', 12, "say for how long"),
        ('name = "a"\nrecord = "1 d"', 11, 'kept only with then = "keep_record"'),
        ('name = "a"', 10, "the rule says nothing"),
        ('transcript = "1 d"', 9, "is missing"),
        ('name = "a"\ntranscript = "1 d"\nlegal_minimum = { period = "12 years" }', 12, "both of them"),
        ('name = "a"\nnotes = "1 d"\nlegal_minimum = { period = "12 years", basis = "law 1" }', 11, "is shorter than"),
        ('name = "a"\nnotes = "1 d"\n[[site.kunta.retention]]\nname = "a"\nnotes = "2 d"', 13, "of an earlier rule"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_with_its_line(rule: str, line: int, said: str) -> None:
    """Every mistake is named with its line and what is accepted."""
    text = f"{SITE}\n[[site.kunta.retention]]\n{rule}\n"
    parse_declaration(text)
    with pytest.raises(DeclarationRefused) as caught:
        parse_retention(text, "x.toml")
    assert said in str(caught.value)
    assert f"x.toml, line {line}:" in str(caught.value)


def declared(text: str, known: Site | None, now: int) -> Site:
    """The site that a file makes of the one that is known."""
    return with_retention(known, parse_declaration(text)[0], parse_retention(text)[0], now)


def test_versions_follow_each_other() -> None:
    """The first needs no word; the same again makes none; another needs one; a file without rules leaves them."""
    first = declared(SITE + RULE, None, 1_000)
    assert [(version.number, version.since) for version in first.retention] == [(1, 1_000)]
    assert declared(SITE + RULE, first, 2_000).retention == first.retention
    assert declared(SITE, first, 2_000).retention == first.retention
    longer = (SITE + RULE).replace("30 d", "60 d")
    with pytest.raises(ExistingNotSaid):
        declared(longer, first, 2_000)
    second = declared(
        longer.replace("[site.kunta]", "[site.kunta]\nretention_existing = false"), first, 2_000
    )
    assert [(version.number, version.since, version.existing) for version in second.retention] == [
        (1, 1_000, True), (2, 2_000, False)]  # fmt: skip
    within = longer.replace(
        "[site.kunta]", '[site.kunta]\nretention_existing = true\nretention_within = "5 min"'
    )
    assert declared(within, second, 1_500).retention[-1].at_latest_ms == 300_000
    assert declared(within, second, 1_500).retention[-1].since == 2_001, "versions never share an instant"


def test_the_example_has_rules() -> None:
    """The file that operators copy says for each kind how long it lives."""
    found = parse_retention(EXAMPLE.read_text(encoding="utf-8"))[0]
    assert found.rules
    assert {kind for rule in found.rules for kind in rule.lives} == {
        "transcript", "notes", "answers", "feedback", "record"}  # fmt: skip
    assert all(isinstance(rule, Rule) for rule in found.rules)


def test_apply_tells_what_changes(chatsvc: CommandLine, tmp_path: Path) -> None:
    """A site without rules is warned of; each change is told with its version; one without the word is refused."""
    file = tmp_path / "site.toml"
    file.write_text(SITE, encoding="utf-8")
    assert "has no retention rules, so everything goes when a wrap-up ends" in chatsvc("apply", file)
    file.write_text(SITE + RULE, encoding="utf-8")
    told = chatsvc("apply", file)
    assert "kunta: retention usual: (none) → transcript 30 d, record 2 years, then keep record" in told
    assert "kunta: retention version: (none) → 1, also for what exists" in told
    assert "Nothing changed." in chatsvc("apply", file)
    longer = (SITE + RULE).replace("30 d", "60 d")
    file.write_text(longer, encoding="utf-8")
    assert "retention_existing = true" in chatsvc("apply", file, code=2)
    file.write_text(
        longer.replace("[site.kunta]", "[site.kunta]\nretention_existing = false"), encoding="utf-8"
    )
    told = chatsvc("apply", file)
    assert "kunta: retention version: 1 → 2, not for what exists" in told
    assert "Nothing changed." in chatsvc("apply", file)
