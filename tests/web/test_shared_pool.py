"""Two sites that share their counsellors: help goes over the border, what is whose stays on its side."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.sites import PoolId, Queue, QueueName, Site, SiteId, Staff, queue_key
from tests.support.client import Client
from tests.support.service import Service, make_site, make_staff, running
from tests.support.stores import SingleStore

SHARED = PoolId("seutu")


def neighbour() -> Site:
    """The other site of the pool, with one queue that takes one who waits."""
    queue = Queue(SiteId("naapuri"), QueueName("perhe"), {"fi": "Perhe"}, waiting_limit=1)
    return Site(SiteId("naapuri"), {"fi": "Naapuri"}, pool=SHARED, queues=(queue,))


def of(name: str, *sites: str) -> Staff:
    """A counsellor who works for these sites."""
    return replace(make_staff(name), pool=SHARED, sites=tuple(map(SiteId, sites)))


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Aino works for both sites, Eino for `kunta` only, Outi for `naapuri` only."""
    people = (of("aino", "kunta", "naapuri"), of("eino", "kunta"), of("outi", "naapuri"))
    async with running(valkey.url, tmp_path, replace(make_site(), pool=SHARED), people) as made:
        await made.backend.directory.put_site(neighbour())
        await until_known(made, "naapuri/perhe")
        yield made


async def until_known(service: Service, queue: str) -> None:
    """The node has heard of the queue."""
    client = await service.visitor()
    while True:
        await client.send("watch", site=queue.partition("/")[0], queue=queue.partition("/")[2], ref="w")
        try:
            await client.expect("status", within_s=0.2)
        except TimeoutError:
            continue
        return


async def visitor_of(service: Service, site: str, queue: str) -> tuple[Client, str]:
    """Somebody who waits at a site."""
    client = await service.visitor()
    await client.send("hello", site=site, queue=queue, lang="fi", want_token=True)
    return client, (await client.expect("welcome"))["conversation"]


async def colleagues(service: Service, name: str) -> set[str]:
    """Whom somebody could hand over to."""
    _, secret = await service.backend.directory.create_token(of(name).id, "test")
    url, headers = f"{service.base}/api/v1/colleagues", {"Authorization": f"Bearer {secret}"}
    async with service.http.get(url, headers=headers) as found:
        return {row["id"] for row in (await found.json())["colleagues"]}


async def test_counsellors_of_both_sites_take_from_both(service: Service) -> None:
    """The longest wait comes first, whichever site it is at; each site counts its own."""
    aino = await service.on_duty("aino")
    _, first = await visitor_of(service, "naapuri", "perhe")
    _, second = await visitor_of(service, "kunta", "paihde")
    reports = await service.parts.node.hub(SHARED).reports(service.backend.queues(SHARED))
    assert {report.queue.key: report.waiting for report in reports} == {"kunta/paihde": 1, "naapuri/perhe": 1}
    late = await service.visitor()
    await late.send("hello", site="naapuri", queue="perhe", lang="fi")
    assert (await late.expect("unavailable"))["reason"] == "full"  # its own limit, not the pool's
    assert (await aino.ask("take", "assigned"))["conversation"]["id"] == first
    assert (await aino.ask("take", "assigned"))["conversation"]["id"] == second
    assert (await aino.ask("take", "error"))["code"] == "nothing_waiting"


async def test_what_is_at_one_site_is_not_seen_at_the_other(service: Service) -> None:
    """Whoever works for one site neither sees nor takes the other's visitors, nor sees its staff."""
    aino, eino, outi = [await service.on_duty(name) for name in ("aino", "eino", "outi")]
    _, here = await visitor_of(service, "naapuri", "perhe")
    await outi.expect("queue", queue="perhe", waiting=1)
    assert (await eino.ask("take", "error", conversation=here))["code"] == "already_taken"
    assert (await eino.ask("take", "error"))["code"] == "nothing_waiting"
    assert not [frame for frame in eino.of("queue") if frame["queue"] == "perhe"]
    assert await colleagues(service, "eino") == {"aino"}
    assert await colleagues(service, "outi") == {"aino"}
    assert await colleagues(service, "aino") == {"eino", "outi"}
    await aino.ask("take", "assigned", conversation=here)


@pytest.mark.parametrize(
    ("frame", "fields", "code"),
    [
        ("transfer", {"to": {"counsellor": "eino"}}, "not_found"),
        ("consult", {"counsellor": "eino"}, "not_found"),
        ("transfer", {"to": {"queue": "paihde", "site": "kunta"}}, "unknown_queue"),
    ],
)
async def test_a_conversation_is_not_handed_over_the_border(
    service: Service, frame: str, fields: dict[str, Any], code: str
) -> None:
    """Its keys and its retention are its site's: nobody else's staff comes in, and it goes to no other site's queue."""
    aino, _, outi = [await service.on_duty(name) for name in ("aino", "eino", "outi")]
    _, conversation = await visitor_of(service, "naapuri", "perhe")
    await aino.ask("take", "assigned")
    assert (await aino.ask(frame, "error", conversation=conversation, **fields))["code"] == code
    await aino.ask("transfer", conversation=conversation, to={"counsellor": "outi"})
    await outi.ask("accept", "assigned", conversation=conversation)


async def test_staff_who_move_come_back_in_the_new_pool(service: Service) -> None:
    """Somebody whose pool changes while they are connected is asked to come back, and works in the new pool."""
    eino = await service.console("eino")
    await eino.send("hello")
    await eino.expect("welcome")
    directory = service.backend.directory
    await directory.put_site(replace(service.site, pool=PoolId("")))
    await directory.put_staff(replace(of("eino", "kunta"), pool=PoolId("kunta")))
    assert (await eino.gone()).code == 1012
    eino = await service.on_duty("eino")
    _, conversation = await visitor_of(service, "kunta", "paihde")
    assert (await eino.ask("take", "assigned"))["conversation"]["id"] == conversation
    assert queue_key("kunta", "paihde") in {queue.key for queue in service.backend.queues("kunta")}
