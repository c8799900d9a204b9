"""A key vault on a server of its own, and what people notice when it is away."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store.vault_keys import KeyGone
from tests.support.service import MASTER_KEY, running
from tests.support.store_server import SingleStore, served, valkey_binary
from tests.support.vaults import CONFIG


@pytest.fixture
def vault_server() -> Iterator[SingleStore]:
    with served(SingleStore(valkey_binary(), config=CONFIG)) as server:
        yield server


async def test_who_talks_goes_on_and_who_comes_is_told(
    valkey: SingleStore, vault_server: SingleStore, tmp_path: Path
) -> None:
    """Present conversations go on from the node's memory, newcomers hear that it can't be now, nothing is in clear."""
    async with running(valkey.url, tmp_path, vault_url=vault_server.url, master_key=MASTER_KEY) as service:
        visitor, counsellor, ident = await service.talking("aino")
        vault_server.kill()
        await visitor.send("say", id="m1", text="still here")
        assert (await counsellor.expect("entry", id="m1"))["text"] == "still here"
        newcomer = await service.visitor()
        await newcomer.send("hello", site="kunta", queue="paihde", lang="fi", want_token=True)
        assert (await newcomer.expect("unavailable"))["reason"] == "refused"
        await asyncio.to_thread(vault_server.start)
        async with asyncio.timeout(20):
            while True:
                try:
                    await service.backend.vault.fetch("nobody's")
                except KeyGone:
                    break
                except VaultUnavailable:
                    await asyncio.sleep(0.05)
        _, welcome = await service.joined()
        assert welcome["conversation"] != ident
        await visitor.ask("erase")
        await visitor.expect("closed", reason="erased")
        with pytest.raises(KeyGone):
            await service.backend.vault.fetch(ident)
