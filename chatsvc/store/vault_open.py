"""The key vault of a deployment: a file, or a server of its own."""

from pathlib import Path

from chatsvc.store.link import Link
from chatsvc.store.vault import SqliteVault
from chatsvc.store.vault_keys import MasterKeys, Vault
from chatsvc.store.vault_redis import RedisVault

A_KEY_OF_THE_STORE = "chatsvc:{dir}:clock"


async def open_vault(
    path: Path, url: str, master_key: bytes | MasterKeys, *, store: Link | None = None
) -> Vault:
    """The vault at `url`, or where that is empty, the file. It must be another server than `store`.

    Raises WrongVault, VaultUnavailable.
    """
    if not url:
        return await SqliteVault.open(path, master_key)
    return await RedisVault.open(url, master_key, apart_from=run_ids(store))


def run_ids(store: Link | None) -> list[str]:
    """The names of the store's lives, now and later: no vault may be one of them."""
    found: list[str] = []
    if store is not None:
        store.on_run_id(A_KEY_OF_THE_STORE, found.append)
    return found
