"""The worker's round over the audit logs of a running service: by each site's own rule, and the service's."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatsvc.app_worker import WorkerParts
from chatsvc.domain.audit import CUT, Deed
from chatsvc.domain.retained import Held
from chatsvc.domain.retention import DAY_MS
from chatsvc.domain.sites import Site, SiteId
from chatsvc.services.audit import SERVICE
from chatsvc.services.audit_check import check
from chatsvc.store.audit import AuditStore
from chatsvc.store.clock import ManualClock
from chatsvc.telemetry.metrics import Metrics
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still

MONTH = 31 * DAY_MS
HEAD = "chatsvc:{audit}:head:toinen"


def present() -> int:
    """This machine's time, ms."""
    return time.time_ns() // 1_000_000


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Two sites, of which the second keeps entries for ten years; the store's clock says what a test wants."""
    async with still(valkey.url, tmp_path, make_site(), (make_staff("aino"),)) as made:
        await made.backend.directory.put_site(Site(SiteId("toinen"), {"fi": "Toinen"}, audit_months=120))
        await made.backend.planning.refresh()
        yield made


async def write(service: Service, site: str, *ages: int) -> None:
    """Entries that are so many months old, the oldest first."""
    audit = service.backend.audit
    for age in ages:
        deed = Deed(present() - age * MONTH, "saana", "supervisor", "putHours", f"conversations/c{age}")
        audit.checkpoints.write(site, await audit.log.append(site, deed), deed.at)


async def ages(service: Service, site: str) -> list[str]:
    """What is left of a log: records, and the entry of a cut by its name."""
    entries = await AuditStore(service.backend.link).entries(site)
    return [one.deed.record.removeprefix("conversations/") or one.deed.action for one in entries]


def worker(service: Service, clock: int) -> WorkerParts:
    """A worker that keeps the service's log for 13 months, on a store whose clock says `clock`."""
    service.backend.clock = ManualClock(clock)  # type: ignore[assignment]
    return WorkerParts(service.backend, Metrics("worker"), audit_months=13)


async def test_each_log_is_cut_by_its_own_rule(service: Service) -> None:
    """24 months unless the site says otherwise; what is left verifies, and says that it was cut."""
    for site in ("kunta", "toinen", SERVICE):
        await write(service, site, 30, 25, 20, 12, 1)
    await worker(service, present())._cut_audit()
    assert await ages(service, "kunta") == ["c20", "c12", "c1", CUT]
    assert await ages(service, "toinen") == ["c30", "c25", "c20", "c12", "c1"]
    assert await ages(service, SERVICE) == ["c12", "c1", CUT]
    files = service.backend.audit.checkpoints
    log = service.backend.audit.log
    for site in ("kunta", "toinen", SERVICE):
        found, wrong = await check(log, site, lambda site=site: files.read(site), files.genuine, present())  # type: ignore[misc]
        assert wrong == []
        assert (found.cut is None) == (site == "toinen")


async def test_a_store_whose_clock_is_set_ahead_makes_nothing_old(service: Service) -> None:
    """The worker goes by the earlier of the two times; a clock that is late removes nothing either."""
    await write(service, "kunta", 20, 1)
    await worker(service, present() + 100 * MONTH)._cut_audit()
    assert await ages(service, "kunta") == ["c20", "c1"]
    await write(service, "toinen", 130)
    await worker(service, present() - 20 * MONTH)._cut_audit()
    assert await ages(service, "toinen") == ["c130"]


async def test_a_hold_keeps_what_is_about_its_conversation(service: Service) -> None:
    """Asked for is enough; and what is behind it in the log stays with it."""
    await write(service, "kunta", 40, 30, 28, 1)
    held = Held(reason="a letter of the police", asked_by="saana", asked_at=1)
    (shelf,) = service.backend.shelves(replace(service.site))
    assert await shelf.store.set_hold("c30", None, held, 1)
    await worker(service, present())._cut_audit()
    assert await ages(service, "kunta") == ["c30", "c28", "c1", CUT]
    assert await shelf.store.set_hold("c30", held, None, 2)
    await worker(service, present())._cut_audit()
    assert await ages(service, "kunta") == ["c1", CUT, CUT]


async def test_a_log_that_cannot_be_cut_is_counted_and_keeps_no_other(service: Service) -> None:
    """A head of another type: operators see it, and the other site's log is cut."""
    await write(service, "toinen", 130)
    await write(service, "kunta", 30, 1)
    await service.backend.link.call(HEAD, "DEL", HEAD)
    await service.backend.link.call(HEAD, "SET", HEAD, "nothing")
    made = worker(service, present())
    await made._cut_audit()
    assert await ages(service, "kunta") == ["c1", CUT]
    assert await ages(service, "toinen") == ["c130"]
    assert made.metrics.registry.get_sample_value("chatsvc_audit_failed_total") == 1
