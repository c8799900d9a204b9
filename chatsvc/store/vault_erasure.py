"""Erasing from the files of a Redis vault: what was deleted is gone once the log has been rewritten without it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store.resp import StoreRefused
from chatsvc.store.vault_server import Ask, Info, read_info

LOOK_FIRST_S: Final = 0.01
LOOK_MOST_S: Final = 0.25
WITHIN_S: Final = 120.0
"""How long to wait for a rewrite; a gigabyte takes about ten seconds."""
MOST_FAILURES: Final = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the server is: `begun` counts the rewrites that this life of it has begun."""

    run_id: str
    begun: int
    busy: bool
    failed: bool

    @classmethod
    def of(cls, info: Info) -> "Progress":
        """From INFO. Raises VaultUnavailable where it does not say."""
        try:
            busy = info["aof_rewrite_in_progress"] != "0" or info["aof_rewrite_scheduled"] != "0"
            # Counted before the child is forked, as of Redis 7.0 (aof.c, rewriteAppendOnlyFileBackground).
            begun = int(info["aof_rewrites"])
            return cls(info["run_id"], begun, busy, info["aof_last_bgrewrite_status"] != "ok")
        except KeyError as missing:
            raise VaultUnavailable(
                f"The key vault's server does not tell {missing} in INFO, so nothing can be reported as erased."
            ) from None

    def serves(self, mark: "Progress") -> bool:
        """Whether a rewrite that began after `mark` is finished, and nothing is being written just now."""
        return self.run_id == mark.run_id and self.begun > mark.begun and not self.busy and not self.failed


@dataclass(eq=False, slots=True)
class _Waiter:
    """Somebody who deleted something; `mark` is how far the server was at some time after that."""

    until: float
    done: asyncio.Future[None]
    mark: Progress | None = field(default=None)


class Erasure:
    """Has the log rewritten; one rewrite serves all whose deletions came before its beginning."""

    def __init__(self, ask: Ask, check: Callable[[], Awaitable[None]]) -> None:
        """`ask` sends one command; `check` raises VaultUnavailable when the server is no vault any more."""
        self._ask = ask
        self._check = check
        self._waiting: list[_Waiter] = []
        self._task: asyncio.Task[None] | None = None

    async def finished(self) -> None:
        """Return once a rewrite that begins from now on is finished. Raises VaultUnavailable: not erased yet."""
        loop = asyncio.get_running_loop()
        waiter = _Waiter(loop.time() + WITHIN_S, loop.create_future())
        self._waiting.append(waiter)
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._run(), name="vault erasure")
        await waiter.done

    async def close(self) -> None:
        """Stop waiting."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._refuse("The key vault is closed.")

    async def _run(self) -> None:
        why = "it could not be seen through"
        try:
            await self._see_through()
        except (VaultUnavailable, StoreRefused) as error:
            why = str(error).rstrip(".")
        finally:
            self._refuse(f"Deleted in the key vault, but not erased from its files yet: {why}.")

    async def _see_through(self) -> None:
        delay, failures = LOOK_FIRST_S, 0
        await self._check()
        while self._waiting:
            asked = await self._look()
            if asked:
                delay, failures = LOOK_FIRST_S, failures + (asked == "again")
            if failures > MOST_FAILURES:
                raise VaultUnavailable("it failed to rewrite its log; see its disk and its own log")
            await asyncio.sleep(delay)
            delay = min(delay * 1.5, LOOK_MOST_S)

    async def _look(self) -> str:
        """See who can be told; have the log rewritten if nobody does so already. Whether that was asked for."""
        present = list(self._waiting)  # who comes while we look has deleted later than what we see
        now = Progress.of(read_info(await self._ask("INFO", "everything")))
        failed = False
        for waiter in present:
            if waiter.mark is None or waiter.mark.run_id != now.run_id:
                waiter.mark = now
            elif now.serves(waiter.mark):
                self._tell(waiter)
            failed |= now.failed and now.begun > waiter.mark.begun and not now.busy
        self._give_up()
        if now.busy or not self._waiting:
            return ""
        try:
            await self._ask("BGREWRITEAOF")
        except StoreRefused as error:
            if error.code != "ERR":
                raise  # not allowed; ERR is said when another has begun meanwhile, and shows in the next look
        return "again" if failed else "asked"

    def _tell(self, waiter: _Waiter) -> None:
        self._waiting.remove(waiter)
        if not waiter.done.done():
            waiter.done.set_result(None)

    def _give_up(self) -> None:
        now = asyncio.get_running_loop().time()
        late = [waiter for waiter in self._waiting if waiter.done.done() or waiter.until <= now]
        self._refuse(f"The key vault has not rewritten its log in {WITHIN_S:.0f} s; try again.", late)

    def _refuse(self, why: str, waiters: list[_Waiter] | None = None) -> None:
        for waiter in list(self._waiting) if waiters is None else waiters:
            self._waiting.remove(waiter)
            if not waiter.done.done():
                waiter.done.set_exception(VaultUnavailable(why))
