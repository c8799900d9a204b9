"""The audit log can't be written: what has to be recorded before is refused, what is done stays done."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatsvc.store.audit import AuditStore
from tests.support.api import Said, person
from tests.support.service import PASSWORD, Service, make_site, make_staff, running
from tests.support.stores import SingleStore

LOG, HEAD = "chatsvc:{audit}:log:kunta", "chatsvc:{audit}:head:kunta"
HOURS = "/sites/kunta/queues/paihde/hours"
SAID = "nobody else may know"


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A counsellor, a supervisor and an auditor."""
    people = (
        make_staff("aino"), make_staff("saana", role="supervisor"), make_staff("aune", role="auditor"),
    )  # fmt: skip
    async with running(valkey.url, tmp_path, make_site(), people, worker=False) as made:
        yield made


async def spoil(service: Service, key: str) -> None:
    """Put something else where a part of the log was."""
    await service.backend.link.call(key, "DEL", key)
    await service.backend.link.call(key, "SET", key, "nothing")


def failures(service: Service) -> float:
    """How many entries could not be written, as an operator sees it."""
    return service.parts.metrics.registry.get_sample_value("chatsvc_audit_failed_total") or 0.0


def openings(service: Service) -> float:
    """How many openings were recorded, as an operator sees it."""
    return service.parts.metrics.registry.get_sample_value("chatsvc_transcript_openings_total") or 0.0


async def over(service: Service) -> str:
    """A conversation that has ended."""
    visitor, counsellor, ident = await service.talking()
    await visitor.ask("say", "ack", id="a", text=SAID)
    await counsellor.ask("close", "ok", conversation=ident)
    await visitor.expect("closed")
    return ident


async def opened(service: Service, ident: str) -> Said:
    """What a supervisor gets who gives a reason."""
    body = {"reason": "A complaint is being dealt with"}
    return await (await person(service, "saana")).ask(
        "POST", f"/sites/kunta/conversations/{ident}/openings", body
    )


@pytest.mark.parametrize("key", [LOG, HEAD])
async def test_nothing_is_opened_that_cannot_be_recorded(service: Service, key: str) -> None:
    """503 with a body that says what is wrong; not a word of what was said; operators see it counted."""
    ident = await over(service)
    assert SAID in (await opened(service, ident)).text
    assert (openings(service), failures(service)) == (1, 0)
    await spoil(service, key)
    refused = await opened(service, ident)
    assert (refused.status, refused.body["code"]) == (503, "audit_away")
    assert "audit log" in refused.body["detail"]
    assert SAID not in refused.text
    assert (openings(service), failures(service)) == (1, 1)
    await service.backend.link.call(key, "DEL", key)
    assert SAID in (await opened(service, ident)).text


async def test_nothing_is_opened_without_its_checkpoint(service: Service) -> None:
    """A folder of checkpoints that can't be written to: the same."""
    ident = await over(service)
    folder = service.settings.checkpoint_dir
    for file in folder.glob("*"):
        file.unlink()
    (folder / "kunta.jsonl").mkdir(parents=True)
    refused = await opened(service, ident)
    assert (refused.status, refused.body["code"]) == (503, "audit_away")
    assert SAID not in refused.text
    assert failures(service) == 1


@pytest.mark.parametrize("key", [LOG, HEAD])
async def test_what_is_done_is_done(service: Service, key: str) -> None:
    """A change is answered as ever, signing out too, and operators see each that is missing in the log."""
    saana = await person(service, "saana")
    login = {"username": "saana", "password": PASSWORD}
    async with service.http.post(f"{service.base}/api/v1/login", json=login) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    await spoil(service, key)
    changed = await saana.ask("PUT", HOURS, {"hours": {"mon": ["09:00-12:00"]}}, tag="*")
    assert changed.status == 200
    assert (await saana.ask("GET", HOURS)).body["hours"]["mon"] == ["09:00-12:00"]
    out = {"Cookie": cookie}
    async with service.http.post(f"{service.base}/api/v1/logout", headers=out) as answer:
        assert answer.status == 204
    assert failures(service) == 2


@pytest.mark.parametrize("key", [LOG, HEAD])
async def test_nobody_signs_in_unseen(service: Service, key: str) -> None:
    """Without an entry there is no session, and the answer says why."""
    await spoil(service, key)
    login = {"username": "saana", "password": PASSWORD}
    async with service.http.post(f"{service.base}/api/v1/login", json=login) as answer:
        assert (answer.status, (await answer.json())["code"]) == (503, "audit_away")
        assert "Set-Cookie" not in answer.headers
    assert failures(service) == 1


async def test_the_log_that_cannot_be_read_is_told_of(service: Service) -> None:
    """Whoever audits gets 503 with what is wrong, and so does who wants the privacy report."""
    await AuditStore(service.backend.link).forget("kunta")
    await spoil(service, LOG)
    aune = await person(service, "aune")
    for path in ("audit", "privacy-report"):
        said = await aune.ask("GET", f"/sites/kunta/{path}")
        assert (said.status, said.body["code"]) == (503, "audit_away")
