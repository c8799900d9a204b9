"""Questions before joining, on a real service: told before, judged at the door, sealed, shown to the counsellor."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.questions import Condition, Option, Question, Rule
from chatsvc.domain.sites import Contact, Site
from chatsvc.store.keys import PoolKeys
from tests.support.client import MSGPACK, Client
from tests.support.service import Service, make_site
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still

SECRET = "kerron vain sinulle"


def texts(word: str) -> dict[str, str]:
    """A text in the site's languages."""
    return {"fi": word, "sv": f"{word} (sv)", "en": f"{word} (en)"}


def question(ident: str, kind: Any, *choices: str, required: bool = False) -> Question:
    """A question named by its id."""
    made = tuple(Option(choice, texts(choice)) for choice in choices)
    return Question(ident, kind, texts(f"{ident}?"), made, required=required)


def when(ident: str, *chosen: str, **effects: Any) -> Rule:
    """A rule on one question."""
    return Rule((Condition(ident, chosen),), **effects)


DANGER = question("danger", "yes-no", required=True)
AGE = question("age", "single", "under-18", "adult")
TOPICS = question("topics", "multiple", "drinking", "gambling")
WORDS = question("words", "text")
SCHOOL = question("school", "yes-no", required=True)
RULES = (
    when("danger", "yes", message=texts("Soita 112."), stop=True),
    when("age", "under-18", queue="nuoret", tags=("young",)),
    when("topics", "gambling", priority=2, tags=("gambling",)),
    when("topics", "drinking", message=texts("Juo vettä.")),
)


def site() -> Site:
    """`paihde` asks and leads to `nuoret`, which asks one thing more; `muu` asks nothing."""
    made = make_site(
        paihde={"questions": (DANGER, AGE, TOPICS, WORDS), "rules": RULES, "priority_step_ms": 5 * MINUTE},
        nuoret={"questions": (SCHOOL,), "rules": (when("school", "no", priority=1),)},
        muu={},
    )
    return replace(made, emergency=(Contact(texts("Hätänumero"), phone="112"),))


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A service that asks, on a clock that stands still."""
    async with still(valkey.url, tmp_path, site()) as made:
        yield made


@pytest.fixture(autouse=True)
async def desk(service: Service) -> Client:
    """The console of somebody on duty."""
    return await service.on_duty("aino")


async def hello(service: Service, answers: Any, **more: Any) -> tuple[Client, dict[str, Any]]:
    """A visitor who has said hello, and the first answer to it."""
    client = await service.visitor()
    await client.send("hello", ref="h", site="kunta", queue="paihde", lang="fi", answers=answers, **more)
    async with asyncio.timeout(10):
        while True:
            for frame in client.frames:
                if frame.get("ref") == "h":
                    return client, frame
            client._arrived.clear()
            await client._arrived.wait()


async def test_status_carries_the_questions_and_not_the_rules(service: Service) -> None:
    """With texts per language, kinds and options, on the socket and at the public address; nothing of the rules."""
    visitor = await service.visitor(MSGPACK)
    status = await visitor.ask("watch", "status", site="kunta", queue="paihde")
    assert status["questions"][:3] == [
        {"id": "danger", "kind": "yes-no", "text": texts("danger?"), "required": True},
        {"id": "age", "kind": "single", "text": texts("age?"),
         "options": [{"id": "under-18", "text": texts("under-18")}, {"id": "adult", "text": texts("adult")}]},
        {"id": "topics", "kind": "multiple", "text": texts("topics?"),
         "options": [{"id": "drinking", "text": texts("drinking")}, {"id": "gambling", "text": texts("gambling")}]},
    ]  # fmt: skip
    assert not any(word in str(status) for word in ("nuoret", "young", "Soita", "priority"))
    async with service.http.get(f"{service.base}/api/v1/sites/kunta/queues") as found:
        queues = {queue["queue"]: queue for queue in (await found.json())["queues"]}
    assert queues["paihde"]["questions"] == status["questions"]
    assert queues["muu"]["questions"] == []


async def test_answers_reach_the_counsellor_with_the_words_of_the_questions(
    service: Service, desk: Client
) -> None:
    """Priority shows in the head, tags and answers with `assigned`; in the store what was said is sealed."""
    _, welcome = await hello(
        service, {"danger": "no", "age": "adult", "topics": ["gambling"], "words": f" {SECRET} "}
    )
    assert (welcome["type"], welcome["queue"]) == ("welcome", "paihde")
    (head,) = (await desk.expect("queue", queue="paihde", waiting=1))["head"]
    assert head["priority"] == 2
    assert "answers" not in head
    shown = (await desk.ask("take", "assigned", queue="paihde"))["conversation"]
    assert shown["answers"] == {"danger": "no", "age": "adult", "topics": ["gambling"], "words": SECRET}
    assert [asked["id"] for asked in shown["questions"]] == ["danger", "age", "topics", "words"]
    assert shown["questions"][1]["options"][1] == {"id": "adult", "text": texts("adult")}
    assert (shown["priority"], shown["tags"]) == (2, ["gambling"])
    assert not await stored_in_the_clear(service, SECRET)
    assert await stored_in_the_clear(service, "gambling"), "tags are in the clear: the search itself works"


async def stored_in_the_clear(service: Service, words: str) -> bool:
    """Whether these words lie in any hash of the store: records, answers and feedback are in hashes."""
    link, near = service.backend.link, PoolKeys("kunta").meta
    for key in await link.call(near, "KEYS", "*"):
        kind = await link.call(key.decode(), "TYPE", key)
        values = await link.call(key.decode(), "HVALS", key) if kind == b"hash" else []
        if any(words.encode() in value for value in values):
            return True
    return False


async def test_the_words_stay_as_they_were_asked(service: Service, desk: Client) -> None:
    """A question that is worded otherwise, or gone, when the counsellor takes over is shown as the visitor read it."""
    await hello(service, {"danger": "no", "age": "adult"})
    other = replace(service.site.queues[0], questions=(replace(DANGER, text=texts("Other?")),), rules=())
    await service.backend.directory.put_site(replace(service.site, queues=(other, *service.site.queues[1:])))
    shown = (await desk.ask("take", "assigned", queue="paihde"))["conversation"]
    assert [asked["text"]["fi"] for asked in shown["questions"]] == ["danger?", "age?"]


async def test_a_message_instead_of_joining(service: Service) -> None:
    """Whoever is in danger reads what to do, with the emergency numbers; nothing is begun."""
    visitor, refused = await hello(service, {"danger": "yes", "age": "under-18", "topics": ["drinking"]})
    assert (refused["type"], refused["reason"]) == ("unavailable", "refused")
    assert refused["messages"] == [texts("Soita 112.")]
    assert refused["emergency"][0]["phone"] == "112"
    status = await visitor.ask("watch", "status", site="kunta", queue="paihde")
    assert (status["waiting"], status["away"]) == (0, 0)
    counted = service.parts.metrics.registry.get_sample_value("chatsvc_refused_total", {"reason": "rules"})
    assert counted == 1


async def test_a_message_before_joining(service: Service) -> None:
    """It comes once; the next hello, which says that it was read, joins."""
    visitor, first = await hello(service, {"danger": "no", "topics": ["drinking"]})
    assert (first["type"], first["queue"]) == ("before_joining", "paihde")
    assert (first["messages"], first["questions"]) == ([texts("Juo vettä.")], [])
    assert first["emergency"][0]["phone"] == "112"
    answers = {"danger": "no", "topics": ["drinking"]}
    welcome = await visitor.ask(
        "hello", "welcome", site="kunta", queue="paihde", lang="fi", answers=answers, read=1
    )
    assert welcome["state"] == "waiting"


async def test_another_queue(service: Service, desk: Client) -> None:
    """It asks its own question first; then the visitor joins it, with what both queues' rules say."""
    visitor, first = await hello(service, {"danger": "no", "age": "under-18"})
    assert (first["type"], first["queue"], first["names"]["fi"]) == ("before_joining", "nuoret", "nuoret")
    assert [asked["id"] for asked in first["questions"]] == ["school"]
    answers = {"danger": "no", "age": "under-18", "school": "no"}
    welcome = await visitor.ask("hello", "welcome", site="kunta", queue="paihde", lang="fi", answers=answers)
    assert welcome["queue"] == "nuoret"
    shown = (await desk.ask("take", "assigned", queue="nuoret"))["conversation"]
    assert (shown["queue"], shown["priority"], shown["tags"]) == ("nuoret", 1, ["young"])
    assert [asked["id"] for asked in shown["questions"]] == ["danger", "age", "school"]


async def test_another_queue_that_is_closed_says_which_it_is(service: Service, desk: Client) -> None:
    """Told why not, in the name of the queue that the answers led to; a full queue still leads to the other one."""
    first, second, third = service.site.queues
    closed = replace(service.site, queues=(first, replace(second, open=False), third))
    await service.backend.directory.put_site(closed)
    await desk.expect("queue", queue="nuoret", state="closed")
    answers = {"danger": "no", "age": "under-18", "school": "no"}
    _, refused = await hello(service, answers)
    assert (refused["type"], refused["reason"], refused["queue"]) == ("unavailable", "closed", "nuoret")
    away = replace(service.site, queues=(replace(first, open=False), second, third))
    await service.backend.directory.put_site(away)
    await desk.expect("queue", queue="paihde", state="closed")
    _, welcome = await hello(service, answers)
    assert welcome["queue"] == "nuoret"
    _, refused = await hello(service, {"danger": "no"})
    assert (refused["type"], refused["reason"]) == ("unavailable", "closed")
    _, stopped = await hello(service, {"danger": "yes"})
    assert stopped["reason"] == "refused", "who is in danger is told what to do, whatever the queue does"


@pytest.mark.parametrize(
    ("answers", "field"),
    [(None, "answers.danger"), ({}, "answers.danger"), ({"danger": None}, "answers.danger"),
     ({"danger": SECRET}, "answers.danger"), ({"danger": "no", "age": ["adult"]}, "answers.age"),
     ({"danger": "no", "topics": ["drinking", SECRET]}, "answers.topics"),
     ({"danger": "no", "words": SECRET * 20}, "answers.words"), ({"danger": "no", SECRET: "x"}, "answers")],
)  # fmt: skip
async def test_wrong_answers_are_named_and_not_repeated(service: Service, answers: Any, field: str) -> None:
    """The error names the field; nothing that was sent comes back, and nothing is begun."""
    visitor, error = await hello(service, answers)
    assert (error["type"], error["code"], error["field"]) == ("error", "bad_field", field)
    assert SECRET not in str(visitor.frames)
    status = await visitor.ask("watch", "status", site="kunta", queue="paihde")
    assert status["waiting"] == 0


async def test_who_is_in_a_conversation_is_asked_nothing(service: Service) -> None:
    """After a lost connection the same person resumes without answers, where the answers had led."""
    client, welcome = await hello(
        service, {"danger": "no", "age": "under-18", "school": "yes"}, want_token=True
    )
    client.drop()
    again, resumed = await hello(service, None, token=welcome["token"])
    assert (resumed["type"], resumed["conversation"]) == ("welcome", welcome["conversation"])
    assert resumed["queue"] == "nuoret"
    await again.close()


async def test_a_queue_without_questions_takes_any_form(service: Service, desk: Client) -> None:
    """A client that asks by itself may; the counsellor sees what it sent."""
    visitor = await service.visitor()
    await visitor.ask("hello", "welcome", site="kunta", queue="muu", answers={"own": {"way": [1, True]}})
    shown = (await desk.ask("take", "assigned", queue="muu"))["conversation"]
    assert shown["answers"] == {"own": {"way": [1, True]}}
    assert shown.get("questions", []) == []


async def test_priority_goes_first_and_ages(service: Service, desk: Client) -> None:
    """Two steps of five minutes: ahead of who joined nine minutes before, behind who joined eleven before."""
    _, oldest = await hello(service, {"danger": "no"})
    await pass_time(service, 2 * MINUTE)
    _, old = await hello(service, {"danger": "no"})
    await pass_time(service, 9 * MINUTE)
    _, urgent = await hello(service, {"danger": "no", "topics": ["gambling"]})
    order = []
    for _ in range(3):
        taken = await desk.ask("take", "assigned", queue="paihde")
        order.append(taken["conversation"]["id"])
    assert order == [oldest["conversation"], urgent["conversation"], old["conversation"]]


async def test_tags_of_rules_stay_when_the_counsellor_adds_others(service: Service, desk: Client) -> None:
    """The finished record has both."""
    visitor, _ = await hello(service, {"danger": "no", "topics": ["gambling"]})
    shown = (await desk.ask("take", "assigned", queue="paihde"))["conversation"]
    await desk.ask("close", conversation=shown["id"])
    await visitor.expect("closed")
    await desk.ask("wrap_up", conversation=shown["id"], outcome="helped", tags=["money", "gambling"])
    record = (await service.backend.pools["kunta"].store.conversations([shown["id"]]))[shown["id"]]
    assert record.tags == ["gambling", "money"]
