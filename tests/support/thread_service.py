"""A service on an event loop of its own, for tests that make their requests without one."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from chatsvc.domain.sites import Site, Staff
from tests.support.service import Service, running

STARTS_WITHIN_S = 30.0
Result = TypeVar("Result")


@dataclass(slots=True)
class Elsewhere:
    """The service, and the loop on which it lives."""

    service: Service
    loop: asyncio.AbstractEventLoop

    def do(self, work: Callable[[Service], Awaitable[Result]]) -> Result:
        """Do something with the service, where it lives."""

        async def step() -> Result:
            return await work(self.service)

        return asyncio.run_coroutine_threadsafe(step(), self.loop).result(STARTS_WITHIN_S)


@contextmanager
def running_elsewhere(
    store_url: str, folder: Path, site: Site, people: Sequence[Staff]
) -> Iterator[Elsewhere]:
    """A node with a worker, on a thread of its own; over when the block ends."""
    ready: Future[Elsewhere] = Future()
    stop = threading.Event()

    async def live() -> None:
        async with running(store_url, folder, site, people) as service:
            ready.set_result(Elsewhere(service, asyncio.get_running_loop()))
            await asyncio.to_thread(stop.wait)

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
                return
            raise

    thread = threading.Thread(target=run, name="service")
    thread.start()
    try:
        yield ready.result(STARTS_WITHIN_S)
    finally:
        stop.set()
        thread.join(STARTS_WITHIN_S)
