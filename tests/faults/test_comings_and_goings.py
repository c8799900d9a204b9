"""One person, several connections; a counsellor who is lost: across nodes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.conftest import Talk
from tests.support.people import Counsellor, Visitor
from tests.support.processes import Deployment, deployed
from tests.support.service import make_site

pytestmark = pytest.mark.process


SOON_GONE = pytest.mark.parametrize("grace_staff_ms", [1_500])


@pytest.fixture
def grace_staff_ms() -> int:
    """How long staff have to come back: longer than a busy machine takes for it."""
    return 20_000


@pytest.fixture
async def deployment(tmp_path: Path, grace_staff_ms: int) -> AsyncIterator[Deployment]:
    """A site whose staff have so long to come back."""
    async with deployed(tmp_path, site=replace(make_site(), grace_staff_ms=grace_staff_ms)) as made:
        yield made


@pytest.mark.parametrize("node", [0, 1])
async def test_a_newer_connection_of_the_visitor_replaces_the_older(talk: Talk, node: int) -> None:
    """On the same node or the other: the older is closed with 4009 and stays stopped, the newer goes on."""
    older = talk.visitor
    talk.going = False
    await talk.settle()
    newer = Visitor(talk.deployment.http, talk.deployment.urls("visitor", node), token=older.token)
    assert await newer.joined() == talk.conversation
    await older.until(lambda: older.stopped)
    assert older.stopped == 4009
    newer.tell("from the new one")
    await newer.heard_out()
    await talk.counsellor.until(lambda: "from the new one" in talk.held.entries.values())
    assert talk.counsellor.mine == {talk.conversation}
    assert not [
        frame for frame in talk.counsellor.frames if frame["type"] == "presence" and frame["state"] == "left"
    ]
    await newer.close()


@pytest.mark.parametrize("node", [0, 1])
async def test_a_newer_console_replaces_the_older(talk: Talk, node: int) -> None:
    """On the same node or the other: 4009 for the older tab; duty and conversations go on in the newer."""
    older, deployment = talk.counsellor, talk.deployment
    talk.going = False
    await talk.settle()
    newer = Counsellor(deployment.http, deployment.urls("counsellor", node), deployment.tokens["aino"])
    await newer.until(lambda: newer.welcomes)
    await older.until(lambda: older.stopped)
    assert older.stopped == 4009
    assert (newer.duty["state"], newer.mine) == ("available", {talk.conversation})
    newer.say(talk.conversation, "from the new one")
    await newer.heard_out()
    await talk.visitor.until(lambda: "from the new one" in talk.visitor.copy.entries.values())
    await newer.close()


@SOON_GONE
async def test_a_counsellor_who_is_lost(talk: Talk) -> None:
    """Away is seen at once; after the grace time the conversation is first in line, and both sides know."""
    deployment, visitor = talk.deployment, talk.visitor
    talk.going = False
    await talk.settle()
    colleague = Counsellor(deployment.http, deployment.urls("counsellor"), deployment.tokens["eino"])
    await colleague.on_duty()
    later = Visitor(deployment.http, deployment.urls("visitor", 1))
    await later.joined()
    await talk.counsellor.close()
    await visitor.expect("presence", who="counsellor", state="away")
    assert (await visitor.until(lambda: _last(visitor, "waiting")))["position"] == 1
    assert visitor.state == "waiting"
    entry = await visitor.expect("entry", event="returned")
    assert entry["from"] == "system"
    returned = Counsellor(deployment.http, deployment.urls("counsellor"), deployment.tokens["aino"])
    await returned.until(lambda: returned.welcomes)
    assert returned.duty["state"] == "off"
    assert returned.duty["reason"] == "connection_lost"
    assert returned.mine == set()
    assert await colleague.take() == talk.conversation
    await visitor.until(lambda: visitor.state == "active")
    assert set(talk.held.said) <= set(colleague.copies[talk.conversation].entries.values())
    for person in (colleague, returned, later):
        await person.close()


def _last(visitor: Visitor, kind: str) -> dict[str, int] | None:
    """The last frame of a kind that came after the conversation had begun."""
    begun = max(index for index, frame in enumerate(visitor.frames) if frame["type"] == "active")
    found = [frame for frame in visitor.frames[begun:] if frame["type"] == kind]
    return found[-1] if found else None


async def test_a_counsellor_who_is_back_in_time(talk: Talk) -> None:
    """A lost connection that comes back within the grace time: the visitor sees away and here, nothing is lost."""
    visitor = talk.visitor
    talk.counsellor.drop()
    await visitor.expect("presence", who="counsellor", state="here")
    await talk.more()
    assert visitor.state == "active"
    assert talk.counsellor.mine == {talk.conversation}
    await talk.end()
