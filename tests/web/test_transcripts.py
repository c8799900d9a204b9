"""Opening what was said: for whom, for a reason that is recorded before, and a list to choose from."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import msgpack

from chatsvc.domain.holds import ask, confirm
from chatsvc.domain.retention import DAY_MS, KINDS, Period, Rule, RuleSet
from chatsvc.domain.sites import StaffId
from chatsvc.store.audit import AuditStore
from chatsvc.store.clock import ManualClock
from tests.support.api import Person, Said, person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, still

PAST = "/sites/kunta/conversations"
REASON = "A complaint about this conversation is being dealt with."
WORDS = "something said to nobody else"


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Two queues; counsellors, a supervisor of all, one of the second queue, an admin and an auditor."""
    people = (
        make_staff("aino"), make_staff("eino"), make_staff("saana", role="supervisor"),
        make_staff("vera", role="supervisor", queues=["velka"]), make_staff("aada", role="admin"),
        make_staff("aune", role="auditor"),
    )  # fmt: skip
    async with still(valkey.url, tmp_path, make_site(paihde={}, velka={}), people) as made:
        yield made


async def over(service: Service, queue: str = "paihde", by: str = "aino", more: int = 0) -> str:
    """A conversation with words, and `more` lines, a note and feedback, wrapped up; its id."""
    visitor, counsellor, ident = await service.talking(by, queue)
    await visitor.ask("say", "ack", id="m1", text=WORDS)
    for number in range(more):
        await visitor.ask("say", "ack", id=f"more{number}", text=f"line {number}")
    await counsellor.ask("say", "ack", conversation=ident, id="c1", text="I am listening")
    await counsellor.ask("note", "ack", conversation=ident, id="n1", text="calls back on Monday")
    await counsellor.ask("close", "ok", conversation=ident)
    await visitor.expect("closed")
    await visitor.ask("feedback", "ok", score=4, text="thank you")
    await counsellor.ask("wrap_up", "ok", conversation=ident, outcome="talked", tags=["money"])
    await counsellor.close()
    return ident


async def opens(who: Person, ident: str, reason: str = REASON, **more: Any) -> Said:
    """One opening."""
    return await who.ask("POST", f"{PAST}/{ident}/openings", {"reason": reason, **more})


async def openings(service: Service) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Who, in which role, what of, and with which details, as the audit log has it."""
    deeds = [one.deed for one in await AuditStore(service.backend.link).entries("kunta")]
    return [
        (deed.actor, deed.role, deed.record, dict(deed.details))
        for deed in deeds
        if deed.action == "open_transcript"
    ]


async def test_a_supervisor_reads_all_and_it_is_recorded(service: Service) -> None:
    """Words, notes, feedback; the reason on one line, with conversation, name, role and time in the audit log."""
    ident, saana = await over(service), await person(service, "saana")
    said = await opens(saana, ident, f"  {REASON}\n\u202ewith a look\u200b at it ")
    assert said.status == 200
    body = said.body
    assert [one["text"] for one in body["talk"] if one["kind"] == "text"] == [WORDS, "I am listening"]
    assert [one["alias"] for one in body["talk"] if one["kind"] == "text"] == [None, "Aino"]
    assert [one["text"] for one in body["notes"]] == ["calls back on Monday"]
    assert body["feedback"] == {"score": 4, "text": "thank you"}
    assert (body["more"], body["answers"], body["conversation"]["outcome"]) == (False, None, "talked")
    assert "visitor" not in body["conversation"], "nothing by which a visitor could be known"
    ((actor, role, record, details),) = await openings(service)
    assert (actor, role, record) == ("saana", "supervisor", ident)
    assert details == {
        "reason": f"{REASON} with a look at it", "parts": "transcript notes answers feedback", "queue": "kunta/paihde",
    }  # fmt: skip
    assert service.backend.keyring.known(f"{ident}.feedback") is None


async def test_who_reads_what(service: Service) -> None:
    """Only supervisors of the queue and whoever had the conversation, without feedback; others find nothing."""
    ident = await over(service)
    expected = {"saana": 200, "aino": 200, "eino": 404, "vera": 404, "aada": 403, "aune": 403}
    found = {name: await opens(await person(service, name), ident) for name in expected}
    assert {name: said.status for name, said in found.items()} == expected
    assert (found["aino"].body["feedback"], len(found["aino"].body["notes"])) == (None, 1)
    assert all(WORDS not in said.text for name, said in found.items() if expected[name] != 200)
    assert [actor for actor, *_ in await openings(service)] == ["saana", "aino"]


async def test_whoever_gave_it_back_is_blind(service: Service) -> None:
    """One returns a visitor to the queue, another takes them: the first finds nothing then, nor in the list."""
    visitor, first, ident = await service.talking("aino")
    await visitor.ask("say", "ack", id="m1", text=WORDS)
    await first.ask("return", "ok", conversation=ident)
    await first.ask("duty", "duty", state="paused", reason="break")
    second = await service.on_duty("eino")
    await second.ask("take", "assigned", conversation=ident)
    await second.ask("close", "ok", conversation=ident)
    await visitor.expect("closed")
    aino, eino = await person(service, "aino"), await person(service, "eino")
    assert ((await opens(aino, ident)).status, (await opens(eino, ident)).status) == (404, 200)
    assert (await aino.ask("GET", PAST)).body["conversations"] == []
    assert [actor for actor, *_ in await openings(service)] == ["eino"]


@pytest.mark.parametrize("reason", ["", "too short", " \n ".join("abcdefghi"[:5]) + "\u200b" * 20, "x" * 501])
async def test_without_a_reason_nothing_is_opened(service: Service, reason: str) -> None:
    """Ten to five hundred characters that can be seen; nothing is recorded, as nothing was opened."""
    ident = await over(service)
    said = await opens(await person(service, "saana"), ident, reason)
    assert (said.status, said.body["field"]) == (400, "reason")
    assert await openings(service) == []


async def test_no_text_without_a_record_of_it(service: Service) -> None:
    """The log can't be written, or its checkpoint can't: 503, and no word of what was said."""
    ident, saana = await over(service), await person(service, "saana")
    folder = service.settings.checkpoint_dir
    if folder.exists():
        folder.rename(folder.with_name("away"))
    folder.write_text("no folder")
    said = await opens(saana, ident)
    assert said.status == 503
    assert WORDS not in said.text
    folder.unlink()
    link, head = service.backend.link, "chatsvc:{audit}:head:kunta"
    await link.call(head, "DEL", head)
    await link.call(head, "SET", head, "no log")
    said = await opens(saana, ident)
    assert said.status >= 500
    assert WORDS not in said.text
    await link.call(head, "DEL", head)
    assert (await opens(saana, ident)).status == 200


async def test_a_live_conversation_is_nobodys_to_open(service: Service) -> None:
    """A transcript is what is left of a conversation that is over; a queue's supervisor doesn't listen in."""
    _, _, ident = await service.talking()
    saana = await person(service, "saana")
    assert (await opens(saana, ident)).status == 404
    assert (await saana.ask("GET", PAST)).body["conversations"] == []


async def test_what_should_be_gone_is_not_shown(service: Service) -> None:
    """The rule's time is over though no worker has come: not given; after the visitor's wish, to supervisors only."""
    ident, saana, aino = await over(service), await person(service, "saana"), await person(service, "aino")
    pool, clock = service.backend.chats["kunta"], service.backend.clock
    held = confirm(ask(None, "saana", "an authority asks", clock.now()), "aada", clock.now())
    assert await pool.retention.set_hold(ident, None, held, clock.now())
    assert await pool.retention.wish(ident, clock.now())
    assert (await opens(aino, ident)).status == 409
    assert (await opens(saana, ident)).status == 200
    assert await pool.retention.set_hold(ident, held, None, clock.now())
    assert (await opens(saana, ident)).status == 409, "nothing keeps it now"
    short = Rule("short", dict.fromkeys(KINDS, Period(0, DAY_MS)), then="keep_record")
    await service.backend.directory.put_site(replace(service.site, retention=(RuleSet(1, 0, (short,)),)))
    await service.backend.planning.refresh()
    other = await over(service)
    assert isinstance(clock, ManualClock)
    assert (await opens(saana, other)).status == 200
    clock.advance(DAY_MS + MINUTE)
    assert (await opens(saana, other)).status == 409


async def test_the_list_has_no_text(service: Service) -> None:
    """When, queue, outcome, tags, and what goes when by which rule; a supervisor's queues, a counsellor's own."""
    first, second = await over(service), await over(service, "velka", "eino")
    rows = {
        name: (await (await person(service, name)).ask("GET", PAST)) for name in ("saana", "vera", "aino")
    }
    found = {name: {one["id"] for one in said.body["conversations"]} for name, said in rows.items()}
    assert found == {"saana": {first, second}, "vera": {second}, "aino": {first}}
    assert all(WORDS not in said.text and "calls back" not in said.text for said in rows.values())
    (row,) = rows["aino"].body["conversations"]
    assert (row["queue"], row["outcome"], row["tags"], row["staff"], row["opens"]) == (
        "paihde", "talked", ["money"], ["Aino"], True,
    )  # fmt: skip
    assert {one["kind"]: (one["rule"], one["reason"], one["gone"]) for one in row["going"]} == dict.fromkeys(
        KINDS, ("kept", "rule", False)
    )
    assert {one["at"] for one in row["going"]} == {Period(12).after(row["ended"])}
    for query, field in (("before=x", "before"), ("limit=0", "limit"), ("limit=201", "limit")):
        said = await (await person(service, "saana")).ask("GET", f"{PAST}?{query}")
        assert (said.status, said.body["field"]) == (400, field)


async def test_ten_thousand_conversations(service: Service) -> None:
    """Paged through from the last to the first, each comes once, in order; by queue and from a day on too."""
    await over(service)
    link, keys = service.backend.link, service.backend.chats["kunta"].keys
    now = service.backend.clock.now()
    (row,) = await link.call(keys.conv, "HVALS", keys.conv)
    record = msgpack.decode(row)
    for start in range(0, 10_000, 1_000):
        parts: list[str | bytes] = []
        for number in range(start, start + 1_000):
            ended = now - 1_000 * (number // 3)  # three at a time
            ident = f"{number:024x}"
            queue = "kunta/velka" if number % 2 else "kunta/paihde"
            parts += [
                ident,
                msgpack.encode(record | {"id": ident, "ended": ended, "state": "closed", "queue": queue}),
            ]
        await link.call(keys.past, "HSET", keys.past, *parts)
    saana = await person(service, "saana")
    seen: list[tuple[int, str]] = []
    following: str | None = ""
    while following is not None and len(seen) < 2_000:
        before = f"&before={following}" if following else ""
        page = (await saana.ask("GET", f"{PAST}?limit=200{before}")).body
        assert page["total"] == 10_001
        seen += [(one["ended"], one["id"]) for one in page["conversations"]]
        following = page["next"]
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 2_000
    last = (await saana.ask("GET", f"{PAST}?before={now - 3_331_000}&queue=velka")).body
    assert (last["next"], last["total"]) == (None, 5_000)
    assert [one["queue"] for one in last["conversations"]] == ["velka"] * len(last["conversations"])
    assert 0 < len(last["conversations"]) < 10


async def test_a_long_transcript_comes_in_pieces(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind `more` is the rest, which is an opening of its own in the audit log."""
    monkeypatch.setattr("chatsvc.services.transcripts.ENTRIES_AT_ONCE", 2)
    ident, saana = await over(service, more=70), await person(service, "saana")
    first = (await opens(saana, ident)).body
    assert first["more"] is True
    second = (await opens(saana, ident, after=first["talk"][-1]["seq"])).body
    numbers = [one["seq"] for one in (*first["talk"], *second["talk"])]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (second["notes"], second["feedback"], second["more"]) == (None, None, False)
    assert [details.get("after", 0) for *_, details in await openings(service)] == [
        0,
        first["talk"][-1]["seq"],
    ]
    assert StaffId("saana") == (await openings(service))[1][0]
