"""The data protection report over HTTP: what exists, what went by which rule, holds, openings; nobody's number."""

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import msgpack

from chatsvc.domain.holds import ask, confirm
from chatsvc.domain.retained import Tombstone, Went
from chatsvc.domain.retention import DAY_MS, KINDS, Period, Rule, RuleSet
from chatsvc.domain.sites import StaffId
from chatsvc.services.transcripts import OPENED
from tests.support.api import Person, person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still

REPORT = "/sites/kunta/privacy-report"
SHORT = Rule("=short", dict.fromkeys(KINDS, Period(1)), queue="velka", then="keep_record")
LONG = Rule("long", dict.fromkeys(KINDS, Period(12)), queue="paihde", then="keep_record")


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A site with two rules; an admin, an auditor and a supervisor."""
    people = (
        make_staff("aino"), make_staff("saana", role="supervisor"), make_staff("aada", role="admin"),
        make_staff("aune", role="auditor"),
    )  # fmt: skip
    site = replace(make_site(paihde={}, velka={}), retention=(RuleSet(1, 0, (SHORT, LONG)),))
    async with still(valkey.url, tmp_path, site, people) as made:
        yield made


async def fill(service: Service, number: int, queue: str, days: int, **more: Any) -> list[str]:
    """So many conversations that ended so many days ago."""
    chats = service.backend.chats["kunta"]
    ended = service.backend.clock.now() - days * DAY_MS
    record = {
        "site": "kunta", "queue": f"kunta/{queue}", "lang": "fi", "visitor": "v", "state": "closed", "rev": 1,
        "joined": ended - 1, "ended": ended, "wrapped": ended, "first_assigned": ended - 1, "score": 0.0, "priority": 0,
        "parts": [], "pend": [], **more,
    }  # fmt: skip
    made = [f"{queue}-{days}-{count}" for count in range(number)]
    parts = [part for ident in made for part in (ident, msgpack.encode({"id": ident, **record}))]
    await service.backend.link.call(chats.keys.past, "HSET", chats.keys.past, *parts)
    return made


async def report(who: Person) -> dict[str, Any]:
    """The whole of it."""
    said = await who.ask("GET", REPORT)
    assert said.status == 200
    found: dict[str, Any] = said.body
    return found


def row(rows: list[dict[str, Any]], kind: str, rule: str | None) -> dict[str, Any]:
    """A row by its kind and its rule; None: of all."""
    (found,) = [
        one
        for one in rows
        if one["kind"] == kind and (one["why"] is None if rule is None else one["rule"] == rule)
    ]
    return found


async def test_what_exists_by_rule_and_age(service: Service) -> None:
    """Thirty under one rule and twenty under the other; four that are held are not told apart."""
    aune = await person(service, "aune")
    idents = await fill(service, 30, "velka", 3) + await fill(service, 20, "paihde", 100)
    found = await report(aune)
    assert row(found["exists"], "notes", None)["total"] == 50
    assert row(found["exists"], "notes", "=short")["cells"] == {
        "week": 30, "month": 0, "quarter": 0, "year": 0, "older": 0,
    }  # fmt: skip
    assert row(found["exists"], "record", "long")["cells"]["year"] == 20
    assert (found["held"], found["asked"], found["below"]) == (0, 0, 5)
    assert found["in_force"] == {"version": 1, "since": 0, "existing": True, "rules": ["=short", "long"]}
    now, store = service.backend.clock.now(), service.backend.chats["kunta"].retention
    for ident in idents[:4]:
        asked = ask(None, "saana", "an authority asks", now)
        assert await store.set_hold(ident, None, confirm(asked, "aada", now), now)
    found = await report(aune)
    assert found["held"] is None
    (held,) = [one for one in found["exists"] if one["kind"] == "notes" and one["why"] == "hold"]
    assert held["cells"]["week"] is None
    short = row(found["exists"], "notes", "=short")["cells"]["week"]
    whole = row(found["exists"], "notes", None)["cells"]["week"]
    assert None in (short, whole), "or the four could be had by subtraction"


async def test_what_was_erased_by_rule_and_month(service: Service) -> None:
    """From tombstones, and from conversations of which only the record is left."""
    store, now = service.backend.chats["kunta"].retention, service.backend.clock.now()
    for number in range(8):
        stone = Tombstone(site="kunta", ended=0, erased=now, gone=dict.fromkeys(KINDS, Went(now, "long", 1)))
        parts = (store.keys.of("tomb"), "HSET", store.keys.of("tomb"), f"gone{number}", msgpack.encode(stone))
        await service.backend.link.call(*parts)
    for ident in await fill(service, 6, "paihde", 40):
        kept = {"gone": {"notes": Went(now, "", 1)}, "last": None, "wish": None}
        await service.backend.link.call(
            store.keys.of("kept"), "HSET", store.keys.of("kept"), ident, msgpack.encode(kept)
        )
    found = await report(await person(service, "aada"))
    month = found["months"][0]
    assert (len(found["months"]), found["months"][-1]) == (14, "earlier")
    assert row(found["erased"], "record", "long")["cells"][month] == 8
    assert row(found["erased"], "notes", None)["cells"][month] == 14
    (no_rule,) = [one for one in found["erased"] if one["why"] == "no_rule"]
    assert (no_rule["kind"], no_rule["total"]) == ("notes", 6)
    assert row(found["exists"], "transcript", None)["total"] == 6
    assert all(one["kind"] != "notes" for one in found["exists"] if one["total"] != 0)


async def test_no_part_tells_what_another_hides(service: Service) -> None:
    """Six held and three under a rule; 23 texts gone, 20 with their records: nothing tells of the three."""
    now, store = service.backend.clock.now(), service.backend.chats["kunta"].retention
    aune = await person(service, "aune")
    for ident in (await fill(service, 9, "velka", 3))[:6]:
        asked = ask(None, "saana", "an authority asks", now)
        assert await store.set_hold(ident, None, confirm(asked, "aada", now), now)
    found = await report(aune)
    whole = row(found["exists"], "notes", None)["total"]
    assert None in (found["held"], whole), "9 - 6 = 3"
    lines = (await aune.ask("GET", f"{REPORT}.csv?lang=en")).text.splitlines()
    assert ("Kept,notes of staff,total,total,–" in lines) == (whole is None)
    assert ("Holds,in force,,,–" in lines) == (found["held"] is None)
    for ident in await fill(service, 3, "paihde", 3):
        kept = {"gone": {"transcript": Went(now, "long", 1)}, "last": None, "wish": None}
        await service.backend.link.call(
            store.keys.of("kept"), "HSET", store.keys.of("kept"), ident, msgpack.encode(kept)
        )
    for number in range(20):
        stone = Tombstone(site="kunta", ended=0, erased=now, gone=dict.fromkeys(KINDS, Went(now, "long", 1)))
        parts = (store.keys.of("tomb"), "HSET", store.keys.of("tomb"), f"gone{number}", msgpack.encode(stone))
        await service.backend.link.call(*parts)
    found = await report(aune)
    both = [row(found["erased"], kind, "long")["total"] for kind in ("transcript", "record")]
    assert None in both, "23 - 20 = 3"


async def test_openings_and_the_file(service: Service) -> None:
    """Openings by role and month; the file has the same numbers, a dash for what is left out, and no formula."""
    await fill(service, 30, "velka", 3)
    audit, people = service.backend.audit, service.backend.planning.declared.people
    for number in range(7):
        await audit.record(
            ["kunta"], people[StaffId("saana")], OPENED, f"conversation{number}", reason="a reason"
        )
    await audit.record(["kunta"], people[StaffId("aino")], OPENED, "conversation7", reason="a reason")
    aada = await person(service, "aada")
    found = await report(aada)
    roles = {one["role"]: one["total"] for one in found["openings"]}
    assert roles["counsellor"] is None
    assert None in (roles["supervisor"], roles[""])
    said = await aada.ask("GET", f"{REPORT}.csv?lang=en")
    assert said.text.startswith("\ufeffTable,What,What decides,Age or month,Conversations\r\n")
    lines = list(csv.reader(io.StringIO(said.text.removeprefix("\ufeff"))))
    assert ["Kept", "notes of staff", "'=short", "at most 7 days", "30"] in lines
    assert ["Openings", "counsellor", "", "total", "–"] in lines
    assert all(len(line) == 5 for line in lines)
    whole = said.text + (await aada.ask("GET", REPORT)).text
    assert not any(word in whole for word in ("conversation7", "velka-3-0", "saana", "a reason"))
    for lang, word in (("fi", "Säilytettävänä"), ("sv", "Bevaras")):
        assert word in (await aada.ask("GET", f"{REPORT}.csv?lang={lang}")).text
    assert (await aada.ask("GET", f"{REPORT}.csv?lang=de")).body["field"] == "lang"


async def test_ten_thousand_conversations(service: Service) -> None:
    """The report looks at every one of them within a few seconds, while others get their turn."""
    for days in range(10):
        await fill(service, 1_000, "velka" if days % 2 else "paihde", 30 * days)
    aune = await person(service, "aune")
    began, longest = time.monotonic(), 0.0
    asked = asyncio.ensure_future(report(aune))
    while not asked.done():
        turn = time.monotonic()
        await asyncio.sleep(0)
        longest = max(longest, time.monotonic() - turn)
    assert row((await asked)["exists"], "record", None)["total"] == 10_000
    assert time.monotonic() - began < 30, "usually 2 s"
    assert longest < 1, "usually some 30 ms"
