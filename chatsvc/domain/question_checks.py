"""What can be wrong with a site's questions and rules before anybody answers them: found without running anything."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chatsvc.domain.questions import Asking, Condition, Question, Rule, Texts

MOST_QUESTIONS = 10  # of a queue: more, and people who need help leave before they are asked
MOST_OPTIONS = 15
MOST_RULES = 50
MOST_CHARACTERS = (
    20_000  # of a queue's questions in all languages: everybody who looks at the queue gets them
)

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: in which queue, where in it (elements are numbered from 1), and what."""

    queue: str
    place: Place
    message: str


def faults(languages: Iterable[str], site: Mapping[str, Asking]) -> Iterator[Fault]:
    """Everything that is wrong with the questions and rules of a site's queues, which are given by their names."""
    wanted = tuple(languages)
    for name, queue in site.items():
        for place, message in _queue_faults(queue, wanted):
            yield Fault(name, place, message)
        for number, rule in enumerate(queue.rules, 1):
            if rule.queue and rule.queue not in site:
                there = f"Queues: {', '.join(site)}."
                yield Fault(
                    name, ("rule", str(number), "queue"), f"there is no such queue in this site. {there}"
                )
    yield from _cycles(site)
    yield from _clashes(site)


Found = tuple[Place, str]


def _queue_faults(queue: Asking, languages: tuple[str, ...]) -> Iterator[Found]:
    for key, rows, most in (("question", queue.questions, MOST_QUESTIONS), ("rule", queue.rules, MOST_RULES)):
        if len(rows) > most:
            yield (key, str(most + 1)), f"is one too many: a queue has at most {most} of them."
    if sum(_length(question) for question in queue.questions) > MOST_CHARACTERS:
        yield ("question",), f"are longer than {MOST_CHARACTERS} characters, all languages together."
    by_id: dict[str, Question] = {}
    for number, question in enumerate(queue.questions, 1):
        place = ("question", str(number))
        if question.id in by_id:
            yield (*place, "id"), f"names a second question {question.id}."
        by_id.setdefault(question.id, question)
        for inner, message in _question_faults(question, languages):
            yield (*place, *inner), message
    for number, rule in enumerate(queue.rules, 1):
        found = [*_rule_faults(rule, by_id, languages)] or [*_reach_faults(number, queue.rules, by_id)]
        for inner, message in found:
            yield ("rule", str(number), *inner), message


def _length(question: Question) -> int:
    every = (question.text, question.help, *(option.text for option in question.options))
    return sum(len(text) for texts in every for text in texts.values())


def _question_faults(question: Question, languages: tuple[str, ...]) -> Iterator[Found]:
    yield from _missing(("text",), question.text, languages)
    if question.help:
        yield from _missing(("help",), question.help, languages)
    if question.kind in ("single", "multiple"):
        if not 2 <= len(question.options) <= MOST_OPTIONS:
            yield ("option",), f"must be 2 to {MOST_OPTIONS} options to choose from."
    elif question.options:
        yield ("option",), f"has no place in a question of the kind {question.kind}."
    ids = [option.id for option in question.options]
    for number, option in enumerate(question.options, 1):
        if option.id in ids[: number - 1]:
            yield ("option", str(number), "id"), f"names a second option {option.id}."
        yield from _missing(("option", str(number), "text"), option.text, languages)


def _missing(place: Place, texts: Texts, languages: tuple[str, ...]) -> Iterator[Found]:
    missing = [language for language in languages if language not in texts]
    if missing:
        yield place, f"has no text in {', '.join(missing)}, a language of the site."


def _rule_faults(
    rule: Rule, questions: Mapping[str, Question], languages: tuple[str, ...]
) -> Iterator[Found]:
    if not rule.all_of and not rule.any_of:
        yield (), "needs a condition: all_of or any_of."
    if not (rule.priority or rule.tags or rule.queue or rule.message):
        yield (), "has no effect: give it a priority, tags, a queue or a message."
    if rule.message:
        yield from _missing(("message",), rule.message, languages)
    if rule.stop and not rule.message:
        yield ("stop",), "needs a message: nobody is turned away without a word."
    if rule.stop and (rule.priority or rule.tags or rule.queue):
        yield ("stop",), "leaves no place for priority, tags or queue: nobody joins."
    for key, conditions in (("all_of", rule.all_of), ("any_of", rule.any_of)):
        for number, condition in enumerate(conditions, 1):
            for inner, message in _condition_faults(condition, questions):
                yield (key, str(number), *inner), message


def _condition_faults(condition: Condition, questions: Mapping[str, Question]) -> Iterator[Found]:
    question = questions.get(condition.question)
    if question is None:
        yield ("question",), f"there is no such question in this queue. Questions: {', '.join(questions)}."
        return
    if question.kind == "text":
        yield ("question",), "is answered in free text, which never drives a rule."
        return
    if not condition.chosen and not condition.not_chosen:
        yield (), "needs chosen or not_chosen."
    for key, options in (("chosen", condition.chosen), ("not_chosen", condition.not_chosen)):
        unknown = [option for option in options if option not in question.choices]
        if unknown:
            there = f"Options of {question.id}: {', '.join(question.choices)}."
            yield (key,), f"there is no option {', '.join(unknown)}. {there}"


# Rules that can never have an effect


def _reach_faults(number: int, rules: tuple[Rule, ...], questions: Mapping[str, Question]) -> Iterator[Found]:
    rule = rules[number - 1]
    if not satisfiable(rule, questions):
        yield (), "can never apply: no answers fulfil its conditions."
        return
    for place, other in enumerate(rules, 1):
        if other is rule or not _covers(other, rule):
            continue
        if other.stop and not rule.stop:
            yield (), f"never has an effect: whenever it applies, rule {place} stops."
            return
        if place < number and rule.queue and other.queue:
            yield ("queue",), f"is never used: whenever this rule applies, rule {place} has led away already."
            return


def satisfiable(rule: Rule, questions: Mapping[str, Question]) -> bool:
    """Whether some answers fulfil a rule's conditions; questions are answered independently of each other."""
    ways = [(*rule.all_of, condition) for condition in rule.any_of] or [rule.all_of]
    return any(_together(conditions, questions) for conditions in ways)


def _together(conditions: Iterable[Condition], questions: Mapping[str, Question]) -> bool:
    """Whether all of these can hold at once."""
    by_question: dict[str, list[Condition]] = {}
    for condition in conditions:
        by_question.setdefault(condition.question, []).append(condition)
    return all(
        ident in questions and _possible(questions[ident], found) for ident, found in by_question.items()
    )


def _possible(question: Question, conditions: list[Condition]) -> bool:
    if question.kind == "text":
        return False
    allowed = set(question.choices).difference(*(found.not_chosen for found in conditions))
    wanted = [set(found.chosen) & allowed for found in conditions if found.chosen]
    if question.kind == "multiple":
        return all(wanted) and bool(allowed or not question.required)
    if wanted:
        return bool(set.intersection(*wanted))
    return bool(allowed) or not question.required


def _covers(wider: Rule, rule: Rule) -> bool:
    """Whether `wider` surely applies whenever `rule` does; it may also do so unseen."""
    if not all(any(_implies(mine, theirs) for mine in rule.all_of) for theirs in wider.all_of):
        return False
    if not wider.any_of or any(_implies(mine, theirs) for mine in rule.all_of for theirs in wider.any_of):
        return True
    return bool(rule.any_of) and all(
        any(_implies(mine, theirs) for theirs in wider.any_of) for mine in rule.any_of
    )


def _implies(mine: Condition, theirs: Condition) -> bool:
    chosen = not theirs.chosen or (bool(mine.chosen) and set(mine.chosen) <= set(theirs.chosen))
    return mine.question == theirs.question and chosen and set(theirs.not_chosen) <= set(mine.not_chosen)


# Queues that lead to each other


def _cycles(site: Mapping[str, Asking]) -> Iterator[Fault]:
    """Each rule that closes a way around, whatever its conditions: a visitor must never go in circles."""
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> Iterator[Fault]:
        for number, rule in enumerate(site[name].rules, 1):
            if rule.queue in way:
                circle = " → ".join((*way[way.index(rule.queue) :], rule.queue))
                yield Fault(name, ("rule", str(number), "queue"), f"leads in a circle: {circle}.")
            elif rule.queue in site and rule.queue not in done:
                yield from visit(rule.queue, (*way, rule.queue))
        done.add(name)

    for name in site:
        if name not in done:
            yield from visit(name, (name,))


def _clashes(site: Mapping[str, Asking]) -> Iterator[Fault]:
    """Questions with the same id in two queues that a rule connects: an answer can be one thing only."""
    for name, queue in site.items():
        for target in dict.fromkeys(_reachable(site, name)):
            theirs = {question.id: question for question in site[target].questions}
            for number, question in enumerate(queue.questions, 1):
                other = theirs.get(question.id, question)
                if (other.kind, other.choices) != (question.kind, question.choices):
                    where = f"{target}, to which rules lead from here, asks another question by this name."
                    yield Fault(name, ("question", str(number), "id"), where)


def _reachable(site: Mapping[str, Asking], start: str) -> Iterator[str]:
    seen, ends = {start}, [start]
    while ends:
        for rule in site[ends.pop()].rules:
            if rule.queue in site and rule.queue not in seen:
                seen.add(rule.queue)
                ends.append(rule.queue)
                yield rule.queue
