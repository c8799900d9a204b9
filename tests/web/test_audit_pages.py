"""The audit log as its page and its file are served: from the end, in bounded time, what fits; and its state."""

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from chatsvc.domain.audit import Deed, Head, follow
from chatsvc.services import audit_reading
from chatsvc.services.audit_state import FRESH_MS
from chatsvc.store.audit import AuditStore
from chatsvc.store.clock import ManualClock
from chatsvc.store.scripts import script
from tests.support.api import Person, person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still

BEGUN, STEP = 1_700_000_000_000, 60_000
LOG, HEAD = "chatsvc:{audit}:log:kunta", "chatsvc:{audit}:head:kunta"
TEN_THOUSAND = 10_000


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """An auditor, a supervisor and an admin; time stands still."""
    people = (
        make_staff("aune", role="auditor"), make_staff("saana", role="supervisor"), make_staff("aada", role="admin"),
    )  # fmt: skip
    async with still(valkey.url, tmp_path, make_site(), people) as made:
        yield made


def deed(number: int) -> Deed:
    """One a minute, by three people, of five kinds."""
    actions = ("putHours", "postShift", "sign_in", "open_transcript", "stepHold")
    return Deed(
        BEGUN + number * STEP, f"person{number % 3}", "supervisor", actions[number % 5], f"record{number}"
    )


async def filled(service: Service, number: int) -> None:
    """A log of so many entries, and a checkpoint for the last."""
    store, link = AuditStore(service.backend.link), service.backend.link
    head = await store.head("kunta")
    sent: list[asyncio.Future[Any]] = []
    for at in range(number):
        entry = follow(head, "kunta", deed(at))
        arguments: list[Any] = [entry.previous, entry.seq, entry.digest, _packed(entry)]
        sent.append(link.run(script("audit_append"), [LOG, HEAD], arguments))
        head = Head(entry.seq, entry.digest)
        if len(sent) == 500:
            await asyncio.gather(*sent)
            sent.clear()
    await asyncio.gather(*sent)
    service.backend.audit.checkpoints.write("kunta", head, 0)


def _packed(entry: Any) -> bytes:
    packed: bytes = msgspec.msgpack.encode(entry)
    return packed


async def page(auditor: Person, **query: Any) -> tuple[list[int], str | None]:
    """Numbers of the entries of a page, and where the next begins."""
    asked = "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items())
    said = await auditor.ask("GET", f"/sites/kunta/audit/newest?{asked}")
    assert said.status == 200, said.text
    return [one["seq"] for one in said.body["entries"]], said.body["next"]


async def all_pages(auditor: Person, **query: Any) -> list[int]:
    """The same of all pages."""
    found, following = await page(auditor, **query)
    while following is not None:
        more, following = await page(auditor, **query, before=following)
        found += more
    return found


async def test_ten_thousand_entries_are_paged_from_the_end(service: Service) -> None:
    """Each page in a fraction of a second, also the first, one from a day far back, and one that finds nothing."""
    await filled(service, TEN_THOUSAND)
    aune = await person(service, "aune")
    began = time.monotonic()
    found, following = await page(aune, limit=50)
    assert found == list(range(TEN_THOUSAND, TEN_THOUSAND - 50, -1))
    assert (await page(aune, limit=50, before=following))[0][0] == TEN_THOUSAND - 50
    end = BEGUN + 500 * STEP
    assert (await page(aune, limit=3, to=end))[0] == [500, 499, 498]
    assert await page(aune, limit=3, from_=end - STEP, to=end) == ([500], None)
    nothing, going_on = await page(aune, who="nobody")
    assert (nothing, going_on is not None) == ([], True)
    assert time.monotonic() - began < 5
    assert await all_pages(aune, who="nobody") == []
    assert await all_pages(aune, limit=500) == list(range(TEN_THOUSAND, 0, -1))
    rows = list(csv.reader(io.StringIO((await aune.ask("GET", "/sites/kunta/audit.csv")).text)))
    assert [int(row[0]) for row in rows[1:]] == list(range(1, TEN_THOUSAND + 1))
    state = (await aune.ask("GET", "/sites/kunta/audit/state")).body
    assert (state["state"], state["entries"], state["covered"]) == ("whole", TEN_THOUSAND, TEN_THOUSAND)


async def test_filters_together_find_what_all_of_them_say(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the size of pages, and of what is looked at for one: none is lost, none comes twice."""
    await filled(service, 60)
    aune = await person(service, "aune")
    for scanned, at_once, limit in ((5_000, 500, 50), (20, 10, 3), (7, 7, 1)):
        monkeypatch.setattr(audit_reading, "SCANNED_MOST", scanned)
        monkeypatch.setattr(audit_reading, "PAGE", at_once)
        assert await all_pages(aune, limit=limit, who="ERSON1", what="sign_in") == [53, 38, 23, 8]
        assert await all_pages(aune, limit=limit, record="record5") == [
            60,
            59,
            58,
            57,
            56,
            55,
            54,
            53,
            52,
            51,
            6,
        ]
        start, end = BEGUN + 10 * STEP, BEGUN + 15 * STEP
        assert await all_pages(aune, limit=limit, from_=start, to=end) == [15, 14, 13, 12, 11]
    assert await all_pages(aune, from_=BEGUN + 10**9) == []
    assert await all_pages(aune, to=BEGUN) == []


async def test_what_is_asked_wrongly_is_named(service: Service) -> None:
    """With the field; and nobody but the auditor gets anything."""
    aune, saana = await person(service, "aune"), await person(service, "saana")
    for query, field in (
        ("before=5", "before"), ("limit=501", "limit"), ("from=soon", "from"), ("to=-1", "to"),
        ("who=" + "a" * 101, "who"), ("record=" + "a" * 101, "record"),
    ):  # fmt: skip
        said = await aune.ask("GET", f"/sites/kunta/audit/newest?{query}")
        assert (said.status, said.body["field"]) == (400, field)
    for place in ("newest", "state"):
        assert (await saana.ask("GET", f"/sites/kunta/audit/{place}")).status == 403
    assert (await saana.ask("GET", "/sites/kunta/audit.csv")).status == 403


async def test_where_there_is_nothing(service: Service) -> None:
    """An empty log is a file with its head alone, and before the very first place there is nothing."""
    aune = await person(service, "aune")
    said = await aune.ask("GET", "/sites/kunta/audit.csv")
    assert (said.status, len(said.text.splitlines())) == (200, 1)
    for place in ("0-0", "0-000000", "000-0"):
        said = await aune.ask("GET", f"/sites/kunta/audit/newest?before={place}")
        assert (said.status, said.body["entries"]) == (200, []), said.text


async def test_no_cell_of_the_file_is_a_formula(service: Service) -> None:
    """Whatever somebody wrote as a reason, or is called; commas, quotes and lines stay in their cell."""
    texts = ("=1+1", "+358", "-2", "@SUM(A1)", "\t=1", '"a", b\r\nc')
    store = AuditStore(service.backend.link)
    for text in texts:
        await store.append("kunta", Deed(BEGUN, text, text, text, text, {"a": text}))
    aune = await person(service, "aune")
    rows = list(csv.reader(io.StringIO((await aune.ask("GET", "/sites/kunta/audit.csv")).text, newline="")))
    assert rows[0][1:] == ["time", "who", "role", "action", "record", "details", "digest"]
    for text, row in zip(texts, rows[1:], strict=True):
        assert row[1] == "2023-11-14T22:13:20.000+00:00"
        for cell in row[2:6]:
            assert cell in (text, f"'{text}")
            assert cell[0] not in "=+-@\t"
    said = await aune.ask("GET", f"/sites/kunta/audit.csv?from={BEGUN + 1}")
    assert len(said.text.splitlines()) == 1


async def test_the_state_says_what_this_server_finds(service: Service) -> None:
    """Whole; a fault, once ten minutes are over; checkpoints that can't be read; a cut that another machine has."""
    await filled(service, 5)
    clock = service.backend.clock
    assert isinstance(clock, ManualClock)
    aune = await person(service, "aune")

    async def state() -> dict[str, Any]:
        clock.advance(FRESH_MS)
        body: dict[str, Any] = (await aune.ask("GET", "/sites/kunta/audit/state")).body
        return body

    found = await state()
    assert (found["state"], found["entries"], found["first"], found["covered"]) == ("whole", 5, 1, 5)
    await service.backend.link.call(LOG, "XDEL", LOG, "3-0")
    again = (await aune.ask("GET", "/sites/kunta/audit/state")).body
    assert again == found
    found = await state()
    assert (found["state"], found["fault_count"]) == ("faulty", 1)
    assert found["faults"] == [{"seq": 4, "kind": "gap"}]
    file = service.settings.checkpoint_dir / "kunta.jsonl"
    kept = file.read_text()
    file.write_text("nothing\n")
    assert (await state())["state"] == "unreadable"
    file.write_text(kept)


async def test_a_cut_is_shown_and_one_of_another_machine_is_no_fault(service: Service) -> None:
    """With the signed cut the state says how far and by which rule; without it, that another server has it."""
    await filled(service, 5)
    store, clock = AuditStore(service.backend.link), service.backend.clock
    assert isinstance(clock, ManualClock)
    last = (await store.entries("kunta"))[2]
    files = service.backend.audit.checkpoints
    said = Deed(BEGUN, "worker", "none", "cut_audit_log", "", {"through": 3})
    head = await store.cut("kunta", said, "3-0")
    assert head is not None
    aune = await person(service, "aune")
    found = (await aune.ask("GET", "/sites/kunta/audit/state")).body
    assert (found["state"], found["cut"], found["cut_elsewhere"], found["first"]) == ("whole", None, True, 4)
    files.write_cut("kunta", Head(3, last.digest), BEGUN, 24)
    files.write("kunta", head, BEGUN)
    clock.advance(FRESH_MS)
    found = (await aune.ask("GET", "/sites/kunta/audit/state")).body
    assert (found["state"], found["cut_elsewhere"]) == ("whole", False)
    assert found["cut"] == {"through": 3, "at": BEGUN, "months": 24}


async def test_half_a_file_is_not_taken_for_a_whole_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that can't be read is told of before anything is sent; later the connection breaks off."""
    await filled(service, 30)
    aune, link = await person(service, "aune"), service.backend.link
    monkeypatch.setattr(audit_reading, "PAGE", 10)
    read, pages = AuditStore.oldest, 0

    async def spoilt(store: AuditStore, *where: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages == 3:
            await link.call(LOG, "DEL", LOG)
            await link.call(LOG, "SET", LOG, "nothing")
        return await read(store, *where)

    monkeypatch.setattr(AuditStore, "oldest", spoilt)
    with pytest.raises(aiohttp.ClientError):
        await aune.ask("GET", "/sites/kunta/audit.csv")
    said = await aune.ask("GET", "/sites/kunta/audit.csv")
    assert (said.status, said.body["code"]) == (503, "audit_away")
