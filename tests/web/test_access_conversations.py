"""Who reaches a conversation that is over, cell by cell: role × own queue or another × took part or not, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.api import person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still
from tests.web.test_transcripts import PAST, REASON, opens, over

# By hand: whether it is listed, what opening it answers, what asking for a hold answers, whether holds are shown.
MAY = {
    "aino, who talked": ("listed", 200, 403, 403), "eino, of the same queue": ("", 404, 403, 403),
    "vilma, of another queue": ("", 404, 403, 403), "saana, its supervisor": ("listed", 200, 200, "shown"),
    "vera, of another queue": ("", 404, 404, ""), "ylva, of all queues": ("listed", 200, 200, "shown"),
    "aada": (403, 403, 200, "shown"), "olli": (403, 403, 403, 403), "aune": (403, 403, 403, "shown"),
}  # fmt: skip


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Counsellors and supervisors of one queue, of another and of all; one of each other role."""
    people = (
        make_staff("aino", queues=["paihde"]), make_staff("eino", queues=["paihde"]),
        make_staff("vilma", queues=["velka"]), make_staff("saana", queues=["paihde"], role="supervisor"),
        make_staff("vera", queues=["velka"], role="supervisor"),
        make_staff("ylva", role="supervisor"), make_staff("aada", role="admin"), make_staff("olli", role="operator"),
        make_staff("aune", role="auditor"),
    )  # fmt: skip
    async with still(valkey.url, tmp_path, make_site(paihde={}, velka={}), people) as made:
        yield made


async def cells(service: Service, name: str, ident: str, held: str) -> tuple[object, ...]:
    """What somebody gets of one conversation, and of the hold on another of the same queue."""
    who = await person(service, name)
    listed = await who.ask("GET", PAST)
    found: list[object] = [listed.status]
    if listed.status == 200:
        found = ["listed" if ident in {one["id"] for one in listed.body["conversations"]} else ""]
    found.append((await opens(who, ident)).status)
    found.append((await who.ask("POST", f"{PAST}/{ident}/hold/ask", {"reason": REASON})).status)
    if found[-1] == 200:
        withdrawn = await who.ask("POST", f"{PAST}/{ident}/hold/release", {"reason": REASON})
        assert (withdrawn.status, withdrawn.body["hold"]) == (200, None)
    holds = await who.ask("GET", "/sites/kunta/holds")
    shown = holds.status == 200 and held in {one["conversation"] for one in holds.body["holds"]}
    return (*found, holds.status if holds.status != 200 else "shown" if shown else "")


async def test_a_conversation_that_is_over(service: Service) -> None:
    """Each cell is as the table has it."""
    ident, held = await over(service), await over(service)
    saana = await person(service, "saana")
    assert (await saana.ask("POST", f"{PAST}/{held}/hold/ask", {"reason": REASON})).status == 200
    found = {who: await cells(service, who.partition(",")[0], ident, held) for who in MAY}
    assert found == MAY


async def test_a_wrong_cell_is_seen(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a policy that forgets queues shows, opens and lists what another supervisor has no part in."""
    ident, held = await over(service), await over(service)
    saana = await person(service, "saana")
    await saana.ask("POST", f"{PAST}/{held}/hold/ask", {"reason": REASON})
    monkeypatch.setattr("chatsvc.domain.transcripts.sees", lambda *_: True)
    assert await cells(service, "vera", ident, held) != MAY["vera, of another queue"]
