"""The plan in the store, on real stores of every shape."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from chatsvc.domain.hours import ALWAYS
from chatsvc.domain.plan import Edit, Plan, Required, SitePlan
from chatsvc.domain.shifts import Absence, AbsenceId, Override, Shift, ShiftId
from chatsvc.domain.sites import QueueKey, SiteId, StaffId
from chatsvc.domain.swaps import Swap, SwapId
from chatsvc.store.link import Link
from chatsvc.store.plans import PlanFollower, PlanStore

if TYPE_CHECKING:
    from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]

KUNTA, AINO, PAIHDE = SiteId("kunta"), StaffId("aino"), QueueKey("kunta/paihde")
NINE, THREE = datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 15)  # noqa: DTZ001 - local time
SHIFT = Shift(
    ShiftId("a"), KUNTA, AINO, (PAIHDE,), NINE, THREE, "FREQ=WEEKLY", (NINE,),
    (Override(THREE, NINE, THREE, StaffId("eino"), (PAIHDE,)),), 3,
)  # fmt: skip
ABSENCE = Absence(AbsenceId("b"), AINO, NINE, THREE)
SWAP = Swap(SwapId("c"), AINO, StaffId("eino"), (SHIFT.id, NINE), (SHIFT.id, THREE), asked_at=5)
MINIMA = (Required(2), Required(1, ALWAYS))
EDITS = (
    Edit("shifts", SHIFT.id, SHIFT), Edit("absences", ABSENCE.id, ABSENCE), Edit("swaps", SWAP.id, SWAP),
    Edit("minima", PAIHDE, MINIMA),
)  # fmt: skip


@pytest.fixture
async def link(any_store: "AnyStore") -> AsyncIterator[Link]:
    opened = await Link.open(any_store.url, client_name="test")
    yield opened
    await opened.close()


@pytest.fixture
async def plans(link: Link) -> PlanStore:
    return PlanStore(link)


async def test_an_empty_store_has_an_empty_plan(plans: PlanStore) -> None:
    """Before anything is planned there is nothing, at version 0."""
    assert await plans.load() == Plan()
    assert await plans.version() == 0


async def test_what_is_written_is_loaded(plans: PlanStore) -> None:
    """Rows of every kind come back as they were written, every field; the site's version and time with them."""
    assert await plans.write(KUNTA, EDITS, version=0, now=77) == 1
    loaded = await plans.load()
    assert loaded == Plan({KUNTA: SitePlan(KUNTA, 1, 77).edited(EDITS)}, 1)
    assert loaded.of(KUNTA).shifts == {"a": SHIFT}
    removed = [Edit(edit.kind, edit.id, None) for edit in EDITS]
    assert await plans.write(KUNTA, removed, version=1, now=78) == 2
    assert (await plans.load()).of(KUNTA) == SitePlan(KUNTA, 2, 78)


async def test_who_was_slower_writes_nothing(plans: PlanStore) -> None:
    """A change made on an older version is refused whole, also when the newer one is another site's."""
    assert await plans.write(SiteId("other"), EDITS[:1], version=0, now=1) == 1
    assert await plans.write(KUNTA, EDITS, version=0, now=2) is None
    assert (await plans.load()).of(KUNTA) == SitePlan(KUNTA)
    assert await plans.write(KUNTA, EDITS, version=1, now=2) == 1


async def test_the_same_again_is_no_change(plans: PlanStore) -> None:
    """Writing what is there already, or removing what is not, keeps version and time."""
    await plans.write(KUNTA, EDITS, version=0, now=1)
    before = await plans.load()
    assert await plans.write(KUNTA, [*EDITS, Edit("shifts", "none", None)], version=1, now=9) == 1
    assert await plans.load() == before


async def test_of_many_at_once_one_wins(plans: PlanStore) -> None:
    """Ten changes on the same version: exactly one is made."""
    results = await asyncio.gather(
        *(
            plans.write(KUNTA, [Edit("absences", f"n{number}", ABSENCE)], version=0, now=1)
            for number in range(10)
        )
    )
    assert sorted(found for found in results if found is not None) == [1]
    assert len((await plans.load()).of(KUNTA).absences) == 1


async def test_a_follower_hears_of_changes(plans: PlanStore) -> None:
    """A node's plan is fresh soon after anybody changes it."""
    news: asyncio.Queue[Plan] = asyncio.Queue()
    follower = PlanFollower(plans, news.put_nowait)
    assert await follower.start() == Plan()
    await plans.write(KUNTA, EDITS, version=0, now=1)
    async with asyncio.timeout(3):
        assert (await news.get()).version == 1
    assert follower.snapshot.of(KUNTA).shifts == {"a": SHIFT}
    await follower.stop()


async def test_an_address_leads_to_one_person(plans: PlanStore) -> None:
    """A new address ends the one before; nobody else's is touched; after revoking there is none."""
    first = await plans.create_feed(AINO, 5)
    others = await plans.create_feed(StaffId("eino"), 6)
    assert await plans.staff_of_feed(first) == "aino"
    second = await plans.create_feed(AINO, 7)
    assert await plans.staff_of_feed(first) is None
    assert await plans.staff_of_feed(second) == "aino"
    assert await plans.feed_since(AINO) == 7
    assert await plans.revoke_feed(AINO)
    assert not await plans.revoke_feed(AINO)
    assert await plans.feed_since(AINO) is None
    assert await plans.staff_of_feed(others) == "eino"


async def test_the_store_keeps_no_address(plans: PlanStore, any_store: "AnyStore") -> None:
    """Whoever reads the store finds only digests."""
    token = await plans.create_feed(AINO, 5)
    everything = b""
    with contextlib.closing(any_store.client()) as client:
        for key in client.scan_iter():
            everything += key + client.dump(key)
    assert token.encode() not in everything
    assert b"aino" in everything, "the search itself must find what is there"
