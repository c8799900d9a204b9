"""Questions and rules as operators write them: `[[site.NAME.queue.NAME.question]]`, `[[site.NAME.queue.NAME.rule]]`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from chatsvc.domain.declaration_text import Path, did_you_mean
from chatsvc.domain.declaration_values import Refusal, choice, flag, identifier, integer, texts
from chatsvc.domain.questions import HIGHEST_PRIORITY, Asking, Condition, Option, Question, Rule

Row = TypeVar("Row")
Reader = Callable[[Any], Any]
Fields = dict[str, str]

MOST_TAGS = 8
NONE = "(none)"


def questions(value: Any) -> tuple[Question, ...]:
    """The questions of a queue, in their order. Raises `Refusal` with each thing that is wrong."""
    return _read(value, _question)


def rules(value: Any) -> tuple[Rule, ...]:
    """The rules of a queue, in their order. Raises `Refusal` with each thing that is wrong."""
    return _read(value, _rule)


def _read(value: Any, read: "Callable[[_Reading, Path, Any], Any]") -> tuple[Any, ...]:
    reading = _Reading()
    found = reading.rows((), value, read)
    if reading.refusals:
        refused = Refusal("has several things wrong.")
        refused.each = tuple(reading.refusals)
        raise refused
    return found


class _Reading:
    """One pass over a list of tables, which goes on after a problem to find the next."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def rows(self, path: Path, value: Any, read: "Callable[[_Reading, Path, Any], Any]") -> tuple[Any, ...]:
        """Each element of a list of tables."""
        if not isinstance(value, list):
            self.refuse(path, "must be a list of tables.")
            return ()
        read_rows = [read(self, (*path, str(number)), row) for number, row in enumerate(value, 1)]
        return tuple(row for row in read_rows if row is not None)

    def table(
        self, path: Path, row: Any, keys: Mapping[str, Reader | None], required: tuple[str, ...]
    ) -> dict[str, Any]:
        """What a table says, its keys that are wrong left out; empty if any that it needs is not there."""
        if not isinstance(row, dict):
            self.refuse(path, "must be a table.")
            return {}
        found: dict[str, Any] = {}
        for key, value in row.items():
            if key not in keys:
                accepted = f"{did_you_mean(key, keys)} Accepted: {', '.join(keys)}."
                self.refuse((*path, key), f"there is no such key.{accepted}")
                continue
            read = keys[key]
            if read is None:  # a list of tables, which is read row by row
                continue
            try:
                found[key] = read(value)
            except Refusal as refusal:
                self.refuse((*path, key), str(refusal))
        for key in required:
            if key not in row:
                self.refuse((*path, key), "is missing.")
        return found if all(key in found for key in required) else {}

    def refuse(self, path: Path, message: str) -> None:
        """Note one thing that is wrong."""
        self.refusals.append(Refusal(message, path))


def identifiers(value: Any) -> tuple[str, ...]:
    """A list of names of ours, each once."""
    if not isinstance(value, list) or not value:
        raise Refusal('must be a list of names, such as ["acute", "family"].')
    found = tuple(identifier(item) for item in value)
    if len(set(found)) != len(found):
        raise Refusal("names one twice.")
    return found


def _tags(value: Any) -> tuple[str, ...]:
    found = identifiers(value)
    if len(found) > MOST_TAGS:
        raise Refusal(f"must be at most {MOST_TAGS} tags.")
    return found


_OPTION: Mapping[str, Reader | None] = {"id": identifier, "text": texts(120)}
_QUESTION: Mapping[str, Reader | None] = {
    "id": identifier,
    "kind": choice("single", "multiple", "yes-no", "text"),
    "text": texts(300),
    "help": texts(500),
    "required": flag,
    "option": None,
}
_CONDITION: Mapping[str, Reader | None] = {
    "question": identifier,
    "chosen": identifiers,
    "not_chosen": identifiers,
}
_RULE: Mapping[str, Reader | None] = {
    "all_of": None,
    "any_of": None,
    "priority": integer(1, HIGHEST_PRIORITY),
    "tags": _tags,
    "queue": identifier,
    "message": texts(1_000, lines=True),
    "stop": flag,
}


def _question(reading: _Reading, path: Path, row: Any) -> Question | None:
    found = reading.table(path, row, _QUESTION, ("id", "kind", "text"))
    options = reading.rows((*path, "option"), _given(row, "option"), _option)
    return Question(**{**found, "options": options}) if found else None


def _option(reading: _Reading, path: Path, row: Any) -> Option | None:
    found = reading.table(path, row, _OPTION, ("id", "text"))
    return Option(**found) if found else None


def _rule(reading: _Reading, path: Path, row: Any) -> Rule:
    found = reading.table(path, row, _RULE, ())
    for key in ("all_of", "any_of"):
        found[key] = reading.rows((*path, key), _given(row, key), _condition)
    return Rule(**found)


def _condition(reading: _Reading, path: Path, row: Any) -> Condition | None:
    found = reading.table(path, row, _CONDITION, ("question",))
    return Condition(**found) if found else None


def _given(row: Any, key: str) -> Any:
    return row.get(key, []) if isinstance(row, dict) else []


def form_changes(before: Asking, after: Asking) -> Iterator[tuple[str, str, str]]:
    """Field, before and after of what differs in two queues' questions and rules, in the words of the file."""
    was, now = ({f"question {asked.id}": asked for asked in queue.questions} for queue in (before, after))
    yield from _differences(was, now, _question_fields, _question_text)
    if was == now and [*was] != [*now]:
        ids = [", ".join(asked.id for asked in queue.questions) for queue in (before, after)]
        yield "order of questions", ids[0], ids[1]
    old, new = (
        {f"rule {number}": rule for number, rule in enumerate(queue.rules, 1)} for queue in (before, after)
    )
    yield from _differences(old, new, _rule_fields, _rule_text)


def _differences(
    was: Mapping[str, Row],
    now: Mapping[str, Row],
    fields: Callable[[Row], Fields],
    text: Callable[[Row], str],
) -> Iterator[tuple[str, str, str]]:
    """What is new or gone as a whole, and of the rest each field that differs."""
    for name in dict.fromkeys([*was, *now]):
        if name not in was or name not in now:
            yield (
                name,
                text(was[name]) if name in was else NONE,
                text(now[name]) if name in now else NONE,
            )
            continue
        old, new = fields(was[name]), fields(now[name])
        for key in dict.fromkeys([*old, *new]):
            if old.get(key) != new.get(key):
                yield f"{name}: {key}", old.get(key) or NONE, new.get(key) or NONE


def _question_fields(question: Question) -> Fields:
    found = {"kind": question.kind, "required": str(question.required).lower()}
    found |= _texts("text", question.text) | _texts("help", question.help)
    for option in question.options:
        found |= _texts(f"option {option.id}", option.text)
    return found | {"order of options": "/".join(option.id for option in question.options)}


def _rule_fields(rule: Rule) -> Fields:
    return {
        "all_of": " and ".join(map(_condition_text, rule.all_of)),
        "any_of": " or ".join(map(_condition_text, rule.any_of)),
        "priority": str(rule.priority),
        "tags": ", ".join(rule.tags),
        "queue": rule.queue,
        "stop": str(rule.stop).lower(),
        **_texts("message", rule.message),
    }


def _texts(name: str, by_language: Mapping[str, str]) -> Fields:
    return {f"{name}.{language}": text for language, text in by_language.items()}


def _question_text(question: Question) -> str:
    parts = [question.kind, *(["required"] if question.required else []), *[*question.text.values()][:1]]
    return " ".join([*parts, "/".join(option.id for option in question.options)]).strip()


def _rule_text(rule: Rule) -> str:
    fields = _rule_fields(rule)
    conditions = filter(None, (fields.pop("all_of"), fields.pop("any_of")))
    effects = (f"{name} {value}" for name, value in fields.items() if value and value not in ("0", "false"))
    return f"{' and '.join(conditions)}: {', '.join(effects)}"


def _condition_text(condition: Condition) -> str:
    chosen = f"{condition.question} = {'/'.join(condition.chosen)}" if condition.chosen else ""
    other = f"{condition.question} ≠ {'/'.join(condition.not_chosen)}" if condition.not_chosen else ""
    return " and ".join(filter(None, (chosen, other)))
