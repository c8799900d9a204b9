"""A proxy between a client and a store that can lose replies, go silent, or break the connection."""

import asyncio
import contextlib
from typing import Self

from tests.support.ports import free_port


class StoreProxy:
    """Listens on a TCP port and passes everything on, until told otherwise."""

    def __init__(self, target: str | int) -> None:
        """`target`: a unix socket's path, or a port on loopback."""
        self.port = free_port()
        self.swallowing = False
        self.swallowed = asyncio.Event()
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """For `Link.open`."""
        return f"redis://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        self.break_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def swallow_replies(self) -> None:
        """From now on commands reach the store and replies are lost; `swallowed` is set with the first."""
        self.swallowing = True
        self.swallowed.clear()

    def break_all(self) -> None:
        """Cuts every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(self._target, str):
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        else:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, far_writer}
        for task in (
            asyncio.create_task(self._pass_on(reader, far_writer, replies=False)),
            asyncio.create_task(self._pass_on(far_reader, writer, replies=True)),
        ):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, replies: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if replies and self.swallowing:
                    self.swallowed.set()
                    continue
                writer.write(data)
                await writer.drain()
        writer.close()
