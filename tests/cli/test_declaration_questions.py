"""Questions and rules in a declaration: what is read, what is refused and where, what changes."""

import pytest

from chatsvc.domain.declaration import DeclarationRefused, parse_declaration
from chatsvc.domain.declaration_changes import changes
from chatsvc.domain.questions import Condition, Option, Question, Rule
from chatsvc.domain.sites import Queue

HEAD = """
[site.kunta]
names = { fi = "Kunta" }
languages = ["fi"]

[site.kunta.queue.kriisi]
names = { fi = "Kriisi" }

[site.kunta.queue.paihde]
names = { fi = "Päihdeneuvonta" }
priority_step = "2 min"
"""
FORM = """
[[site.kunta.queue.paihde.question]]
id = "vaara"
kind = "yes-no"
text = { fi = "Oletko vaarassa?" }
required = true

[[site.kunta.queue.paihde.question]]
id = "kenesta"
kind = "single"
text = { fi = "Kenestä on kyse?" }
help = { fi = "Voit jättää vastaamatta." }
[[site.kunta.queue.paihde.question.option]]
id = "minusta"
text = { fi = "Minusta" }
[[site.kunta.queue.paihde.question.option]]
id = "laheisesta"
text = { fi = "Läheisestä" }

[[site.kunta.queue.paihde.rule]]
all_of = [{ question = "vaara", chosen = ["yes"] }]
message = { fi = "Soita 112." }
stop = true

[[site.kunta.queue.paihde.rule]]
all_of = [{ question = "vaara", not_chosen = ["yes"] }]
any_of = [
  { question = "kenesta", chosen = ["laheisesta"] },
]
priority = 2
tags = ["laheinen"]
queue = "kriisi"
"""


def declared(text: str) -> Queue:
    """The queue that a text about it becomes."""
    return parse_declaration(HEAD + text)[0].queues[1]


def refused(text: str) -> list[str]:
    """What is told about a text, without the file's name and what all places begin with."""
    with pytest.raises(DeclarationRefused) as caught:
        parse_declaration(HEAD + text, "f")
    return [
        line.removeprefix("f, ").replace("site.kunta.queue.paihde.", "")
        for line in str(caught.value).splitlines()
    ]


def test_questions_and_rules_are_read() -> None:
    """Each kind of thing in the place where it belongs; what is left out has its default."""
    queue = declared(FORM)
    assert queue.priority_step_ms == 120_000
    assert queue.questions == (
        Question("vaara", "yes-no", {"fi": "Oletko vaarassa?"}, required=True),
        Question(
            "kenesta", "single", {"fi": "Kenestä on kyse?"},
            (Option("minusta", {"fi": "Minusta"}), Option("laheisesta", {"fi": "Läheisestä"})),
            help={"fi": "Voit jättää vastaamatta."},
        ),
    )  # fmt: skip
    assert queue.rules == (
        Rule((Condition("vaara", ("yes",)),), message={"fi": "Soita 112."}, stop=True),
        Rule(
            (Condition("vaara", (), ("yes",)),), (Condition("kenesta", ("laheisesta",)),), 2, ("laheinen",), "kriisi"
        ),
    )  # fmt: skip
    plain = declared("")
    assert (plain.questions, plain.rules) == ((), ())
    assert parse_declaration(HEAD)[0].queues[0].priority_step_ms == 300_000


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    """One pass names every place: key, kind, condition, effect, and what is accepted."""
    found = refused("""
[[site.kunta.queue.paihde.question]]
id = "Vaara"
kind = "single-choice"
txt = { fi = "x" }
[[site.kunta.queue.paihde.question]]
id = "q"
kind = "single"
text = { fi = "x" }
[[site.kunta.queue.paihde.question.option]]
id = "o"
[[site.kunta.queue.paihde.rule]]
all_of = [{ question = "vaara", is = "yes" }]
priority = 4
tags = "acute"
stop = "yes"
[[site.kunta.queue.paihde.rule]]
when = "always"
any_of = [{ chosen = ["a", "a"] }]
""")
    starts = [
        "line 14: question.1.id: must be 1-40 of a-z",
        "line 15: question.1.kind: must be one of single, multiple, yes-no, text.",
        "line 16: question.1.txt: there is no such key. Did you mean text?",
        "line 13: question.1.text: is missing.",
        "line 21: question.2.option.1.text: is missing.",
        "line 24: rule.1.all_of.1.is: there is no such key.",
        "line 25: rule.1.priority: must be a whole number from 1 to 3.",
        "line 26: rule.1.tags: must be a list of names",
        "line 27: rule.1.stop: must be true or false.",
        "line 29: rule.2.when: there is no such key.",
        "line 30: rule.2.any_of.1.chosen: names one twice.",
        "line 30: rule.2.any_of.1.question: is missing.",
    ]
    assert len(found) == len(starts), found
    for start in starts:
        assert any(line.startswith(start) for line in found), (start, found)


def test_what_does_not_fit_together_is_told_with_its_line() -> None:
    """A queue that is gone, an unknown option, a text missing: found once everything can be read."""
    found = refused(
        FORM.replace('queue = "kriisi"', 'queue = "kriisit"').replace('"laheisesta"] }', '"naapurista"] }')
    )
    assert found == [
        "line 38: rule.2.any_of.1.chosen: there is no option naapurista. Options of kenesta: minusta, laheisesta.",
        "line 43: rule.2.queue: there is no such queue in this site. Queues: kriisi, paihde.",
    ]


def test_a_circle_of_queues_is_refused_with_the_way() -> None:
    """a → b → a: the whole file is refused, at the rule that closes the circle."""
    back = """
[[site.kunta.queue.kriisi.question]]
id = "muu"
kind = "yes-no"
text = { fi = "Muuta?" }
[[site.kunta.queue.kriisi.rule]]
all_of = [{ question = "muu", chosen = ["yes"] }]
queue = "paihde"
"""
    found = refused(FORM + back)
    assert found == ["line 43: rule.2.queue: leads in a circle: kriisi → paihde → kriisi."]


@pytest.mark.parametrize(
    "text",
    ["question = 3", 'question = ["x"]', "question = [{ id = 1 }]", 'rule = "x"', "rule = [3]", "rule = [{}]",
     'rule = [{ all_of = "x" }]', "rule = [{ all_of = [3] }]", 'question = [{ id = "a", kind = "text", text = {} }]',
     'question = [{ id = "a", kind = "single", text = { fi = "x" }, option = 3 }]',
     'priority_step = "0 s"'],
)  # fmt: skip
def test_what_is_no_form_is_refused(text: str) -> None:
    """Whatever else stands there is refused with a sentence, never with a failure."""
    place = "[site.kunta.queue.paihde]\n" if text.startswith("priority") else ""
    with pytest.raises(DeclarationRefused):
        parse_declaration(HEAD.replace('priority_step = "2 min"', text) if place else HEAD + text)


def test_changes_are_told_question_by_question() -> None:
    """What is new, other or gone, in the words of the file."""
    before = parse_declaration(HEAD + FORM)[0]
    after = parse_declaration(
        (HEAD + FORM).replace('"2 min"', '"3 min"').replace("priority = 2", "priority = 3")
        .replace("required = true", "").replace("Minusta", "Itsestäni")
    )[0]  # fmt: skip
    assert [str(change) for change in changes(before, after)] == [
        "kunta/paihde: priority_step: 2 min → 3 min",
        "kunta/paihde: question vaara: required: true → false",
        "kunta/paihde: question kenesta: option minusta.fi: Minusta → Itsestäni",
        "kunta/paihde: rule 2: priority: 2 → 3",
    ]
    gone = [str(change) for change in changes(before, parse_declaration(HEAD)[0])]
    assert [line.partition(": ")[2].split(":")[0] for line in gone] == [
        "question vaara", "question kenesta", "rule 1", "rule 2",
    ]  # fmt: skip
    assert all(line.endswith("→ (none)") for line in gone)
    assert list(changes(before, before)) == []
