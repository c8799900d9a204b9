"""Passkeys on real stores of every shape."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatsvc.domain.errors import BadState
from chatsvc.domain.passkeys import OwnPasskeys, Passkey
from chatsvc.domain.sites import PoolId, SiteId, Staff, StaffId
from chatsvc.store import directory_keys as keys
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.passkeys import PasskeyStore

if TYPE_CHECKING:
    from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]

ANNA = Staff(StaffId("anna"), "Anna", "counsellor", "$argon2id$one", PoolId("kunta"), (SiteId("kunta"),))
EINO = replace(ANNA, id=StaffId("eino"))
ONE = Passkey(b"one", b"public", "chat.kunta.fi", "Laptop", 1_800_000_000_000, transports=("internal",))
TWO = replace(ONE, credential=b"two", name="Key")
OWN = OwnPasskeys(bytes(32), (ONE,))


@pytest.fixture
async def link(any_store: "AnyStore") -> AsyncIterator[Link]:
    opened = await Link.open(any_store.url, client_name="test")
    await Directory(opened).put_staff(ANNA)
    await Directory(opened).put_staff(EINO)
    yield opened
    await opened.close()


async def test_passkeys_are_there_until_they_or_their_account_go(link: Link) -> None:
    """Found by account and by credential; without a trace once they are removed, or the account is."""
    store, directory = PasskeyStore(link), Directory(link)
    both = replace(OWN, keys=(ONE, TWO))
    assert await store.put(ANNA.id, OWN, None)
    assert await store.put(ANNA.id, both, OWN)
    assert await store.of(ANNA.id) == both
    assert await store.everybody() == {ANNA.id: both}
    assert [await store.owner(one) for one in (b"one", b"two", b"three")] == [ANNA.id, ANNA.id, None]
    left = replace(OWN, keys=(TWO,))
    assert await store.put(ANNA.id, left, both)
    assert await store.owner(b"one") is None
    assert await store.put(ANNA.id, replace(OWN, keys=()), left)
    assert await store.of(ANNA.id) is None
    await store.put(ANNA.id, both, None)
    await store.put(EINO.id, replace(OWN, keys=(replace(ONE, credential=b"three"),)), None)
    await directory.remove_staff(ANNA.id)
    assert await store.of(ANNA.id) is None
    assert [await store.owner(one) for one in (b"one", b"two", b"three")] == [None, None, EINO.id]
    assert not await store.put(ANNA.id, OWN, None)  # an account that is gone gets none
    assert await link.call(keys.PASSKEY_IDS, "HLEN", keys.PASSKEY_IDS) == 1


async def test_of_two_changes_one_is_made(link: Link) -> None:
    """Nothing that somebody else has written meanwhile is lost; nor has a credential two owners."""
    store = PasskeyStore(link)
    changes = [OWN, replace(OWN, keys=(TWO,))]
    made = await asyncio.gather(*(store.put(ANNA.id, change, None) for change in changes))
    assert sorted(made) == [False, True]
    kept = changes[made.index(True)]
    assert await store.of(ANNA.id) == kept
    with pytest.raises(BadState):
        await store.put(EINO.id, kept, None)
    assert await store.of(EINO.id) is None


async def test_a_challenge_is_used_once(link: Link) -> None:
    """Of many at once one uses it."""
    store = PasskeyStore(link)
    used = await asyncio.gather(*(store.use("ab" * 32) for _ in range(20)))
    assert used.count(True) == 1
    assert await store.use("cd" * 32)
