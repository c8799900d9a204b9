"""The retention rules of a declaration: read whole or refused, and what was read can be applied to any conversation."""

import json
from typing import Any, Final

from chatsvc.domain import declaration_retention
from chatsvc.domain.declaration import DeclarationRefused, parse_declaration
from chatsvc.domain.retention import KINDS, TEXTS, Ended, Rule, RuleSet, fates, redaction
from chatsvc.domain.retention_statistics import month_fate
from tests.fuzz.made import ACCEPTED, NOTHING, REFUSED, VALUES, Bytes, Target, anything, list_of, table

END: Final = 1_795_000_000_000
MINUTE_MS: Final = 60_000
LATEST: Final = END + 101 * 366 * 86_400_000
_NAMES: Final = (
    "name",
    "queue",
    "topic",
    "outcome",
    "counted_from",
    "then",
    "redact",
    "legal_minimum",
    "statistics",
    *KINDS,
)
_UNITS: Final = ("min", "h", "d", "months", "years", "month", "year")
_TIMES: Final = ("0 d", "30 d", "5 min", "24 months", "12 years", "200 years", "99999 h", "1 month")
_HEADS: Final = b"[site.kunta]\n", b"[[site.kunta.retention]]\n"


def _time(choices: Bytes) -> str:
    if choices.next(32):
        return str(choices.one_of(_TIMES))
    return f"{choices.next(256) * 512} {choices.one_of((*_UNITS, 'weeks'))}"


def _law(choices: Bytes) -> Any:
    return table(choices, {"period": _time, "basis": "Archives Act 831/1994, 8 §"}, ("period", "basis"))


def _rule(choices: Bytes) -> dict[str, Any]:
    """A rule with some of its keys."""
    right: dict[str, Any] = {
        "name": lambda some: some.one_of(VALUES), "queue": "a", "topic": "b", "outcome": "talked",
        **dict.fromkeys(KINDS, _time), "counted_from": lambda some: some.one_of(("end", "last_message")),
        "then": lambda some: some.one_of(("erase", "keep_record")), "redact": lambda some: bool(some.next(2)),
        "legal_minimum": _law, "statistics": _time,
    }  # fmt: skip
    wanted = choices.next(256) & choices.next(256) | choices.next(256) << 8
    shape = {
        key: value for place, (key, value) in enumerate(right.items()) if key == "name" or wanted >> place & 1
    }
    return table(choices, shape, _NAMES)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _text(choices: Bytes) -> str:
    rules = list_of(_rule)(choices) if choices.next(8) else anything(choices, 0, _NAMES)
    more = table(choices, {"retention_existing": True, "retention_within": "30 min"}, _NAMES)
    return "[site.kunta]\nqueue = {a = {}, b = {}}\n" + "".join(
        f"{key} = {_toml(value)}\n" for key, value in {**more, "retention": rules}.items()
    )


def read_retention(data: bytes) -> str:
    """Rules are read or refused with reasons; those read give every conversation an end within their 100 years."""
    wild = data[:1] < b"\x40"
    text = data[1:].decode("utf-8", "replace") if wild else _text(Bytes(data[1:]))
    try:
        if wild:
            parse_declaration(text)
        found = declaration_retention.parse_retention(text)
    except DeclarationRefused as refused:
        assert str(refused)  # noqa: PT017 - no test, but what a run looks at
        return REFUSED
    for one in found:
        if one.rules:
            _holds(one.rules)
    return ACCEPTED if any(one.rules for one in found) else NOTHING


def _holds(rules: tuple[Rule, ...]) -> None:
    """What every set of rules that was read promises."""
    for rule in rules:
        assert rule.says() or rule.statistics is not None, "a rule that says nothing was read"
        assert declaration_retention.rule_text(rule)
        for period in (*rule.lives.values(), *filter(None, [rule.statistics])):
            assert declaration_retention.period(declaration_retention.period_text(period)) == period
    assert len({rule.name for rule in rules}) == len(rules)
    versions = [RuleSet(1, 0, rules)]
    for held in (False, True):
        ended = Ended("a", END, END - MINUTE_MS, wrapped=END + MINUTE_MS, tags=("b",), held=held)
        made = fates(versions, ended)
        assert [fate.kind for fate in made] == list(KINDS)
        assert all(END <= fate.at < LATEST for fate in made), "a life outside of what may be declared"
        assert not any(fate.is_due(END - 1) or (held and fate.is_due(LATEST)) for fate in made)
        assert made[-1].at >= max(fate.at for fate in made if fate.kind in TEXTS)
        planned = redaction(versions, ended)
        assert planned is None or END <= planned.at < LATEST
        life = month_fate(versions, "a", END).at
        assert END <= life < LATEST, "a life outside of what may be declared"


def _plant() -> None:
    declaration_retention.LONGEST_MONTHS = 20_000  # more than 100 years are taken


TARGET: Final = Target(
    read_retention,
    _plant,
    (
        b'\x00[site.kunta]\nnames = {fi = "x"}\n' + _HEADS[1] + b'name = "a"\ntranscript = "30 d"\n',
        b"\x00" + _HEADS[0] + b'retention_within = "5 min"\n' + _HEADS[1] + b'name = "a"\nthen = "erase"\n',
        *(bytes([64 + how]) + bytes(range(how, how + 90)) for how in range(0, 120, 30)),
        b"\x50\x01\x02" + b"\x02\xff\xff" * 40,
    ),
    (*_NAMES, *_UNITS, "[[site.", "retention", "period", "basis", " = ", "30 d"),
)
