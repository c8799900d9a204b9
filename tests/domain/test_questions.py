"""Questions and rules: what answers are accepted, what rules say to them, and what is wrong before anybody answers."""

from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatsvc.domain.errors import BadField
from chatsvc.domain.question_checks import faults, satisfiable
from chatsvc.domain.questions import (
    Answer,
    Condition,
    Option,
    Outcome,
    Question,
    Rule,
    accepted_answer,
    accepted_answers,
    evaluate,
    follow,
)


@dataclass(frozen=True)
class Asks:
    """A queue, as far as questions go."""

    questions: tuple[Question, ...] = ()
    rules: tuple[Rule, ...] = ()


def options(*ids: str) -> tuple[Option, ...]:
    """Options by their ids."""
    return tuple(Option(ident, {"fi": ident}) for ident in ids)


DANGER = Question("danger", "yes-no", {"fi": "Oletko vaarassa?"})
AGE = Question("age", "single", {"fi": "Minkä ikäinen olet?"}, options("under-18", "18-29", "30-"))
WORRIES = Question("worries", "multiple", {"fi": "Mikä huolettaa?"}, options("money", "family", "health"))
WORDS = Question("words", "text", {"fi": "Haluatko kertoa jotain?"})
ALL = (DANGER, AGE, WORRIES, WORDS)
HELP = {"fi": "Soita 112."}
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # also on a busy machine
NOTHING: tuple[Any, ...] = (None, "", [])


def is_chosen(question: str, *chosen: str) -> Condition:
    """That one of these is chosen."""
    return Condition(question, chosen)


CONDITIONS = [
    Condition(question.id, chosen, not_chosen)
    for question in (DANGER, AGE, WORRIES)
    for chosen, not_chosen in product(
        [(), *combinations(question.choices, 1), *combinations(question.choices, 2)], repeat=2
    )
]
conditions = st.sampled_from(CONDITIONS)
rules = st.lists(
    st.builds(
        Rule,
        st.lists(conditions, max_size=2).map(tuple),
        st.lists(conditions, max_size=2).map(tuple),
        st.integers(0, 3),
        st.lists(st.sampled_from("abc"), max_size=2, unique=True).map(tuple),
        st.sampled_from(["", "x", "y"]),
        st.sampled_from([{}, {"fi": "1"}, {"fi": "2"}]),
        st.booleans(),
    ),
    max_size=5,
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "danger": st.sampled_from(["yes", "no"]),
        "age": st.sampled_from(AGE.choices),
        "worries": st.lists(st.sampled_from(WORRIES.choices), min_size=1, unique=True).map(tuple),
    },
)


@unhurried
@given(rules, answers, st.randoms())
def test_what_does_not_depend_on_the_order_of_rules(made: list[Rule], given_: Any, chance: Any) -> None:
    """Shuffled rules give the same priority, tags, and stop, and the same messages in some order."""
    shuffled = [*made]
    chance.shuffle(shuffled)
    one, other = evaluate(made, ALL, given_), evaluate(shuffled, ALL, given_)
    assert (one.priority, one.tags, one.stop) == (other.priority, other.tags, other.stop)
    assert sorted(map(str, one.messages)) == sorted(map(str, other.messages))
    assert bool(one.queue) == bool(other.queue)


@unhurried
@given(rules, answers)
def test_the_order_of_rules_decides_where_to(made: list[Rule], given_: Any) -> None:
    """Unless one stops, it is the queue of the first rule that applies and names one; a stop leaves only its words."""
    applying = [rule for rule in made if evaluate([rule], ALL, given_) != Outcome()]
    found = evaluate(made, ALL, given_)
    if any(rule.stop for rule in applying):
        assert found == Outcome(messages=tuple(rule.message for rule in applying if rule.stop), stop=True)
    else:
        assert found.queue == next((rule.queue for rule in applying if rule.queue), "")
        assert found.messages == tuple(rule.message for rule in applying if rule.message)


@unhurried
@given(rules, answers, st.text(max_size=9), st.text(max_size=9))
def test_free_text_changes_nothing(made: list[Rule], given_: Any, one: str, other: str) -> None:
    """Whatever somebody writes, even an option's name, and even if a rule asks for it, the outcome is the same."""
    prying = [
        *made,
        Rule((is_chosen("words", one),), priority=3),
        Rule((Condition("words", (), (other,)),), tags=("z",)),
    ]
    found = {str(evaluate(prying, ALL, {**given_, "words": text})) for text in (one, other, "yes")}
    assert found == {str(evaluate(made, ALL, given_))}


def test_conditions() -> None:
    """All of these and one of those; not chosen holds for what was left open too."""
    rule = Rule(
        (is_chosen("danger", "no"), Condition("worries", (), ("money",))),
        (is_chosen("age", "under-18", "18-29"), is_chosen("worries", "health")),
        tags=("t",),
    )
    table: list[tuple[dict[str, Answer], bool]] = [
        ({"danger": "no", "age": "18-29"}, True),
        ({"danger": "no", "age": "30-"}, False),
        ({"danger": "no", "age": "30-", "worries": ("family", "health")}, True),
        ({"danger": "no", "age": "18-29", "worries": ("money", "health")}, False),
        ({"danger": "yes", "age": "18-29"}, False),
        ({}, False),
    ]
    assert [evaluate([rule], ALL, given_).tags == ("t",) for given_, _ in table] == [
        held for _, held in table
    ]
    assert evaluate([Rule(priority=3)], ALL, {}) == Outcome()


def test_effects_add_up() -> None:
    """Of all rules that apply: the highest priority, every tag once and sorted, the first queue, every message."""
    made = [
        Rule((is_chosen("danger", "yes"),), priority=1, tags=("b", "a"), message={"fi": "1"}),
        Rule((is_chosen("danger", "yes"),), priority=3, tags=("b",), queue="x"),
        Rule((is_chosen("danger", "yes"),), queue="y", message={"fi": "2"}),
    ]
    found = evaluate(made, ALL, {"danger": "yes"})
    assert found == Outcome(3, ("a", "b"), "x", ({"fi": "1"}, {"fi": "2"}))


# Answers


def test_answers_are_kept_in_one_form() -> None:
    """Several options in the order of the question, texts without white space around; nothing for no answer."""
    given_ = {"danger": "no", "age": "30-", "worries": ["health", "money", "health"], "words": "  hei \n"}
    assert accepted_answers(ALL, given_) == {
        "danger": "no", "age": "30-", "worries": ("money", "health"), "words": "hei",
    }  # fmt: skip
    assert accepted_answers(ALL, {"danger": None, "age": "", "worries": [], "words": " \n "}) == {}


@pytest.mark.parametrize(
    ("question", "value"),
    [(DANGER, True), (DANGER, "maybe"), (AGE, ["30-"]), (AGE, 30), (AGE, {"a": 1}), (WORRIES, "money"),
     (WORRIES, ["money", "secret"]), (WORRIES, [["money"]]), (WORDS, 5), (WORDS, ["x"]), (WORDS, "secret" * 51),
     *[(replace(question, required=True), nothing) for question in ALL for nothing in NOTHING],
     (replace(WORDS, required=True), " \n")],
)  # fmt: skip
def test_a_wrong_answer_is_named_by_its_question(question: Question, value: Any) -> None:
    """The error names the field, and never what was sent."""
    with pytest.raises(BadField) as refused:
        accepted_answer(question, value)
    assert str(refused.value).startswith(f"`answers.{question.id}` ")
    assert "secret" not in str(refused.value)


def test_an_unknown_question_is_not_named() -> None:
    """Its name is the visitor's own words, and so is not repeated."""
    with pytest.raises(BadField, match=r"^`answers` has a key that is no question here\.$"):
        accepted_answers(ALL, {"secret": "x"})


# From queue to queue

FIRST = Asks(
    (DANGER, AGE),
    (Rule((is_chosen("age", "under-18"),), priority=1, tags=("a",), queue="youth", message=HELP),),
)
YOUTH = Asks((WORRIES,), (Rule((is_chosen("worries", "health"),), priority=2, tags=("b",), queue="health"),))
SITE = {"first": FIRST, "youth": YOUTH, "health": Asks()}


def test_the_queue_led_to_asks_its_own_questions() -> None:
    """Until they have been asked nobody joins; then its rules count too, and priority and tags add up."""
    asked = follow(SITE, "first", {"age": "under-18"})
    assert (asked.queue, asked.unasked, asked.messages) == ("youth", (WORRIES,), (HELP,))
    there = follow(SITE, "first", {"age": "under-18", "worries": None})
    assert (there.queue, there.unasked, there.priority, there.tags) == ("youth", (), 1, ("a",))
    further = follow(SITE, "first", {"age": "under-18", "worries": ["health"]})
    assert (further.queue, further.priority, further.tags) == ("health", 2, ("a", "b"))
    assert further.answers == {"age": "under-18", "worries": ("health",)}
    assert further.asked == (AGE, WORRIES)


def test_answers_to_a_queue_that_was_not_reached_are_left_out() -> None:
    """Who went back and answers otherwise is not refused for what they answered before."""
    placement = follow(SITE, "first", {"age": "30-", "worries": ["health"]})
    assert (placement.queue, placement.priority, placement.answers) == ("first", 0, {"age": "30-"})


def test_a_stop_on_the_way_is_the_end() -> None:
    """Only the words of the rule that stops remain."""
    stop = Rule((is_chosen("worries", "money"),), message={"fi": "Seis"}, stop=True)
    site = {**SITE, "youth": replace(YOUTH, rules=(stop,))}
    placement = follow(site, "first", {"age": "under-18", "worries": ["money"]})
    assert (placement.stop, placement.messages) == (True, ({"fi": "Seis"},))


def test_a_queue_that_is_gone_or_a_circle_strands_nobody() -> None:
    """Whoever would be led nowhere stays in the last queue there is."""
    assert follow({"first": FIRST}, "first", {"age": "under-18"}).queue == "first"
    back = Rule((is_chosen("worries", "health"),), queue="first")
    site = {**SITE, "youth": replace(YOUTH, rules=(back,))}
    assert follow(site, "first", {"age": "under-18", "worries": ["health"]}).queue == "youth"


# What is wrong before anybody answers


def wrong(**site: Asks) -> list[str]:
    """Every fault as one line: queue, place, message."""
    return [f"{found.queue} {'.'.join(found.place)}: {found.message}" for found in faults(("fi", "sv"), site)]


def both(question: Question) -> Question:
    """The question in both languages."""
    made = tuple(replace(option, text={"fi": "x", "sv": "x"}) for option in question.options)
    return replace(question, text={"fi": "x", "sv": "x"}, options=made)


FORM = tuple(map(both, ALL))
WARN = {"fi": "x", "sv": "x"}


def ruled(*made: Rule) -> list[str]:
    """The faults of rules over the usual questions, with another queue beside."""
    return wrong(q=Asks(FORM, made), other=Asks())


def test_what_is_right_has_no_fault() -> None:
    """Rules of every kind that can all have an effect."""
    assert (
        ruled(
            Rule((is_chosen("danger", "yes"),), message=WARN, stop=True),
            Rule((is_chosen("age", "under-18"),), queue="other"),
            Rule(
                (is_chosen("age", "under-18"),),
                (is_chosen("worries", "money"), is_chosen("worries", "health")),
                2,
            ),
            Rule(
                (Condition("worries", (), ("money",)), is_chosen("worries", "health", "money")), tags=("t",)
            ),
        )
        == []
    )


def test_texts_missing_in_a_language_of_the_site() -> None:
    """Of questions, options, help and messages."""
    half = replace(AGE, help={"sv": "x"}, options=options("a", "b"))
    found = wrong(q=Asks((half,), (Rule((is_chosen("age", "a"),), message={"fi": "x"}),)))
    assert found == [
        "q question.1.text: has no text in sv, a language of the site.",
        "q question.1.help: has no text in fi, a language of the site.",
        "q question.1.option.1.text: has no text in sv, a language of the site.",
        "q question.1.option.2.text: has no text in sv, a language of the site.",
        "q rule.1.message: has no text in sv, a language of the site.",
    ]


@pytest.mark.parametrize(
    ("rule", "fault"),
    [(Rule(priority=1), "q rule.1: needs a condition"),
     (Rule((is_chosen("danger", "yes"),)), "q rule.1: has no effect"),
     (Rule((is_chosen("danger", "yes"),), priority=1, message=WARN, stop=True), "q rule.1.stop: leaves no place"),
     (Rule((is_chosen("danger", "yes"),), stop=True), "q rule.1: has no effect"),
     (Rule((is_chosen("nobody", "yes"),), priority=1), "q rule.1.all_of.1.question: there is no such question"),
     (Rule((), (is_chosen("words", "yes"),), 1), "q rule.1.any_of.1.question: is answered in free text"),
     (Rule((is_chosen("age", "40"),), priority=1), "q rule.1.all_of.1.chosen: there is no option 40"),
     (Rule((Condition("age"),), priority=1), "q rule.1.all_of.1: needs chosen or not_chosen"),
     (Rule((is_chosen("danger", "yes"),), queue="gone"), "q rule.1.queue: there is no such queue in this site"),
     (Rule((is_chosen("danger", "yes"),), queue="q"), "q rule.1.queue: leads in a circle: q → q."),
     (Rule((is_chosen("age", "30-"), is_chosen("age", "18-29")), priority=1), "q rule.1: can never apply"),
     (Rule((Condition("worries", ("money",), ("money",)),), priority=1), "q rule.1: can never apply")],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_found(rule: Rule, fault: str) -> None:
    """Each is named with its place and the reason."""
    assert any(found.startswith(fault) for found in ruled(rule)), ruled(rule)


def test_rules_in_the_shadow_of_others_are_found() -> None:
    """What a rule that stops, or an earlier one that leads away, always gets ahead of."""
    found = ruled(
        Rule((is_chosen("age", "under-18", "18-29"),), queue="other"),
        Rule((is_chosen("age", "under-18"), is_chosen("danger", "no")), queue="other"),
        Rule((is_chosen("danger", "yes"),), priority=2),
        Rule((), (is_chosen("danger", "yes"), is_chosen("worries", "money")), message=WARN, stop=True),
    )
    assert found == [
        "q rule.2.queue: is never used: whenever this rule applies, rule 1 has led away already.",
        "q rule.3: never has an effect: whenever it applies, rule 4 stops.",
    ]


def test_circles_of_queues_are_found() -> None:
    """Each is told once, with the way around; a way that only meets again is none."""
    to = {name: Rule((is_chosen("danger", "yes"),), queue=name) for name in "abc"}
    circle = wrong(a=Asks(FORM, (to["b"],)), b=Asks(FORM, (to["c"],)), c=Asks(FORM, (to["a"],)))
    assert circle == ["c rule.1.queue: leads in a circle: a → b → c → a."]
    no = replace(to["c"], all_of=(is_chosen("danger", "no"),))
    assert wrong(a=Asks(FORM, (to["b"], no)), b=Asks(FORM, (to["c"],)), c=Asks(FORM)) == []


def test_one_name_for_two_questions_on_one_way_is_found() -> None:
    """An answer under that name could mean either."""
    other = replace(FORM[1], options=FORM[2].options)
    lead = Rule((is_chosen("danger", "yes"),), queue="b")
    assert wrong(a=Asks(FORM, (lead,)), b=Asks((other,))) == [
        "a question.2.id: b, to which rules lead from here, asks another question by this name."
    ]
    assert wrong(a=Asks(FORM), b=Asks((other,))) == []


def test_there_are_bounds() -> None:
    """So many questions, options and rules, names once, and options only where something is chosen."""
    many = tuple(replace(FORM[0], id=f"q{number}") for number in range(11))
    few = replace(FORM[1], options=FORM[1].options[:1])
    twice = replace(FORM[1], options=FORM[1].options * 2)
    long = replace(FORM[3], text={"fi": "x" * 300, "sv": "x" * 20_000})
    assert wrong(q=Asks(many)) == ["q question.11: is one too many: a queue has at most 10 of them."]
    assert wrong(q=Asks((few,))) == ["q question.1.option: must be 2 to 15 options to choose from."]
    assert wrong(q=Asks((twice,)))[0] == "q question.1.option.4.id: names a second option under-18."
    assert wrong(q=Asks((FORM[0], FORM[0]))) == ["q question.2.id: names a second question danger."]
    assert wrong(q=Asks((long,)))[0].startswith("q question: are longer than 20000 characters")
    odd = replace(FORM[3], options=FORM[1].options)
    assert wrong(q=Asks((odd,))) == ["q question.1.option: has no place in a question of the kind text."]


@unhurried
@given(rules)
def test_what_can_apply_is_decided_exactly(made: list[Rule]) -> None:
    """`satisfiable` agrees with trying every answer."""
    several = [
        (),
        *(
            tuple(c for c, on in zip(WORRIES.choices, mask, strict=True) if on)
            for mask in product((0, 1), repeat=3)
        ),
    ]
    every: list[dict[str, Any]] = [
        {key: value for key, value in (("danger", one), ("age", two), ("worries", three)) if value}
        for one, two, three in product(("", "yes", "no"), ("", *AGE.choices), several)
    ]
    questions = {question.id: question for question in ALL}
    for rule in made:
        if rule.all_of or rule.any_of:
            effective = replace(rule, priority=1, stop=False)
            tried = any(evaluate([effective], ALL, given_).priority for given_ in every)
            assert satisfiable(rule, questions) == tried


@unhurried
@given(rules, answers)
def test_a_rule_said_to_be_in_the_shadow_changes_nothing(made: list[Rule], given_: Any) -> None:
    """Whatever the answers, leaving out a rule that `faults` calls without effect gives the same outcome."""
    sound = [rule for rule in made if rule.all_of or rule.any_of]
    for found in faults((), {"q": Asks(ALL, tuple(sound)), "x": Asks(), "y": Asks()}):
        if "never has an effect" in found.message or "can never apply" in found.message:
            number = int(found.place[1]) - 1
            rest = sound[:number] + sound[number + 1 :]
            assert evaluate(sound, ALL, given_) == evaluate(rest, ALL, given_)
