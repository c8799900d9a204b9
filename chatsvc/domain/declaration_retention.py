"""Retention rules as operators write them: `[[site.NAME.retention]]`, in words and numbers of `deploy/retention.md`.

What a file leaves out stays as it is: a site without any `retention` keeps the rules that it has.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from chatsvc.domain.declaration import DeclarationRefused
from chatsvc.domain.declaration_text import Path, Problem, did_you_mean, line_numbers
from chatsvc.domain.declaration_values import Refusal, choice, duration, flag, identifier
from chatsvc.domain.retention import (
    AT_LATEST_MS,
    DAY_MS,
    KINDS,
    CountedFrom,
    LegalMinimum,
    Period,
    Rule,
    RuleSet,
    Then,
)
from chatsvc.domain.sites import Site, SiteId

LONGEST_MONTHS = 1_200
SITE_WORDS = ("retention", "retention_existing", "retention_within")
_UNITS = {"min": 60_000, "h": 3_600_000, "d": DAY_MS}
_TIME = re.compile(r"([0-9]{1,5}) ?(min|h|d|months?|years?)")
_LAW_KEYS = ("period", "basis")
_TIME_FORM = (
    'must be a time with its unit (min, h, d, months, years), such as "30 d" or "2 years"; '
    '"0 d" means gone when the wrap-up ends.'
)


def period(value: Any) -> Period:
    """A length of time, 100 years at most."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Refusal(_TIME_FORM)
    number, unit = int(found[1]), found[2].removesuffix("s")
    read = (
        Period(0, number * _UNITS[unit]) if unit in _UNITS else Period(number * (12 if unit == "year" else 1))
    )
    if read.months > LONGEST_MONTHS or read.ms > LONGEST_MONTHS * 30 * DAY_MS:
        raise Refusal("is longer than 100 years.")
    return read


def period_text(time: Period) -> str:
    """The shortest text that `period` reads as this."""
    if time.months:
        number, unit = (time.months, "month") if time.months % 12 else (time.months // 12, "year")
        return f"{number} {unit}{'' if number == 1 else 's'}"
    unit = next(unit for unit in ("d", "h", "min") if time.ms % _UNITS[unit] == 0)
    return f"{time.ms // _UNITS[unit]} {unit}"


def legal_minimum(value: Any) -> LegalMinimum:
    """How long a law requires something to be kept, and which."""
    form = 'must be { period = "12 years", basis = "the law and its section" }, both of them.'
    if not isinstance(value, dict) or set(value) != set(_LAW_KEYS):
        raise Refusal(form)
    basis = value["basis"].strip() if isinstance(value["basis"], str) else ""
    if not 3 <= len(basis) <= 200 or not basis.isprintable():
        raise Refusal("must name the law and its section as `basis`, in 3 to 200 characters.")
    try:
        return LegalMinimum(period(value["period"]), basis)
    except Refusal as refusal:
        raise Refusal(f"period {refusal}") from None


def _word(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 64 or not value.isprintable():
        raise Refusal("must be a text of 1 to 64 characters.")
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "name": identifier,
    "queue": _word,
    "topic": _word,
    "outcome": _word,
    **dict.fromkeys(KINDS, period),
    "statistics": period,
    "counted_from": choice(*get_args(CountedFrom)),
    "then": choice(*get_args(Then)),
    "redact": flag,
    "legal_minimum": legal_minimum,
}


@dataclass(frozen=True, slots=True)
class DeclaredRetention:
    """What a file says of one site's retention; None where it says nothing."""

    site: SiteId
    rules: tuple[Rule, ...] | None = None
    existing: bool | None = None
    within_ms: int | None = None


class ExistingNotSaid(Exception):
    """The rules differ from those before, and the file does not say whether they are for what exists."""


def parse_retention(text: str, file: str = "site.toml") -> tuple[DeclaredRetention, ...]:
    """The rules in a text that `parse_declaration` accepts. Raises `DeclarationRefused` with every problem found."""
    reading = _Reading(line_numbers(text))
    found = tuple(reading.site(name, table) for name, table in tomllib.loads(text).get("site", {}).items())
    if reading.problems:
        raise DeclarationRefused(file, reading.problems)
    return found


class _Reading:
    """One pass over the tables, which goes on after a problem to find the next."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self._lines = lines
        self.problems: list[Problem] = []

    def site(self, name: str, table: Mapping[str, Any]) -> DeclaredRetention:
        path: Path = ("site", name)
        existing = self._value(path, "retention_existing", flag, table)
        within = self._value(path, "retention_within", duration("1 min", "2 h"), table)
        if "retention" not in table:
            return DeclaredRetention(SiteId(name), None, existing, within)
        rows, queues = table["retention"], list(table.get("queue", {}))
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._problem(
                (*path, "retention"), f"must be a list of tables, each headed [[site.{name}.retention]]."
            )
            return DeclaredRetention(SiteId(name))
        rules = [
            self._rule((*path, "retention", str(number)), row, queues) for number, row in enumerate(rows, 1)
        ]
        for number, rule in enumerate(rules):
            if rule and any(rule.name == earlier.name for earlier in rules[:number] if earlier):
                self._problem((*path, "retention", str(number + 1), "name"), "is that of an earlier rule.")
        return DeclaredRetention(SiteId(name), tuple(rule for rule in rules if rule), existing, within)

    def _rule(self, path: Path, row: Mapping[str, Any], queues: Sequence[str]) -> Rule | None:
        before = len(self.problems)
        for name in row:
            if name not in _READERS:
                near, known = did_you_mean(name, _READERS), ", ".join(_READERS)
                self._problem((*path, name), f"there is no such key.{near} Accepted: {known}.")
        read = {name: self._value(path, name, reader, row) for name, reader in _READERS.items()}
        if "name" not in row:
            self._problem((*path, "name"), "is missing (by which the rule is told from others).")
        if isinstance(read["queue"], str) and read["queue"] not in queues:
            near = did_you_mean(read["queue"], queues)
            self._problem((*path, "queue"), f"the site has no queue {read['queue']}.{near}")
        if len(self.problems) > before:
            return None
        lives = {kind: read[kind] for kind in KINDS if read[kind] is not None}
        rule = Rule(
            read["name"], lives, read["queue"], read["topic"], read["outcome"], read["counted_from"] or "end",
            read["then"], bool(read["redact"]), read["legal_minimum"], read["statistics"],
        )  # fmt: skip
        for key, message in _contradictions(rule):
            self._problem((*path, key), message)
        return rule

    def _value(self, path: Path, name: str, read: Callable[[Any], Any], row: Mapping[str, Any]) -> Any:
        """What is read, None where nothing or something wrong is written."""
        if name not in row:
            return None
        try:
            return read(row[name])
        except Refusal as refusal:
            self._problem((*path, name), str(refusal))
            return None

    def _problem(self, path: Path, message: str) -> None:
        line = next((self._lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._lines), None)
        self.problems.append(Problem(".".join(path), message, line))


def _contradictions(rule: Rule) -> Iterator[tuple[str, str]]:
    if not rule.says() and rule.statistics is None:
        yield "name", f"the rule says nothing; say how long one of {', '.join(KINDS)} or statistics lives."
    if rule.statistics is not None and (rule.tag or rule.outcome):
        yield (
            "statistics",
            "are counts without topics and outcomes: say it in a rule for the whole site or for a queue.",
        )
    if rule.then == "keep_record" and "record" not in rule.lives:
        yield "then", 'keeps the record: say for how long, such as record = "24 months".'
    if rule.then != "keep_record" and "record" in rule.lives:
        yield "record", 'is kept only with then = "keep_record"; with "erase" it goes with the last text.'
    if rule.legal_minimum is not None:
        for kind, life in _lives(rule).items():
            if life.after(0) < rule.legal_minimum.period.after(0):
                yield kind, "is shorter than the rule's own legal_minimum."


def _lives(rule: Rule) -> dict[str, Period]:
    """What the rule says of each kind and of statistics."""
    lives = {str(kind): life for kind, life in rule.lives.items()}
    return lives if rule.statistics is None else lives | {"statistics": rule.statistics}


def with_retention(known: Site | None, declared: Site, wanted: DeclaredRetention | None, now: int) -> Site:
    """The declared site with all versions of its rules, a new one if the file differs from the last.

    Raises `ExistingNotSaid`.
    """
    versions = known.retention if known else ()
    kept = replace(declared, retention=versions)
    if wanted is None or (wanted.rules is None and wanted.within_ms is None):
        return kept
    last = versions[-1] if versions else RuleSet(0, 0)
    rules = last.rules if wanted.rules is None else wanted.rules
    within = wanted.within_ms or (last.at_latest_ms if wanted.rules is None else AT_LATEST_MS)
    if versions and (rules, within) == (last.rules, last.at_latest_ms):
        return kept
    if versions and wanted.existing is None:
        raise ExistingNotSaid
    existing = True if wanted.existing is None else wanted.existing
    new = RuleSet(last.number + 1, max(now, last.since + 1), rules, existing, within)
    return replace(declared, retention=(*versions, new))


def rule_text(rule: Rule) -> str:
    """A rule in one line."""
    only = (
        (word, value)
        for word, value in (("queue", rule.queue), ("topic", rule.tag), ("outcome", rule.outcome))
        if value
    )
    parts = [
        *(
            f"{kind} {period_text(_lives(rule)[kind])}"
            for kind in (*KINDS, "statistics")
            if kind in _lives(rule)
        ),
        *(f"of {word} {value}" for word, value in only),
        *(["from the last message"] if rule.counted_from == "last_message" else []),
        *([f"then {rule.then.replace('_', ' ')}"] if rule.then else []),
        *(["redacted"] if rule.redact else []),
    ]
    if rule.legal_minimum:
        parts.append(f"by law {period_text(rule.legal_minimum.period)} ({rule.legal_minimum.basis})")
    return ", ".join(parts)
