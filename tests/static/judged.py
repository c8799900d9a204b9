"""Findings of static rules beside those that were judged: `[[tool.chatsvc.judged]]` in pyproject.toml."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHORTEST_REASON = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found in a file."""

    rule: str
    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """So many findings of a rule in a file that are right as they are, and why."""

    rule: str
    file: str
    times: int
    reason: str


def judged(pyproject: str) -> list[Judged]:
    """The judgements of a pyproject.toml. Raises KeyError or TypeError for one that lacks something."""
    rows = tomllib.loads(pyproject)["tool"]["chatsvc"]["judged"]
    return [Judged(row["rule"], row["file"], row.get("times", 1), row["reason"]) for row in rows]


def open_faults(found: Iterable[Finding], judgements: Iterable[Judged]) -> list[str]:
    """Findings that nobody judged, and judgements of what is no longer there or without a reason."""
    known = list(judgements)
    allowed = Counter({(one.rule, one.file): one.times for one in known})
    seen: Counter[tuple[str, str]] = Counter()
    faults = []
    for one in found:
        seen[one.rule, one.file] += 1
        if seen[one.rule, one.file] > allowed[one.rule, one.file]:
            faults.append(f"{one.file}:{one.line}: {one.rule}: {one.text}")
    for each in known:
        if seen[each.rule, each.file] < each.times:
            faults.append(
                f"pyproject.toml: {each.rule} is no longer {each.times} times in {each.file}; judge it anew"
            )
        if len(each.reason) < SHORTEST_REASON:
            faults.append(f"pyproject.toml: {each.rule} in {each.file} has no reason")
    return faults


def of_rules(judgements: Iterable[Judged], prefix: str) -> list[Judged]:
    """Those whose rule begins with `prefix`."""
    return [one for one in judgements if one.rule.startswith(prefix)]
