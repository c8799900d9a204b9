"""A key vault on a server with the shipped users: `chatsvc-vault` may do what a vault needs, and the others nothing."""

import contextlib
from collections.abc import Iterator

import pytest
import redis

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store.vault_keys import KeyGone
from chatsvc.store.vault_redis import RedisVault
from tests.support.guarded_store import GuardedStore, make_users
from tests.support.store_server import redis_binary, served, valkey_binary
from tests.support.vaults import CONFIG, MASTER, all_same

NEW_MASTER = bytes(range(32, 64))
FORBIDDEN: list[list[str | int]] = [
    ["KEYS", "*"], ["MONITOR"], ["FLUSHALL"], ["CONFIG", "SET", "save", "1 1"], ["SYNC"], ["SUBSCRIBE", "x"],
    ["HGET", "chatsvc:{kunta}:conv", "x"], ["EVAL", "return 1", 0],
]  # fmt: skip


@pytest.fixture(scope="module", params=[valkey_binary, redis_binary], ids=["valkey", "redis7"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GuardedStore]:
    """A server for a vault, with the shipped settings and no other user than the vault's."""
    folder = tmp_path_factory.mktemp("chatsvc-vault")
    make_users(folder, "chatsvc-vault")
    with served(GuardedStore(request.param(), folder, more=CONFIG)) as server:
        yield server


async def test_a_vault_works_with_its_user(server: GuardedStore) -> None:
    """Keys are made, fetched, wrapped anew and destroyed, and the server refuses nothing."""
    vault = await RedisVault.open(server.url_of("chatsvc-vault"), MASTER)
    made = await vault.create("kunta", "c1")
    await vault.secret("s")
    assert await vault.rotate(NEW_MASTER)
    assert all_same(await vault.fetch("c1"), made)
    assert (await vault.rows()).vault_id == vault.vault_id
    assert await vault.shred("c1", ["talk"])
    assert await vault.shred("c1")
    with pytest.raises(KeyGone):
        await vault.fetch("c1")
    await vault.close()
    assert server.refusals() == []


async def test_nobody_else_comes_to_the_keys(server: GuardedStore) -> None:
    """The store's user does not exist there, and the vault's own can't list, watch or empty."""
    url = server.url_of("chatsvc-vault")
    with pytest.raises(VaultUnavailable, match="refuses the login"):
        await RedisVault.open(url.replace("chatsvc-vault", "chatsvc"), MASTER, within_s=0.5)
    client = redis.Redis(
        port=server.port, username="chatsvc-vault", password=server.password("chatsvc-vault")
    )
    with contextlib.closing(client):
        for command in FORBIDDEN:
            with pytest.raises(redis.ResponseError, match=r"(?i)no permissions"):
                client.execute_command(*command)  # type: ignore[no-untyped-call]
