"""Who may say which frame about which conversation, cell by cell, over both subprotocols, as the tables below have it.

HTTP has its own table in test_access_matrix.py; what a visitor's cookie or token opens is in test_talk.py.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatsvc.web.frames import COUNSELLOR_FRAMES, VISITOR_FRAMES
from tests.support.access_frames import SITUATIONS, SUBPROTOCOLS, Scene, answer, people, scene
from tests.support.client import JSON, MSGPACK
from tests.support.stores import SingleStore

# Frames about a conversation, with fields that are right in themselves.
ABOUT: Mapping[str, dict[str, Any]] = {
    "take": {}, "accept": {}, "decline": {}, "say": {"id": "s1", "text": "hei"}, "typing": {"on": True},
    "seen": {"seq": 1}, "note": {"id": "n1", "text": "hei"}, "transfer": {"to": {"queue": "velka"}},
    "consult": {"counsellor": "colleague"}, "return": {}, "close": {}, "heavy": {"on": True},
    "wrap_up": {"outcome": "talked"},
}  # fmt: skip
ABOUT_NONE = {"ping", "hello", "duty"}  # about oneself
# By hand, so that a change is seen: which of these are accepted, by situation. All others are refused.
MAY: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "own": "say typing seen note transfer consult return close heavy",
        "ended": "typing seen note wrap_up",
        "consulted": "say typing seen note close",
        "offered": "accept decline",
        "waiting": "take",
        "colleagues": "",
        "given_away": "",
        "other_queue_waiting": "",
        "other_queue": "",
        "other_site_waiting": "",
        "other_site": "",
        "nobodys": "",
    }.items()
}
ACCEPTED = {"ok", "ack", "assigned"}
REFUSED = {"not_found", "bad_state", "already_taken", "not_owner", "not_allowed"}
TRIES = 9  # so many refusals are no flood yet
QUEUES = {"paihde": True, "velka": False, "kunta/velka": False, "perhe": False, "nowhere": False}

# What a visitor may say: before `hello`, while waiting, talking, and once it is over. All else is refused.
VISITOR_ABOUT: Mapping[str, dict[str, Any]] = {
    "ping": {}, "watch": {"site": "kunta"}, "say": {"id": "s1", "text": "hei"}, "typing": {"on": True},
    "seen": {"seq": 0}, "also": {"languages": ["sv"]}, "leave": {}, "feedback": {"score": 3}, "erase": {},
    "hello": {"site": "kunta", "queue": "paihde"}, "proof": {"puzzle": "x", "proof": "y"},
}  # fmt: skip
VISITOR_MAY: Mapping[str, frozenset[str]] = {
    "before": frozenset({"ping", "watch", "hello"}),
    "waiting": frozenset({"ping", "watch", "say", "typing", "seen", "also", "leave", "erase"}),
    "talking": frozenset({"ping", "watch", "say", "typing", "seen", "leave", "erase"}),
    "over": frozenset({"ping", "watch", "hello", "typing", "seen", "feedback", "erase"}),
}
VISITOR_ACCEPTED = ACCEPTED | {"pong", "status", "welcome"}


@pytest.fixture
async def stage(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Scene]:
    """Two sites of one pool, everybody on duty."""
    async with scene(valkey.url, tmp_path) as made:
        yield made


def test_every_frame_is_decided() -> None:
    """Whoever adds a frame writes its line here, for either side."""
    assert set(ABOUT) | ABOUT_NONE == set(COUNSELLOR_FRAMES)
    assert set(VISITOR_ABOUT) == set(VISITOR_FRAMES)
    assert set(MAY) == set(SITUATIONS)
    assert set().union(*MAY.values()) == set(ABOUT)


async def cells(stage: Scene, who: str, situation: str) -> dict[str, str]:
    """What comes of each frame in a situation: first all that should be refused, then each other one, anew."""
    begin = SITUATIONS[situation]
    ident, found = await begin(stage, who), {}
    console = await stage.again(who)
    before = await stage.state(ident)
    for number, kind in enumerate(sorted(set(ABOUT) - MAY[situation])):
        if number == TRIES:
            console = await stage.again(who)
        found[kind] = await answer(console, {"type": kind, "conversation": ident, **ABOUT[kind]})
    if await stage.state(ident) != before:
        found["the conversation"] = "changed"
    for kind in sorted(MAY[situation]):
        anew = await begin(stage, who)
        found[kind] = await answer(stage.consoles[who], {"type": kind, "conversation": anew, **ABOUT[kind]})
    return found


def differences(found: Mapping[str, str], may: frozenset[str]) -> list[str]:
    """Cells that are not as the table has them."""
    return [
        f"{kind}: {word}"
        for kind, word in sorted(found.items())
        if word not in (ACCEPTED if kind in may else REFUSED)
    ]


async def test_conversations_in_every_situation(stage: Scene) -> None:
    """A counsellor and a supervisor, each over one subprotocol: what is not listed is refused and changes nothing."""
    assert set(SUBPROTOCOLS.values()) == {JSON, MSGPACK}
    for who in SUBPROTOCOLS:
        wrong = {each: differences(await cells(stage, who, each), MAY[each]) for each in SITUATIONS}
        assert not any(wrong.values()), (who, wrong)


async def test_taking_from_queues(stage: Scene) -> None:
    """The next visitor is taken from own queues only, whatever the queue is called and whichever site is named."""
    for queue, site in (("paihde", "kunta"), ("velka", "kunta"), ("perhe", "naapuri")):
        for _ in range(4):
            await stage.waits(queue, site)
    for who in SUBPROTOCOLS:
        for queue, may in QUEUES.items():
            console = await stage.again(who)
            for more in ({}, {"site": "naapuri"}):
                word = await answer(console, {"type": "take", "queue": queue, **more})
                assert word == ("assigned" if may and not more else "unknown_queue"), (who, queue, more)
        assert await answer(stage.consoles[who], {"type": "take"}) == "assigned"
    assert await answer(stage.consoles["me"], {"type": "take"}) == "nothing_waiting", "of own queues"


async def test_a_cell_that_is_wrong_is_seen(valkey: SingleStore, tmp_path: Path) -> None:
    """The planted fault: an account that serves one queue more than it should takes from it, and the table says so."""
    staff = [replace(one, queues=()) if one.id == "me" else one for one in people()]
    async with scene(valkey.url, tmp_path, staff) as stage:
        found = await cells(stage, "me", "other_queue_waiting")
        wrong = differences(found, MAY["other_queue_waiting"])
        assert {"take: assigned", "the conversation: changed"} <= set(wrong)
    assert differences({"say": "not_found"}, frozenset({"say"})) == ["say: not_found"]
    assert differences({"say": "internal"}, frozenset()) == ["say: internal"]


@pytest.mark.parametrize("subprotocol", [JSON, MSGPACK])
async def test_a_visitor(stage: Scene, subprotocol: str) -> None:
    """Only what fits the visitor's own conversation is accepted, and none of it reaches the one that it names."""
    other = await stage.own("me")
    before = await stage.state(other)
    for situation, may in VISITOR_MAY.items():
        wrong = []
        for kind, fields in VISITOR_ABOUT.items():
            client = await _visitor(stage, situation, subprotocol)
            named = {"conversation": other} if kind in {"say", "typing", "seen"} else {}
            word = await answer(client, {"type": kind, **fields, **named})
            if (word in VISITOR_ACCEPTED) != (kind in may):
                wrong.append(f"{kind}: {word}")
            await client.close()
        assert wrong == [], situation
    assert await stage.state(other) == before


async def _visitor(stage: Scene, situation: str, subprotocol: str) -> Any:
    client = await stage.service.visitor(subprotocol)
    if situation == "before":
        return client
    await client.send("hello", site="kunta", queue="paihde", want_token=True)
    ident = (await client.expect("welcome"))["conversation"]
    if situation in {"talking", "over"}:
        await stage.consoles["me"].ask("take", "assigned", conversation=ident)
    if situation == "over":
        await client.ask("leave")
    return client
