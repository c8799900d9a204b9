"""The load generator: a process of its own that is told on standard input what to do and answers with JSON lines.

`{"plan": …}` connects; `{"run": seconds, "most": messages}` talks at full speed and waits until all is delivered.
"""

import asyncio
import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from loadtest.crowds import Plan, gather_crowd
from loadtest.invariants import Broken
from loadtest.talkers import Talker
from loadtest.websocket import Closed

SETTLE_WITHIN_S = 60.0
CONNECT_WITHIN_S = 60.0


class Generator:
    """The people of one system."""

    def __init__(self) -> None:
        self._talkers: list[Talker] = []
        self._failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do one order and report."""
        if "plan" in order:
            plan = order["plan"]
            async with asyncio.timeout(CONNECT_WITHIN_S):
                self._talkers = await gather_crowd(
                    Plan(**{**plan, "ports": tuple(plan["ports"]), "tokens": tuple(plan["tokens"])})
                )
            gc.collect()
            gc.freeze()
            return {"people": len(self._talkers)}
        return await self._run(order["run"], order["most"])

    def failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A broken promise that a protocol's callback noticed."""
        error = context.get("exception")
        if not self._failure.done():
            self._failure.set_result(str(error) if isinstance(error, Broken) else f"{context}")

    async def _run(self, seconds: float, most: int) -> dict[str, Any]:
        before = self._delivered()
        wall, busy, ready = time.monotonic(), cpu_seconds(), waited_for_cpu()
        for talker in self._talkers:
            talker.go()
        deadline = wall + seconds
        while time.monotonic() < deadline and self._delivered() - before < most:
            await self._watch(0.05)
        for talker in self._talkers:
            talker.going = False
        await self._settled()
        wall = time.monotonic() - wall
        return {
            "delivered": self._delivered() - before,
            "seconds": wall,
            "cpu": cpu_seconds() - busy,
            "ready": waited_for_cpu() - ready,
        }

    def _delivered(self) -> int:
        return sum(talker.direction.delivered for talker in self._talkers)

    async def _settled(self) -> None:
        deadline = time.monotonic() + SETTLE_WITHIN_S
        while owed := [talker for talker in self._talkers if not talker.direction.settled]:
            if time.monotonic() > deadline:
                raise Broken(owed[0].direction.missing())
            await self._watch(0.002)

    async def _watch(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._failure.done():
            raise Broken(self._failure.result())
        for talker in self._talkers:
            if talker.client is not None and talker.client.over.done():
                raise Broken(f"{talker.direction.name}: {talker.client.over.result()}")


def cpu_seconds() -> float:
    """What this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def waited_for_cpu() -> float:
    """How long this process was ready to run but had no core, in seconds (the second field of schedstat)."""
    return int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9


async def _serve() -> None:
    generator = Generator()
    asyncio.get_running_loop().set_exception_handler(generator.failed)
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            answer = await generator.obey(json.loads(line))
        except (Broken, Closed, OSError, TimeoutError) as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    gc.disable()
    uvloop.run(_serve())
