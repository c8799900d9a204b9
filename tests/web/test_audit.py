"""What is done over HTTP is in the audit log, once, and in nobody's words."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatsvc.domain.audit import Statements
from chatsvc.domain.audit_verification import verify
from chatsvc.services.audit import SERVICE
from chatsvc.store.audit import AuditStore
from chatsvc.store.checkpoints import read_statements
from tests.support.api import person
from tests.support.service import PASSWORD, Service, make_site, make_staff, running
from tests.support.stores import SingleStore

HOURS = "/sites/kunta/queues/paihde/hours"


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A supervisor, an auditor and a counsellor of `kunta`."""
    people = (
        make_staff("saana", role="supervisor"), make_staff("aune", role="auditor"), make_staff("aino"),
    )  # fmt: skip
    async with running(valkey.url, tmp_path, make_site(), people, worker=False) as made:
        yield made


async def deeds(service: Service, site: str = "kunta") -> list[tuple[str, str, str]]:
    """Actor, action and record of each entry."""
    entries = await AuditStore(service.backend.link).entries(site)
    return [(one.deed.actor, one.deed.action, one.deed.record) for one in entries]


async def test_changes_are_recorded_and_looks_are_not(service: Service) -> None:
    """A change that was made; not one that was refused, nor a dry run, nor reading. Each has its checkpoint."""
    saana = await person(service, "saana")
    assert (await saana.ask("GET", HOURS)).status == 200
    assert (await saana.ask("PUT", HOURS, {"hours": "nonsense"}, tag="*")).status == 422
    assert (await saana.ask("PUT", HOURS, {"hours": "always"}, tag='"old"')).status == 412
    shift = {"staff": "aino", "queues": ["paihde"], "start": "2026-11-23T09:00", "end": "2026-11-23T12:00"}
    assert (await saana.ask("POST", "/sites/kunta/shifts?dry_run=true", shift)).status == 200
    assert await deeds(service) == []
    assert (await saana.ask("PUT", HOURS, {"hours": {"mon": ["09:00-12:00"]}}, tag="*")).status == 200
    assert (await saana.ask("POST", "/sites/kunta/shifts", shift)).status == 201
    assert await deeds(service) == [
        ("saana", "putHours", "sites/kunta/queues/paihde/hours"), ("saana", "postShift", "sites/kunta/shifts"),
    ]  # fmt: skip
    stated = read_statements([service.settings.checkpoint_dir], "kunta")
    assert [one.seq for one in stated.checkpoints] == [1, 2]


async def test_signing_in_and_out_is_recorded(service: Service) -> None:
    """With whom, and without the password, which is nowhere in the log."""
    login = f"{service.base}/api/v1/login"
    async with service.http.post(login, json={"username": "aino", "password": PASSWORD}) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with service.http.post(login, json={"username": "aino", "password": "wrong"}) as answer:
        assert answer.status == 401
    async with service.http.post(f"{service.base}/api/v1/logout", headers={"Cookie": cookie}) as answer:
        assert answer.status == 204
    assert sorted(await deeds(service)) == [
        ("aino", "sign_in", ""), ("aino", "sign_out", ""), ("not signed in", "sign_in_refused", "aino"),
    ]  # fmt: skip
    assert await deeds(service, SERVICE) == []


async def test_the_auditor_reads_pages(service: Service) -> None:
    """Oldest first, behind a number, at most so many; nobody else reads it; wrong numbers are named."""
    saana, aune = await person(service, "saana"), await person(service, "aune")
    for _ in range(3):
        await saana.ask("PUT", HOURS, {"hours": "always"}, tag="*")
    said = await aune.ask("GET", "/sites/kunta/audit?after=1&limit=1")
    assert (said.status, said.body["total"], [one["seq"] for one in said.body["entries"]]) == (200, 3, [2])
    entries = await AuditStore(service.backend.link).entries("kunta")
    assert said.body["entries"][0]["digest"] == entries[1].digest
    assert (await saana.ask("GET", "/sites/kunta/audit")).status == 403
    for query, field in (("after=-1", "after"), ("limit=501", "limit"), ("limit=%D9%A3", "limit")):
        wrong = await aune.ask("GET", f"/sites/kunta/audit?{query}")
        assert (wrong.status, wrong.body["field"]) == (400, field)


async def test_a_log_that_is_damaged_does_not_stop_the_work(service: Service) -> None:
    """A head that was taken away: what is done is done all the same, and the next look at the log tells."""
    saana = await person(service, "saana")
    await saana.ask("PUT", HOURS, {"hours": "always"}, tag="*")
    await service.backend.link.call("chatsvc:{audit}:head:kunta", "DEL", "chatsvc:{audit}:head:kunta")
    assert (await saana.ask("PUT", HOURS, {"hours": {"mon": ["09:00-12:00"]}}, tag="*")).status == 200
    assert (await saana.ask("GET", HOURS)).body["hours"]["mon"] == ["09:00-12:00"]
    log = AuditStore(service.backend.link)
    entries = await log.entries("kunta")
    assert [(one.seq, one.previous == "lost") for one in entries] == [(1, False), (2, True)]
    assert verify("kunta", entries, await log.head("kunta"), Statements(), lambda _: True, 0)
