"""Legal holds over HTTP: by two people, recorded with their reasons, and what they do to a visitor's wish."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatsvc.domain.sites import Site, SiteId
from chatsvc.store.audit import AuditStore
from tests.support.api import Person, Said, person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still

REASON = "The police asked for it, letter 12/2026"


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A counsellor, two supervisors, an admin and an auditor."""
    people = (
        make_staff("aino"), make_staff("saana", role="supervisor"), make_staff("vera", role="supervisor"),
        make_staff("aada", role="admin"), make_staff("aune", role="auditor"),
    )  # fmt: skip
    async with still(valkey.url, tmp_path, make_site(paihde={}, perhe={}), people) as made:
        yield made


async def step(who: Person, ident: str, name: str, reason: str | None = REASON, site: str = "kunta") -> Said:
    """One step of a hold."""
    body = {} if reason is None else {"reason": reason}
    return await who.ask("POST", f"/sites/{site}/conversations/{ident}/hold/{name}", body)


async def test_two_people_hold_and_release(service: Service) -> None:
    """Asked for, it holds nothing; by the same person it can't be confirmed; all steps are in the audit log."""
    visitor, counsellor, ident = await service.talking()
    saana, aada, aune = [await person(service, name) for name in ("saana", "aada", "aune")]
    assert (await step(saana, ident, "confirm", None)).status == 409
    asked = await step(saana, ident, "ask")
    assert (asked.status, asked.body["hold"]["holds"], asked.body["hold"]["reason"]) == (200, False, REASON)
    assert (await step(saana, ident, "ask")).status == 409
    assert (await step(saana, ident, "confirm", None)).status == 409
    confirmed = (await step(aada, ident, "confirm", None)).body
    assert (confirmed["hold"]["holds"], confirmed["hold"]["confirmed_by"]) == (True, "aada")
    assert confirmed["left"] == ["transcript", "notes", "answers", "feedback", "record"]
    assert (await visitor.ask("erase", "error"))["code"] == "held"
    await counsellor.expect("closed")
    (row,) = (await aune.ask("GET", "/sites/kunta/holds")).body["holds"]
    assert (row["conversation"], row["queue"], row["asked_by"], row["release_asked_by"]) == (
        ident, "paihde", "saana", None,
    )  # fmt: skip
    assert row["wish"] is not None
    assert (await step(aada, ident, "release", "The case is closed now")).body["hold"]["holds"] is True
    assert (await step(aada, ident, "confirm", None)).status == 409
    assert (await step(saana, ident, "confirm", None)).body["hold"] is None
    assert (await aune.ask("GET", "/sites/kunta/holds")).body["holds"] == []
    deeds = [one.deed for one in await AuditStore(service.backend.link).entries("kunta")]
    assert [(deed.actor, deed.record.rpartition("/")[2], deed.details.get("reason")) for deed in deeds] == [
        ("saana", "ask", REASON), ("aada", "confirm", None), ("aada", "release", "The case is closed now"),
        ("saana", "confirm", None),
    ]  # fmt: skip


async def test_what_is_refused(service: Service) -> None:
    """Without a reason, of nothing, at another site, another step: said, and nothing is changed."""
    _, _, ident = await service.talking()
    await service.backend.directory.put_site(Site(SiteId("toinen"), {"fi": "Toinen"}))
    boss = replace(make_staff("boss", role="admin"), sites=())  # an admin of every site
    await service.backend.directory.put_staff(boss)
    await service.backend.planning.refresh()
    saana = await person(service, "saana")
    for name in ("ask", "release"):
        said = await step(saana, ident, name, "short")
        assert (said.status, said.body["field"]) == (400, "reason")
    assert (await step(saana, "none", "ask")).status == 404
    assert (await step(saana, ident, "forget")).status == 404
    assert (await step(saana, ident, "release")).status == 409
    for name in ("aino", "aune"):
        assert (await step(await person(service, name), ident, "ask")).status == 403
    assert (await step(saana, ident, "ask", site="toinen")).status == 403
    assert (await step(await person(service, "boss"), ident, "ask", site="toinen")).status == 404
    assert (await saana.ask("GET", "/sites/kunta/holds")).body["holds"] == []


async def test_a_supervisor_of_some_queues_has_to_do_with_their_holds_only(service: Service) -> None:
    """Of another queue's record they see no hold and take no step, as if it were not there; others see all."""
    _, _, ident = await service.talking(queue="paihde")
    perhe = make_staff("peppi", role="supervisor", queues=("perhe",))
    await service.backend.directory.put_staff(perhe)
    await service.backend.directory.put_staff(make_staff("paavo", role="supervisor", queues=("paihde",)))
    await service.backend.planning.refresh()
    peppi, paavo, saana = [await person(service, name) for name in ("peppi", "paavo", "saana")]
    assert (await step(saana, ident, "ask")).status == 200
    for name, reason in (("ask", REASON), ("confirm", None), ("release", REASON)):
        assert (await step(peppi, ident, name, reason)).status == 404
    assert (await peppi.ask("GET", "/sites/kunta/holds")).body["holds"] == []
    assert [one["conversation"] for one in (await paavo.ask("GET", "/sites/kunta/holds")).body["holds"]] == [
        ident
    ]
    assert (await step(paavo, ident, "confirm", None)).body["hold"]["confirmed_by"] == "paavo"
    for name in ("aada", "aune", "saana"):
        rows = (await (await person(service, name)).ask("GET", "/sites/kunta/holds")).body["holds"]
        assert [one["conversation"] for one in rows] == [ident]


async def test_a_hold_that_nobody_confirmed_is_withdrawn(service: Service) -> None:
    """By anybody who may hold, with a reason; then it can be asked for again, by another."""
    _, _, ident = await service.talking()
    saana, vera = await person(service, "saana"), await person(service, "vera")
    assert (await step(saana, ident, "ask")).status == 200
    assert (await step(vera, ident, "release", "It was the wrong conversation")).body["hold"] is None
    assert (await step(vera, ident, "ask")).status == 200
    assert (await step(saana, ident, "confirm", None)).body["hold"]["holds"] is True
