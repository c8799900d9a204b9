"""Openings are told to who answers for the site: who, when, of what, and how many since they last looked."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chatsvc.services import openings as reading
from chatsvc.store.audit import AuditStore
from tests.support.api import Person, person
from tests.support.service import Service, make_site, make_staff, running
from tests.support.stores import SingleStore

REASON = "A complaint is being dealt with"
OPENINGS = "/sites/kunta/openings"


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A counsellor, a supervisor, an admin and an auditor."""
    people = (
        make_staff("aino"), make_staff("saana", role="supervisor"), make_staff("aada", role="admin"),
        make_staff("aune", role="auditor"),
    )  # fmt: skip
    async with running(valkey.url, tmp_path, make_site(), people, worker=False) as made:
        yield made


async def over(service: Service) -> str:
    """A conversation that has ended."""
    visitor, counsellor, ident = await service.talking()
    await visitor.ask("say", "ack", id="a", text="something")
    await counsellor.ask("close", "ok", conversation=ident)
    await visitor.expect("closed")
    return ident


async def opened(who: Person, ident: str) -> None:
    """They read it."""
    said = await who.ask("POST", f"/sites/kunta/conversations/{ident}/openings", {"reason": REASON})
    assert said.status == 200, said.text


async def told(who: Person, query: str = "") -> dict[str, Any]:
    """What somebody is told of openings."""
    body: dict[str, Any] = (await who.ask("GET", OPENINGS + query)).body
    return body


async def test_who_answers_for_the_site_is_told_of_each(service: Service) -> None:
    """New until they have looked, for each of them apart; the reason is for whoever may read the log."""
    ident = await over(service)
    saana, aino, aada, aune = [await person(service, name) for name in ("saana", "aino", "aada", "aune")]
    assert (await told(aada))["new"] == 0
    await opened(saana, ident)
    await opened(aino, ident)
    found = await told(aada)
    assert (found["new"], found["more"]) == (2, False)
    last, first = found["openings"]
    assert (last["who"], last["own"], first["who"], first["own"]) == ("aino", True, "saana", False)
    assert {(one["conversation"], one["queue"], one["new"], one["reason"]) for one in (last, first)} == {
        (ident, "paihde", True, None)
    }
    assert {one["reason"] for one in (await told(aune))["openings"]} == {REASON}
    seen = await aada.ask("POST", OPENINGS + "/seen", {"through": found["through"]})
    assert (seen.status, seen.body) == (200, {"through": found["through"]})
    again = await told(aada)
    assert (again["new"], [one["new"] for one in again["openings"]]) == (0, [False, False])
    assert (await told(aune))["new"] == 2
    await opened(saana, ident)
    assert ((await told(aada, "?limit=0"))["new"], (await told(aada, "?limit=0"))["openings"]) == (1, [])
    assert (await told(aune, "?limit=1"))["new"] == 3
    deeds = [one.deed for one in await AuditStore(service.backend.link).entries("kunta")]
    (looked,) = [one for one in deeds if one.action == "seeOpenings"]
    assert (looked.actor, looked.details) == ("aada", {"through": str(found["through"])})


async def test_nobody_looks_further_than_the_log_goes(service: Service) -> None:
    """Nor back: what has been looked at stays so."""
    ident = await over(service)
    saana, aune = await person(service, "saana"), await person(service, "aune")
    await opened(saana, ident)
    assert (await aune.ask("POST", OPENINGS + "/seen", {"through": 10**9})).body["through"] < 10
    assert (await aune.ask("POST", OPENINGS + "/seen", {"through": 0})).body["through"] > 0
    await opened(saana, ident)
    assert (await told(aune))["new"] == 1
    for body in ({}, {"through": -1}, {"through": 1, "who": "aada"}):
        assert (await aune.ask("POST", OPENINGS + "/seen", body)).status == 400
    assert (await aune.ask("GET", OPENINGS + "?limit=201")).status == 400
    for name in ("saana", "aino"):
        assert (await (await person(service, name)).ask("GET", OPENINGS)).status == 403


async def test_a_long_log_is_not_read_to_its_beginning(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who has never looked is told that there are at least so many."""
    ident = await over(service)
    saana, aune = await person(service, "saana"), await person(service, "aune")
    for _ in range(6):
        await opened(saana, ident)
    monkeypatch.setattr(reading, "SCANNED_MOST", 4)
    monkeypatch.setattr(reading, "PAGE", 2)
    found = await told(aune)
    assert (found["new"], found["more"]) == (4, True)
