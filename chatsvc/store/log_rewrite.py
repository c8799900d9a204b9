"""What was deleted leaves the store's append-only files when they are rewritten: each day, and when a site has left."""

import asyncio
from collections.abc import Iterable
from typing import Final

from chatsvc.domain.errors import NotRewritten, VaultUnavailable
from chatsvc.store.directory_keys import ABOUT
from chatsvc.store.link import Link, StoreRefused
from chatsvc.store.vault_erasure import Progress
from chatsvc.store.vault_server import read_info

EVERY_MS: Final = 86_400_000
"""As long as a backup of the vault lives: after that nobody reads what was deleted, text or not."""
WITHIN_S: Final = 120.0
"""How long to wait for a rewrite; a gigabyte takes about ten seconds."""
LOOK_S: Final = 0.2
FIELD: Final = "rewritten"
"""Of the directory's `about`: when (ms) all logs were last begun to be rewritten, and that ended well."""


class StoreLogs:
    """The append-only files of the store's servers: of one, or of each shard of a cluster."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def rewrite_if_due(self, homes: Iterable[str], now: int) -> int:
        """Rewrite the logs of the servers that have these keys, if that is a day ago; gives how many servers.

        Safe at any time, again, after a crash and by several workers. Raises NotRewritten, StoreUnavailable.
        """
        last = await self._link.call(ABOUT, "HGET", ABOUT, FIELD)
        if last is not None and now - EVERY_MS < int(last) <= now:
            return 0
        done = 0 if last is None else await self.rewrite(homes)  # in a new store nothing is deleted yet
        await self._link.call(ABOUT, "HSET", ABOUT, FIELD, now)
        return done

    async def rewrite(self, homes: Iterable[str]) -> int:
        """Rewrite the logs of the servers that have these keys, each once, without what was deleted; gives how many.

        Raises NotRewritten, StoreUnavailable.
        """
        done: set[str] = set()
        for home in homes:
            try:
                if (run_id := await self._run_id(home)) not in done:
                    await self._see_through(home)
                    done.add(run_id)
            except StoreRefused as error:
                raise NotRewritten(
                    f"The store does not let chatsvc rewrite its append-only file ({error.code}), which still holds "
                    "what was deleted. Allow its user +bgrewriteaof, or have somebody else send BGREWRITEAOF every day "
                    "(deploy/store/README.md)."
                ) from None
            except VaultUnavailable:  # INFO says less than it must
                raise NotRewritten(
                    "The store does not tell how its append-only file stands, so nobody knows when what was deleted "
                    "leaves it. Have BGREWRITEAOF sent every day (deploy/store/README.md)."
                ) from None
        return len(done)

    async def _run_id(self, home: str) -> str:
        return (await self._info(home)).get("run_id", "")

    async def _info(self, home: str) -> dict[str, str]:
        return dict(read_info(await self._link.call(home, "INFO", "everything")))

    async def _see_through(self, home: str) -> None:
        """Return once a rewrite that begins from now on has ended well, or at once where there is no log."""
        mark: Progress | None = None
        try:
            async with asyncio.timeout(WITHIN_S):
                while (info := await self._info(home)).get("aof_enabled") != "0":
                    now = Progress.of(info)
                    if mark is None or mark.run_id != now.run_id:
                        mark = now
                    elif now.serves(mark):
                        return
                    elif now.failed and now.begun > mark.begun and not now.busy:
                        raise NotRewritten(
                            "The store failed to rewrite its log; see its disk and its own log."
                        )
                    if not now.busy:
                        await self._ask(home)
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise NotRewritten(
                f"The store has not rewritten its log in {WITHIN_S:.0f} s; try again."
            ) from None

    async def _ask(self, home: str) -> None:
        try:
            await self._link.call(home, "BGREWRITEAOF")
        except StoreRefused as error:
            if error.code != "ERR":
                raise  # not allowed; ERR is said when another has begun meanwhile, and shows in the next look
