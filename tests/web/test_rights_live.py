"""Rights that change while somebody is connected: nothing more reaches who may not have it, and visitors go on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

from chatsvc.domain.permissions import TALKING
from chatsvc.domain.sites import PoolId, Role, Staff, StaffId
from chatsvc.store import directory_keys
from chatsvc.store.directory import Directory
from chatsvc.web.protocol import Close
from chatsvc.web.routes import STAFF_COOKIE
from tests.support.client import Client
from tests.support.service import Service, make_site, make_staff, running
from tests.support.stores import SingleStore

Nodes = tuple[Service, Service]
ROLES = get_args(Role)
PAIRS = tuple(product(ROLES, ROLES))
WITHIN_S = 5.0


@pytest.fixture
async def nodes(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Nodes]:
    """Two nodes on one store, one account of each role, two queues, and somebody of another queue to ask."""
    people = [make_staff(role, role=role) for role in ROLES]
    people += [make_staff(f"{before}-{after}", role=before) for before, after in PAIRS]
    people.append(make_staff("eino", queues=["velka"]))
    site = make_site(paihde={}, velka={})
    async with (
        running(valkey.url, tmp_path, site, people) as one,
        running(valkey.url, tmp_path, site, people, worker=False) as two,
    ):
        yield one, two


async def cookie(service: Service, name: str) -> dict[str, str]:
    """Signs in: the header that says so from now on."""
    token = await service.backend.directory.open_session(StaffId(name))
    return {"Cookie": f"{STAFF_COOKIE}={token}"}


async def status(service: Service, headers: dict[str, str], path: str = "/me") -> int:
    """What a request is answered with."""
    async with service.http.get(f"{service.base}/api/v1{path}", headers=headers) as answer:
        return answer.status


async def begun(
    service: Service, name: str, headers: dict[str, str] | None = None
) -> tuple[Client, Client, str]:
    """A visitor and somebody in a conversation of `paihde`: visitor, console, id."""
    console = await service.console(name, headers=headers)
    await console.ask("hello", "welcome")
    await console.ask("duty", "duty", state="available")
    visitor, welcome = await service.joined()
    await console.ask("take", "assigned", conversation=welcome["conversation"])
    await visitor.expect("active")
    return visitor, console, welcome["conversation"]


async def owner(service: Service, conversation: str) -> tuple[str, list[tuple[str, str]]]:
    """The state of a conversation, and who is in it as what."""
    found = (await service.backend.chats["kunta"].conversations([conversation]))[conversation]
    return found.state, [(part.s, part.role) for part in found.parts]


def texts(client: Client) -> list[Any]:
    """The ids of messages that have come."""
    return [frame.get("id") for frame in client.frames if frame["type"] == "entry"]


async def another_role(nodes: Nodes, before: Role, after: Role) -> None:
    """What happens to somebody who talks."""
    one, two = nodes
    name = f"{before}-{after}"
    session = await cookie(two, name)
    visitor, console, conversation = await begun(two, name, session)
    await Directory(one.backend.link).put_staff(make_staff(name, role=after))
    if after == before:
        await visitor.send("say", id="v1", text="hei")
        await console.expect("entry", id="v1")
        assert await status(two, session) == 200
        return
    gone = await console.gone(within_s=WITHIN_S)
    assert gone.code == (Close.NOT_SIGNED_IN if after in TALKING else Close.NOT_ALLOWED)
    assert [await status(node, session) for node in nodes] == [401, 401]
    with_token = await two.console(name)
    if after in TALKING:  # the same desk, once they have signed in again
        await with_token.send("hello")
        assert [one["id"] for one in (await with_token.expect("welcome"))["conversations"]] == [conversation]
        return
    assert (await with_token.closed).code == Close.NOT_ALLOWED
    await visitor.expect("waiting")
    await visitor.send("say", id="v1", text="vielä täällä")
    await visitor.expect("ack", id="v1")
    assert await owner(one, conversation) == ("waiting", [])
    assert "v1" not in texts(console)


async def begins_to_talk(nodes: Nodes, before: Role, after: Role) -> None:
    """What happens to somebody who does not talk, or not yet."""
    one, two = nodes
    name = f"{before}-{after}"
    session = await cookie(two, name)
    await Directory(one.backend.link).put_staff(make_staff(name, role=after))
    await two.backend.planning.refresh()
    assert await status(two, session) == (200 if before == after else 401)
    console = await two.console(name, headers=await cookie(two, name))
    if after in TALKING:
        await console.ask("hello", "welcome")
    else:
        assert (await console.closed).code == Close.NOT_ALLOWED


async def test_every_role_becomes_every_other(nodes: Nodes) -> None:
    """By session and by token: who may talk no more is out, the visitor waits again; who begins to, signs in anew."""
    async with asyncio.TaskGroup() as group:
        for before, after in PAIRS:
            step = another_role if before in TALKING else begins_to_talk
            group.create_task(step(nodes, before, after))


def no_sites(staff: Staff) -> Staff:
    """Nowhere any more."""
    return replace(staff, sites=(), queues=(), pool=PoolId(""))


@pytest.mark.parametrize("hinted", [True, False])
async def test_the_only_site_is_taken_away(
    nodes: Nodes, hinted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed as not allowed within 5 s, also when the hint between nodes is lost, however they signed in."""
    one, two = nodes
    begins = [
        await begun(two, "counsellor", await cookie(two, "counsellor")),
        await begun(two, "counsellor-admin"),
        await begun(two, "supervisor"),
    ]
    if not hinted:
        monkeypatch.setattr(directory_keys, "CHANGED", "chatsvc:{dir}:elsewhere")
    directory = Directory(one.backend.link)
    await directory.put_staff(no_sites(make_staff("counsellor")))
    await directory.put_staff(no_sites(make_staff("counsellor-admin")))
    await directory.put_staff(make_staff("supervisor", role="admin"))
    for visitor, console, conversation in begins:
        assert (await console.gone(within_s=WITHIN_S)).code == Close.NOT_ALLOWED
        await visitor.expect("waiting")
        assert await owner(one, conversation) == ("waiting", [])


@pytest.mark.parametrize("role", sorted(TALKING))
async def test_a_queue_is_taken_away(nodes: Nodes, role: Role) -> None:
    """Its conversations go back and nothing more of them comes; those of other queues, and the console, stay."""
    one, two = nodes
    visitor, console, lost = await begun(two, role)
    _, welcome = await two.joined("velka")
    kept = welcome["conversation"]
    await console.ask("take", "assigned", queue="velka")
    await Directory(one.backend.link).put_staff(make_staff(role, role=role, queues=["velka"]))
    assert (await console.expect("released"))["conversation"] == lost
    await visitor.expect("waiting")
    await visitor.send("say", id="v1", text="vielä täällä")
    await visitor.expect("ack", id="v1")
    await console.send("say", conversation=lost, id="a1", text="ei enää")
    assert (await console.expect("error", id="a1"))["code"] == "not_found"
    await console.send("say", conversation=kept, id="a2", text="hei")
    await console.expect("ack", id="a2")
    assert "v1" not in texts(console)
    assert await owner(one, lost) == ("waiting", [])
    assert (await owner(one, kept))[1] == [(role, "owner")]
    again = await one.console(role)
    await again.send("hello")
    assert [each["id"] for each in (await again.expect("welcome"))["conversations"]] == [kept]


async def test_a_guest_goes_on_with_the_visitor(nodes: Nodes) -> None:
    """A colleague who was brought in becomes the owner when the owner may not stay."""
    one, two = nodes
    visitor, console, conversation = await begun(two, "counsellor")
    guest = await two.on_duty("eino")
    await console.ask("consult", conversation=conversation, counsellor="eino")
    await guest.expect("assigned")
    await Directory(one.backend.link).put_staff(make_staff("counsellor", role="auditor"))
    await console.gone(within_s=WITHIN_S)
    assert (await guest.expect("assigned"))["conversation"]["role"] == "owner"
    await visitor.send("say", id="v1", text="hei")
    await guest.expect("entry", id="v1")
    assert await owner(one, conversation) == ("active", [("eino", "owner")])


async def test_a_guest_of_another_queue_stays(nodes: Nodes) -> None:
    """Whoever was asked for advice in a queue that was never theirs keeps it when their own queues change."""
    one, two = nodes
    _, console, conversation = await begun(two, "counsellor")
    guest = await two.on_duty("eino")
    await console.ask("consult", conversation=conversation, counsellor="eino")
    await guest.expect("assigned")
    changed = replace(make_staff("eino", queues=["velka"]), alias="Joku")
    await Directory(one.backend.link).put_staff(changed)
    await two.backend.planning.refresh()
    await console.send("note", conversation=conversation, id="n1", text="hei")
    await guest.expect("note", id="n1")
    assert (await owner(one, conversation))[1] == [("counsellor", "owner"), ("eino", "consultant")]


async def test_a_queue_that_goes_is_served_to_the_end(nodes: Nodes) -> None:
    """A queue that is no longer declared takes nobody from whoever is in it."""
    one, two = nodes
    visitor, console, conversation = await begun(two, "counsellor")
    site = make_site(velka={})
    await Directory(one.backend.link).put_site(site)
    await two.backend.planning.refresh()
    await console.expect("queue")
    await visitor.send("say", id="v1", text="hei")
    await console.expect("entry", id="v1")
    assert (await owner(one, conversation))[1] == [("counsellor", "owner")]


async def test_rights_are_looked_up_at_each_request(nodes: Nodes) -> None:
    """An API token that was an auditor's is answered as the account is declared now."""
    one, two = nodes
    _, secret = await two.backend.directory.create_token(make_staff("auditor").id, "test")
    headers = {"Authorization": f"Bearer {secret}"}
    assert await status(two, headers, "/sites/kunta/privacy-report") == 200
    await Directory(one.backend.link).put_staff(make_staff("auditor", role="operator"))
    await two.backend.planning.refresh()
    assert await status(two, headers, "/sites/kunta/privacy-report") == 403
