"""Sessions that come from an identity provider, on real stores of every shape."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatsvc.domain.sites import PoolId, SiteId, Staff, StaffId
from chatsvc.store import directory_keys as keys
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.provider_sessions import ProviderSessions

if TYPE_CHECKING:
    from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]

ANNA = Staff(StaffId("kunta+anna"), "Neuvoja 1", "counsellor", "", PoolId("kunta"), (SiteId("kunta"),))
HOUR_MS = 3_600_000


@pytest.fixture
async def link(any_store: "AnyStore") -> AsyncIterator[Link]:
    opened = await Link.open(any_store.url, client_name="test")
    await Directory(opened).put_staff(ANNA)
    yield opened
    await opened.close()


async def test_a_session_ends_with_the_one_it_came_from(link: Link) -> None:
    """Only those; the directory's version says that something is different; what comes later from it is over too."""
    directory, sessions = Directory(link), ProviderSessions(link, HOUR_MS)
    await sessions.begin("one")
    from_one, from_two, own = [await directory.open_session(ANNA.id, sid) for sid in ("one", "two", "")]
    before = await directory.version()
    assert await sessions.end("one")
    assert await directory.version() == before + 1
    assert [await directory.staff_of_session(token) for token in (from_one, from_two, own)] == [
        None, ANNA.id, ANNA.id,
    ]  # fmt: skip
    assert not await sessions.end("never heard of")
    for sid in ("one", "never heard of"):
        await sessions.begin(sid)
        assert await directory.staff_of_session(await directory.open_session(ANNA.id, sid)) is None
    left = int(await link.call(keys.vouched("one"), "PTTL", keys.vouched("one")))
    assert 0 < left <= HOUR_MS


async def test_what_is_good_for_one_time(link: Link) -> None:
    """The first who comes has it; what it was is not in the store; it is forgotten in time."""
    sessions = ProviderSessions(link, HOUR_MS)
    assert not await sessions.used("state abc")
    assert [await sessions.first_time("state abc", 60_000) for _ in range(2)] == [True, False]
    assert await sessions.used("state abc")
    assert await sessions.first_time("state abd", 60_000)
    assert "abc" not in keys.once("state abc")
    assert 0 < int(await link.call(keys.once("state abc"), "PTTL", keys.once("state abc"))) <= 60_000


async def test_an_account_is_written_on_what_was_read(link: Link) -> None:
    """Not if anybody has changed the directory meanwhile."""
    directory = Directory(link)
    version = (await directory.load()).version
    changed = replace(ANNA, alias="Neuvoja 2")
    assert await directory.put_staff_on(changed, version)
    assert not await directory.put_staff_on(ANNA, version)
    assert (await directory.load()).people[ANNA.id] == changed
