"""The live board and the monthly statistics over the API, on a clock that stands still."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from chatsvc.app_worker import WorkerParts
from chatsvc.domain import retention
from chatsvc.domain.questions import Condition, Question, Rule
from chatsvc.domain.retention_statistics import STATISTICS_KEPT
from chatsvc.domain.sites import PoolId
from chatsvc.domain.statistics import Tally, local_hour, months_before
from chatsvc.services.statistics import ServiceCounts
from chatsvc.store.statistics import PoolCounts
from chatsvc.telemetry.metrics import Metrics
from chatsvc.web.tokens import COOKIE
from tests.support.api import Person, person
from tests.support.client import connected
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still

BOARD, STATISTICS = "/sites/kunta/board", "/sites/kunta/statistics"
DAY = 86_400_000
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Two queues, one of which lets two wait; a counsellor, a supervisor."""
    people = (make_staff("aino"), make_staff("saana", role="supervisor"))
    site = make_site(paihde={"waiting_limit": 2}, velka={})
    async with still(valkey.url, tmp_path, site, people) as made:
        yield made


@pytest.fixture
async def saana(service: Service) -> Person:
    """The supervisor."""
    return await person(service, "saana")


async def today(saana: Person, queue: str = "paihde") -> dict[str, int]:
    """What the board says of a queue's attempts, without noughts."""
    board = (await saana.ask("GET", BOARD)).body
    (found,) = (one for one in board["queues"] if one["queue"] == queue)
    return {name: number for name, number in found["today"].items() if number}


async def turned_away(service: Service, queue: str = "paihde", **fields: Any) -> Any:
    """A visitor who is not let in; gives the socket, once the refusal has been counted."""
    visitor = await service.visitor()
    await visitor.send("hello", site="kunta", queue=queue, lang="fi", want_token=True, **fields)
    await visitor.expect("unavailable")
    await settled(service)
    return visitor


async def settled(service: Service) -> None:
    """What the node counts in the background has been counted."""
    for task in tuple(service.parts.node._unfinished):
        await task


async def test_the_board_follows_visitors(service: Service, saana: Person) -> None:
    """One waits, is answered, another gives up, a third is lost: each is seen at once, and counted once."""
    console = await service.on_duty("aino")
    start = service.backend.clock.now()
    await service.joined()
    await pass_time(service, MINUTE)
    second, _ = await service.joined(lang="sv")
    board = (await saana.ask("GET", BOARD)).body
    queue = board["queues"][0]
    assert {name: queue[name] for name in ("queue", "state", "waiting", "away", "oldest", "on_duty", "free")} == {
        "queue": "paihde", "state": "full", "waiting": 2, "away": 0, "oldest": start, "on_duty": 1, "free": 3,
    }  # fmt: skip
    assert board["now"] == start + MINUTE
    assert await today(saana) == {"attempts": 2, "waiting": 2}
    await console.ask("take", "assigned", queue="paihde")
    await second.ask("leave", "ok", how="button")
    assert await today(saana) == {"attempts": 2, "answered": 1, "prompt": 1, "abandoned": 1}
    (aino,) = (await saana.ask("GET", BOARD)).body["people"]
    assert {name: aino[name] for name in ("id", "alias", "state", "load", "conversations", "queues")} == {
        "id": "aino", "alias": "Aino", "state": "available", "load": 1, "conversations": 1,
        "queues": ["paihde", "velka"],
    }  # fmt: skip
    third, _ = await service.joined("velka")
    await third.close()
    while not (await saana.ask("GET", BOARD)).body["queues"][1]["away"]:
        await settled(service)
    await pass_time(service, 10 * MINUTE)
    assert await today(saana, "velka") == {"attempts": 1, "dropped": 1}


async def test_whoever_is_turned_away_is_counted_once(service: Service, saana: Person) -> None:
    """Nobody on duty, then full: by reason, once for each queue of a connection however often its client asks."""
    visitor = await turned_away(service)
    await visitor.send("hello", site="kunta", queue="paihde", lang="fi")
    await visitor.expect("unavailable")
    await visitor.send("hello", site="kunta", queue="velka", lang="fi")
    await visitor.expect("unavailable")
    await settled(service)
    assert await today(saana) == {"attempts": 1, "told_closed": 1}
    assert await today(saana, "velka") == {"attempts": 1, "told_closed": 1}
    await service.on_duty("aino")
    await service.joined()
    await service.joined()
    await turned_away(service)
    assert await today(saana) == {"attempts": 4, "told_closed": 1, "full": 1, "waiting": 2}


async def look(service: Service, **fields: Any) -> Any:
    """A visitor who opens the page; gives the socket, once the look has been counted."""
    visitor = await service.visitor()
    await visitor.send("watch", site="kunta", **fields)
    await visitor.expect("status")
    await settled(service)
    return visitor


async def test_whoever_opens_the_page_and_reads_closed_is_counted_once(
    service: Service, saana: Person
) -> None:
    """Once for a connection, by the language that is said; and not again when the same visitor asks all the same."""
    visitor = await look(service, queue="paihde", lang="fi")
    await visitor.ask("watch", "status", site="kunta", queue="paihde", lang="fi")
    await visitor.send("hello", site="kunta", queue="paihde", lang="fi", want_token=True)
    await visitor.expect("unavailable")
    await settled(service)
    assert await today(saana) == {"attempts": 1, "told_closed": 1}
    await look(service, queue="paihde", lang="sms")  # in the site's default, as they would be served
    site = replace(service.site, queues=tuple(replace(queue, open=False) for queue in service.site.queues))
    await service.backend.directory.put_site(site)
    await service.backend._refresh()
    await look(service, queue="paihde", lang="sv")
    assert await today(saana) == {"attempts": 3, "told_closed": 3}
    found = await service.backend.counts.today(service.site, service.backend.clock.now())
    counted = {(tally.language, tally.what): number for tally, number in found.items()}
    assert counted == {
        ("fi", "turned_no_staff"): 2,
        ("sv", "turned_closed"): 1,
    }


async def test_who_only_looks_is_no_attempt(service: Service, saana: Person) -> None:
    """Without a language, at several queues, at one that is open or full, or with a conversation to come back to."""
    await look(service, queue="paihde")
    await look(service, lang="fi")
    aino = await service.on_duty("aino")
    await look(service, queue="paihde", lang="fi")
    _, welcome = await service.joined()
    await service.joined()
    await look(service, queue="paihde", lang="fi")
    await aino.ask("duty", "duty", state="off")
    cookie = {"Cookie": f"{COOKIE}={welcome['token']}"}
    async with connected(service.http, f"{service.base}/ws/visitor", headers=cookie) as reloaded:
        told = await reloaded.ask("watch", "status", site="kunta", queue="velka", lang="fi")
        assert (told["resume"], told["state"]) == ("paihde", "no_staff")
    await settled(service)
    assert await today(saana) == {"attempts": 2, "waiting": 2}
    assert await today(saana, "velka") == {}


async def test_whoever_is_led_to_a_message_is_counted_so(valkey: SingleStore, tmp_path: Path) -> None:
    """A rule answers instead of a counsellor, also while nobody is on duty; without the answers it is no attempt."""
    words = {"fi": "Soita 112."}
    danger = Question("danger", "yes-no", {"fi": "Onko hätä?"}, required=True)
    stop = Rule((Condition("danger", ("yes",)),), message=words, stop=True)
    site = make_site(paihde={"questions": (danger,), "rules": (stop,)})
    people = (make_staff("aino"), make_staff("saana", role="supervisor"))
    async with still(valkey.url, tmp_path, site, people) as service:
        saana = await person(service, "saana")
        await turned_away(service, answers={"danger": "yes"})
        assert await today(saana) == {"attempts": 1, "message": 1}
        await service.on_duty("aino")
        visitor = await service.visitor()
        await visitor.send("hello", site="kunta", queue="paihde", lang="fi")
        await visitor.expect("error")
        assert await today(saana) == {"attempts": 1, "message": 1}
        await visitor.send("hello", site="kunta", queue="paihde", lang="fi", answers={"danger": "yes"})
        await visitor.expect("unavailable")
        await settled(service)
        assert await today(saana) == {"attempts": 2, "message": 2}


async def test_a_site_keeps_its_months_when_it_changes_its_pool(service: Service) -> None:
    """What was counted in a pool stays there; it is found as one with what came after."""
    for pool in ("kunta", "region"):
        counts = PoolCounts(service.backend.link, pool)
        await counts.turned_away("kunta/paihde", "fi", "2026-10-05T10", "turned_full")
        await counts.turned_away("other/paihde", "fi", "2026-10-05T10", "turned_full")
    moved = replace(service.site, pool=PoolId("region"), former_pools=(PoolId("kunta"),))
    assert await service.backend.counts.month(moved, "2026-10") == {
        Tally("kunta/paihde", "fi", "2026-10-05T10", "turned_full"): 2
    }


async def test_tomorrow_begins_at_nought(service: Service, saana: Person) -> None:
    """The board is of the local day; the worker books what is over, and the month has it all the same.

    The worker's figures are those of the board.
    """
    await turned_away(service)
    metrics = Metrics("worker")
    worker, labels = (
        WorkerParts(service.backend, metrics),
        {"site": "kunta", "queue": "paihde", "outcome": "told_closed"},
    )
    await worker._book()
    assert metrics.registry.get_sample_value("chatsvc_attempts_today", labels) == 1
    month = local_hour(service.backend.clock.now())[:7]
    before = (await saana.ask("GET", f"{STATISTICS}?month={month}")).body
    await pass_time(service, DAY)
    assert await today(saana) == {}
    await worker._book()
    assert metrics.registry.get_sample_value("chatsvc_attempts_today", labels) == 0
    assert await service.backend.chats["kunta"].tallies.present() == {}
    after = (await saana.ask("GET", f"{STATISTICS}?month={month}")).body
    assert (after["rows"], after["days"]) == (before["rows"], before["days"])
    assert after["rows"][0]["attempts"] is None  # one: too few to be told


async def test_old_months_are_forgotten(service: Service) -> None:
    """Counts are kept for so many whole months before the present one."""
    counts, now = service.backend.counts, service.backend.clock.now()
    month = local_hour(now)[:7]
    tallies = service.backend.chats["kunta"].tallies
    kept, gone = (
        months_before(month, STATISTICS_KEPT.months),
        months_before(month, STATISTICS_KEPT.months + 1),
    )
    for one in (kept, gone):
        await tallies.turned_away("kunta/paihde", "fi", f"{one}-05T10", "turned_full")
    await counts.tidy(now)
    assert await tallies.months() == [("kunta", kept)]
    assert await counts.month(service.site, gone) == {}
    assert sum((await counts.month(service.site, kept)).values()) == 1


async def test_a_queue_has_a_time_of_its_own_for_its_counts(service: Service) -> None:
    """What its rule says goes, the other queue's counts stay; what is booked late goes too, this month stays."""
    backend, now = service.backend, service.backend.clock.now()
    month = local_hour(now)[:7]
    last, before = months_before(month, 1), months_before(month, 2)
    rule = retention.Rule("little", {}, queue="paihde", statistics=retention.Period(1))
    rules = [retention.RuleSet(1, 0, (rule,))]
    counts = ServiceCounts(lambda pool: backend.chats[pool].tallies, lambda: ["kunta"], lambda _: rules)
    tallies = backend.chats["kunta"].tallies
    for one in (month, last, before):
        for queue in ("kunta/paihde", "kunta/velka"):
            await tallies.turned_away(queue, "fi", f"{one}-01T10", "turned_full")
    for _ in range(2):
        await counts.tidy(now)
        assert await tallies.booked_queues("kunta", before) == {"kunta/velka"}
        assert await tallies.booked_queues("kunta", last) == {"kunta/paihde", "kunta/velka"}
        await tallies.turned_away("kunta/paihde", "fi", f"{before}-01T11", "turned_full")
    rules[0] = replace(rules[0], rules=(replace(rule, queue=None, statistics=retention.Period()),))
    await counts.tidy(now)
    assert await tallies.months() == [("kunta", month)]


async def filled(service: Service) -> str:
    """A month of 40 answered in Finnish, 3 in Swedish, 10 abandoned; gives the month."""
    hour = "2026-10-05T10"
    counts = {
        ("fi", hour): {"admitted": 50, "answered": 40, "prompt": 30, "abandoned": 10},
        ("sv", hour): {"admitted": 3, "answered": 3, "prompt": 3},
        ("fi", "2026-10"): {"answered_0": 30, "answered_5": 10, "answered_ms": 9_000_000, "handled": 40,
                            "handling_ms": 40_000_000, "gave_up_3": 10, "gave_up_ms": 1_500_000},
    }  # fmt: skip
    link, key = service.backend.link, service.backend.chats["kunta"].keys.count
    for (language, when), whats in counts.items():
        for what, number in whats.items():
            field = "|".join(Tally("kunta/paihde", language, when, what))
            await link.call(key, "HINCRBY", key, field, number)
    return "2026-10"


async def test_a_month(service: Service, saana: Person) -> None:
    """Totals, waits from the histogram, and no number of which there are too few, however one subtracts."""
    month = await filled(service)
    said = await saana.ask("GET", f"{STATISTICS}?month={month}")
    assert (said.body["month"], said.body["below"], said.body["over"]) == (month, 5, True)
    rows = {(row["queue"], row["language"]): row for row in said.body["rows"]}
    assert set(rows) == {
        (None, None), ("paihde", None), ("paihde", "fi"), ("paihde", "sv"), ("velka", None),
    }  # fmt: skip
    swedish = rows["paihde", "sv"]
    assert (swedish["answered"], swedish["attempts"], swedish["full"]) == (None, None, 0)
    assert rows[None, None]["attempts"] == 53
    assert rows["paihde", "fi"]["answered"] is None  # 43 - 40 would be the Swedish ones
    assert rows["velka", None]["attempts"] == 0
    waits = rows["paihde", None]["answered_waits"]
    assert (waits["median_s"], waits["ninety_s"], waits["mean_s"]) == (30, 600, 225)
    assert rows["paihde", None]["handling_s"] == 1_000
    assert rows["paihde", None]["gave_up_waits"] is None  # ten are too few
    assert len(said.body["days"]) == 31


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
async def test_the_file(service: Service, saana: Person, lang: str) -> None:
    """CSV in each language: one header row, a cell for each heading, dashes where numbers are left out."""
    month = await filled(service)
    said = await saana.ask("GET", f"{STATISTICS}.csv?month={month}&lang={lang}")
    assert said.status == 200
    assert said.text.startswith("\ufeff")
    assert said.text.count("\r\n") == said.text.count("\n")
    header, *rows = csv.reader(io.StringIO(said.text.removeprefix("\ufeff"), newline=""))
    assert header[2] == {"fi": "Yhteydenotot", "sv": "Kontaktförsök", "en": "Attempts"}[lang]
    assert {len(row) for row in rows} == {len(header)}
    assert rows[0][2] == "53"
    assert "–" in rows[2]


async def test_a_name_is_no_formula(service: Service, saana: Person) -> None:
    """A queue's name that a spreadsheet would compute stays a text."""
    site = make_site(paihde={}, velka={})
    evil = site.queues[0].__class__(site.id, site.queues[0].name, {"fi": '=HYPERLINK("x")'})
    await service.backend.directory.put_site(site.__class__(site.id, site.names, queues=(evil,)))
    await service.backend.planning.refresh()
    said = await saana.ask("GET", f"{STATISTICS}.csv")
    rows = list(csv.reader(io.StringIO(said.text, newline="")))
    assert rows[2][0] == '\'=HYPERLINK("x")'


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
async def test_the_picture(service: Service, saana: Person, lang: str) -> None:
    """A picture with a title and a description in words; it has bars, and runs nothing."""
    month = await filled(service)
    said = await saana.ask("GET", f"{STATISTICS}.svg?month={month}&lang={lang}")
    root = ET.fromstring(said.text)
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert title.text
    assert {"fi": "lokakuu 2026", "sv": "oktober 2026", "en": "October 2026"}[lang] in title.text
    assert "5.: 53" in (description.text or "")
    assert len(root.findall(f"{SVG}rect")) > 1
    assert {element.tag.removeprefix(SVG) for element in root} <= {"title", "desc", "rect", "text", "path"}


@pytest.mark.parametrize("path", [BOARD, STATISTICS, f"{STATISTICS}.csv", f"{STATISTICS}.svg"])
async def test_who_may_read_them(service: Service, saana: Person, path: str) -> None:
    """Supervisors and admins of the site; neither a counsellor nor whoever is not signed in."""
    assert (await saana.ask("GET", path)).status == 200
    aino = await person(service, "aino")
    assert (await aino.ask("GET", path)).status == 403
    assert (await Person(service).ask("GET", path)).status == 401
    assert (await saana.ask("GET", path.replace("kunta", "other"))).status == 404


@pytest.mark.parametrize(
    ("query", "field"), [("month=2026-13", "month"), ("month=x", "month"), ("month=", "month")]
)
async def test_a_month_that_is_none(saana: Person, query: str, field: str) -> None:
    """What is no month is refused with its name."""
    said = await saana.ask("GET", f"{STATISTICS}?{query}")
    assert (said.status, said.body["field"]) == (400, field)
    wrong = await saana.ask("GET", f"{STATISTICS}.csv?lang=de")
    assert (wrong.status, wrong.body["field"]) == (400, "lang")
