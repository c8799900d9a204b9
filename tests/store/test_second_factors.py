"""Second factors on real stores of every shape."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatsvc.domain.second_factor import Factor
from chatsvc.domain.sites import PoolId, SiteId, Staff, StaffId
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.second_factors import SecondFactors

if TYPE_CHECKING:
    from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]

ANNA = Staff(StaffId("anna"), "Anna", "counsellor", "$argon2id$one", PoolId("kunta"), (SiteId("kunta"),))
FACTOR = Factor("g1", 1_800_000_000_000, (b"one", b"two"))


@pytest.fixture
async def link(any_store: "AnyStore") -> AsyncIterator[Link]:
    opened = await Link.open(any_store.url, client_name="test")
    yield opened
    await opened.close()


async def test_a_factor_is_there_until_it_or_its_account_goes(link: Link) -> None:
    """It comes back as it was written; whoever gets the same name later does not get it."""
    factors, directory = SecondFactors(link), Directory(link)
    assert await factors.of(ANNA.id) is None
    assert await factors.put(ANNA.id, FACTOR)
    assert await factors.of(ANNA.id) == FACTOR
    assert await factors.put(ANNA.id, None)
    assert await factors.of(ANNA.id) is None
    await directory.put_staff(ANNA)
    await factors.put(ANNA.id, FACTOR)
    assert await factors.everybody() == {ANNA.id}
    await directory.remove_staff(ANNA.id)
    assert await factors.of(ANNA.id) is None
    assert await factors.everybody() == set()


async def test_of_two_changes_of_the_same_factor_one_is_made(link: Link) -> None:
    """So a recovery code that is used by two at once lets one in."""
    factors = SecondFactors(link)
    await factors.put(ANNA.id, FACTOR)
    changes = [replace(FACTOR, recovery=(b"one",)), replace(FACTOR, recovery=(b"two",))]
    made = await asyncio.gather(*(factors.put(ANNA.id, change, FACTOR) for change in changes))
    assert sorted(made) == [False, True]
    assert await factors.of(ANNA.id) == changes[made.index(True)]


async def test_a_code_is_marked_once(link: Link) -> None:
    """Of many at once one marks it; another step, generation or account is another code."""
    factors = SecondFactors(link)
    marked = await asyncio.gather(*(factors.use(ANNA.id, "g1", 7) for _ in range(20)))
    assert marked.count(True) == 1
    assert await factors.use(ANNA.id, "g1", 8)
    assert await factors.use(ANNA.id, "g2", 7)
    assert await factors.use(StaffId("eino"), "g1", 7)
