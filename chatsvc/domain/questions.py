"""Questions before the chat, and the rules that answers set off: how urgent, with which tags, where, or told what.

What is promised, for a queue's rules and one set of answers:

- Every rule whose conditions hold counts. Priority is the highest among them and tags are all of theirs, so neither
  depends on the order of rules; nor does whether one of them stops.
- If one stops, nobody joins: the messages of those that stop are shown, in the order of the rules, and no other effect
  remains.
- Otherwise the first that names a queue leads there, and all messages are shown before joining, in the order of rules.
- A queue that is led to asks its own questions and applies its own rules; priority and tags add up along the way.
- Free text never counts: no rule can see it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from chatsvc.domain.errors import BadField

Texts = dict[str, str]  # language code -> text in that language
Kind = Literal["single", "multiple", "yes-no", "text"]
Answer = (
    str | tuple[str, ...]
)  # an option or a text; of several options, those chosen, in the question's order

LONGEST_TEXT = 300  # characters of a free answer, after NFC
HIGHEST_PRIORITY = 3
YES_NO = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers that can be chosen."""

    id: str
    text: Texts


@dataclass(frozen=True, slots=True)
class Question:
    """What a visitor is asked before joining. `help` is shown under the question."""

    id: str
    kind: Kind
    text: Texts
    options: tuple[Option, ...] = ()
    required: bool = False
    help: Texts = field(default_factory=dict)

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be chosen; nothing where people write."""
        return YES_NO if self.kind == "yes-no" else tuple(option.id for option in self.options)


@dataclass(frozen=True, slots=True)
class Condition:
    """On one question: some of `chosen` is chosen (if there are any), and none of `not_chosen`."""

    question: str
    chosen: tuple[str, ...] = ()
    not_chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """When every one of `all_of` and, if there are any, one of `any_of` holds, the effects do.

    `message` is shown with the site's emergency numbers: before joining, or, with `stop`, instead.
    """

    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    priority: int = 0  # 0-3; each step counts as the queue's `priority_step_ms` of waiting
    tags: tuple[str, ...] = ()
    queue: str = ""  # of the same site
    message: Texts = field(default_factory=dict)
    stop: bool = False


class Asking(Protocol):
    """What asks: a queue, or in tests something that stands for one."""

    @property
    def questions(self) -> tuple[Question, ...]:
        """In the order in which they are asked."""
        ...

    @property
    def rules(self) -> tuple[Rule, ...]:
        """In the order in which they count."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one queue's rules say."""

    priority: int = 0
    tags: tuple[str, ...] = ()  # sorted, each once
    queue: str = ""
    messages: tuple[Texts, ...] = ()
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where answers lead. `unasked` are the questions of `queue` that the visitor has not seen yet.

    `answers` are those given, by question; `asked` are the questions that they answer.
    """

    queue: str
    priority: int = 0
    tags: tuple[str, ...] = ()
    messages: tuple[Texts, ...] = ()
    stop: bool = False
    unasked: tuple[Question, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict)
    asked: tuple[Question, ...] = ()


def accepted_answer(question: Question, value: Any) -> Answer | None:
    """An answer as it is kept; None for no answer. Raises BadField, which names the question and never the value."""
    place = f"`answers.{question.id}`"
    if value is None or value in ("", []):
        if question.required:
            raise BadField(f"{place} is missing: the question needs an answer.")
        return None
    if question.kind == "multiple":
        if not isinstance(value, list) or any(item not in question.choices for item in value):
            raise BadField(f"{place} must be a list of the question's options.")
        return tuple(choice for choice in question.choices if choice in value)
    if question.kind == "text":
        if not isinstance(value, str) or len(value.strip()) > LONGEST_TEXT:
            raise BadField(f"{place} must be a text of at most {LONGEST_TEXT} characters.")
        return accepted_answer(question, "") if value.isspace() else value.strip()
    if value not in question.choices:
        raise BadField(f"{place} must be one of the question's options.")
    return str(value)


def accepted_answers(
    questions: Iterable[Question], answers: Mapping[str, Any], *, known: Iterable[Question] = ()
) -> dict[str, Answer]:
    """The answers to `questions`; those to other `known` ones are left out. Raises BadField."""
    asked = {question.id: question for question in questions}
    if not set(answers) <= asked.keys() | {question.id for question in known}:
        raise BadField("`answers` has a key that is no question here.")
    found = {ident: accepted_answer(question, answers.get(ident)) for ident, question in asked.items()}
    return {ident: answer for ident, answer in found.items() if answer is not None}


def evaluate(rules: Sequence[Rule], questions: Iterable[Question], answers: Mapping[str, Answer]) -> Outcome:
    """What the rules say to accepted answers; see the module's promises."""
    seen: dict[str, frozenset[str]] = {}
    for question in questions:
        if question.kind != "text":
            given = answers.get(question.id, ())
            seen[question.id] = frozenset((given,) if isinstance(given, str) else given)
    effective = [rule for rule in rules if _applies(rule, seen)]
    stopping = tuple(rule.message for rule in effective if rule.stop)
    if stopping:
        return Outcome(messages=stopping, stop=True)
    return Outcome(
        priority=max((rule.priority for rule in effective), default=0),
        tags=tuple(sorted({tag for rule in effective for tag in rule.tags})),
        queue=next((rule.queue for rule in effective if rule.queue), ""),
        messages=tuple(rule.message for rule in effective if rule.message),
    )


def _applies(rule: Rule, seen: Mapping[str, frozenset[str]]) -> bool:
    if not rule.all_of and not rule.any_of:
        return False
    some = not rule.any_of or any(_holds(condition, seen) for condition in rule.any_of)
    return some and all(_holds(condition, seen) for condition in rule.all_of)


def _holds(condition: Condition, seen: Mapping[str, frozenset[str]]) -> bool:
    given = seen.get(condition.question)
    if given is None:  # free text, or a question that is no more
        return False
    chosen = not condition.chosen or not given.isdisjoint(condition.chosen)
    return chosen and given.isdisjoint(condition.not_chosen)


def follow(site: Mapping[str, Asking], start: str, answers: Mapping[str, Any]) -> Placement:
    """Where a visitor's answers lead from the queue `start`; `site` has every queue of the site by its name.

    A key that is there counts as asked, whatever its answer. An end that is no queue any more is where it was left.
    Raises BadField.
    """
    known = [question for queue in site.values() for question in queue.questions]
    way: list[str] = []
    placement, queue = Placement(start), start
    while queue in site and queue not in way:  # a cycle is refused when declared; here it only ends
        asking = site[queue]
        unasked = (
            tuple(question for question in asking.questions if question.id not in answers) if way else ()
        )
        placement = _extended(placement, queue, unasked=unasked)
        if unasked:
            break
        accepted = accepted_answers(asking.questions, answers, known=known)
        outcome = evaluate(asking.rules, asking.questions, accepted)
        placement = _extended(placement, queue, outcome, accepted, asking.questions)
        if outcome.stop:
            break
        way.append(queue)
        queue = outcome.queue
    return placement


def _extended(
    placement: Placement, queue: str, outcome: Outcome = Outcome(), accepted: Mapping[str, Answer] | None = None,
    questions: Iterable[Question] = (), *, unasked: tuple[Question, ...] = (),
) -> Placement:  # fmt: skip
    accepted = accepted or {}
    new = tuple(found for found in questions if found.id in accepted and found.id not in placement.answers)
    return Placement(
        queue=queue,
        priority=max(placement.priority, outcome.priority),
        tags=tuple(sorted({*placement.tags, *outcome.tags})),
        messages=outcome.messages if outcome.stop else placement.messages + outcome.messages,
        stop=outcome.stop,
        unasked=unasked,
        answers={**placement.answers, **accepted},
        asked=placement.asked + new,
    )
