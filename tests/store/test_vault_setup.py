"""A key vault set up by the book: with the configuration that deploy/vault.md shows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatsvc.store.vault_keys import KeyGone, WrongVault
from chatsvc.store.vault_redis import RedisVault, peek
from chatsvc.store.vault_server import SETTINGS
from tests.support.ports import free_port
from tests.support.store_server import SingleStore, redis_binary, served, valkey_binary
from tests.support.vaults import MASTER, all_same

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def documented() -> str:
    """The configuration that the page shows."""
    found = re.search(r"```conf\n(.*?)```", (DEPLOY / "vault.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture(params=["valkey", "redis7"])
def by_the_book(request: pytest.FixtureRequest) -> Iterator[SingleStore]:
    """A server with that configuration."""
    binary = valkey_binary() if request.param == "valkey" else redis_binary()
    with served(SingleStore(binary, port=free_port(), config=documented())) as server:
        yield server


def test_the_page_names_every_setting_that_is_looked_at() -> None:
    """What chatsvc asks of a server stands in the page, with the value that it must have."""
    lines = [line.split(maxsplit=1) for line in documented().splitlines()]
    assert {name: value.strip('"') for name, value in lines} == {
        name: wanted for name, (wanted, _) in SETTINGS.items()
    }


async def test_a_server_by_the_book_is_a_vault(by_the_book: SingleStore) -> None:
    """It is accepted, makes nothing when it is only looked at, and can be filled again from a copy of its rows."""
    server, there = await peek(by_the_book.url, 5.0)
    assert (server.faults, server.tells, there) == ((), True, False)
    vault = await RedisVault.open(by_the_book.url, MASTER)
    made = await vault.create("kunta", "c1")
    secret = await vault.secret("tokens")
    await vault.create("kunta", "c2")
    await vault.shred("c2")
    rows = await vault.rows()
    await vault.close()
    with pytest.raises(WrongVault, match="or a part of one"):
        await RedisVault.open(by_the_book.url, MASTER, rows=rows)
    by_the_book.flush()
    again = await RedisVault.open(by_the_book.url, MASTER, rows=rows)
    assert all_same(made, await again.fetch("c1"))
    assert await again.secret("tokens") == secret
    with pytest.raises(KeyGone):
        await again.fetch("c2")
    await again.close()
