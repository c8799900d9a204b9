"""Many counsellors, many visitors, two nodes, one instant."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.support.people import Counsellor, Visitor
from tests.support.processes import Deployment, deployed
from tests.support.service import make_site, make_staff

pytestmark = pytest.mark.process
STAFF, VISITORS, CAPACITY = 8, 200, 22


async def _joined(deployment: Deployment) -> list[Visitor]:
    visitors = [
        Visitor(deployment.http, deployment.urls("visitor", number % 2)) for number in range(VISITORS)
    ]
    for visitor in visitors:
        await visitor.joined()
    return visitors


async def _take_all(counsellor: Counsellor) -> list[str]:
    """Take, as fast as answers come, until refused."""
    taken: list[str] = []
    for number in range(VISITORS):
        await counsellor.send("take", ref=number)
        answer = await counsellor.until(
            lambda number=number: next((f for f in counsellor.frames[-20:] if f.get("ref") == number), None)  # type: ignore[misc]  # bound now
        )
        if answer["type"] == "error":
            assert answer["code"] in ("at_capacity", "nothing_waiting")
            return taken
        taken.append(answer["conversation"]["id"])
    return taken


async def test_eight_counsellors_take_from_two_hundred(tmp_path: Path) -> None:
    """Each visitor has exactly one owner, each of the counsellors as many as they can carry and no more."""
    people = [make_staff(f"w{number}", CAPACITY) for number in range(STAFF)]
    site = make_site(paihde={"waiting_limit": VISITORS})
    async with deployed(tmp_path, site=site, people=people) as deployment:
        staff = [
            Counsellor(deployment.http, deployment.urls("counsellor", number % 2), token)
            for number, token in enumerate(deployment.tokens.values())
        ]
        await asyncio.gather(*(counsellor.on_duty() for counsellor in staff))
        visitors = await _joined(deployment)
        taken = await asyncio.gather(*(_take_all(counsellor) for counsellor in staff))
        owners = Counter(conversation for mine in taken for conversation in mine)
        assert max(owners.values()) == 1
        assert [len(mine) for mine in taken] == [CAPACITY] * STAFF
        for counsellor in staff:
            assert max(frame["load"] for frame in counsellor.frames if frame["type"] == "duty") <= CAPACITY
        chosen = [visitor for visitor in visitors if visitor.conversation in owners]
        await asyncio.gather(*(visitor.expect("active") for visitor in chosen))
        assert sum(visitor.state == "active" for visitor in visitors) == STAFF * CAPACITY
        for person in (*visitors, *staff):
            await person.close()
