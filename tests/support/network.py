"""A network between a browser and the server that a test can take away."""

import asyncio
import contextlib
from typing import Self


class Network:
    """Forwards TCP from a port of its own to the server's; `lose` makes it a black hole: no data, no end."""

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._there = asyncio.Event()
        self._there.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.back(keep=False)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def lose(self) -> None:
        """From now on nothing gets through."""
        self._there.clear()

    def back(self, *, keep: bool = False) -> None:
        """It is there again. As on a phone, what was open before is dead, unless `keep`."""
        if not keep:
            for writer in tuple(self._writers):
                writer.transport.abort()
        self._there.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._there.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(back)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, back))
                    group.create_task(self._pump(there, writer))
            finally:
                self._writers.discard(back)
                back.transport.abort()
        except OSError:
            return
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._there.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
