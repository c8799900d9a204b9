"""A client of our own for tests: speaks both subprotocols, remembers every frame, waits for events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgpack

JSON, MSGPACK = "chatsvc.v1.json", "chatsvc.v1.msgpack"
WITHIN_S = 10.0

Frame = dict[str, Any]


class Gone(Exception):
    """The server closed the socket; `code` and `reason` are what it said."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(f"closed with {code} {reason}")
        self.code = code
        self.reason = reason


class Client:
    """One socket. `frames` is everything that came; `expect` waits for what has not been taken yet."""

    def __init__(self, ws: "aiohttp.ClientWebSocketResponse[Any]", subprotocol: str) -> None:
        self.ws = ws
        self.subprotocol = subprotocol
        self.frames: list[Frame] = []
        self._new: list[Frame] = []
        self._arrived = asyncio.Event()
        self.closed: asyncio.Future[Gone] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())

    async def send(self, type_: str, **fields: Any) -> None:
        """Send one frame; keyword `from_` style names are not needed: clients send none."""
        await self.send_raw({"type": type_, **fields})

    async def send_raw(self, frame: Any) -> None:
        """Send any object as this subprotocol encodes it."""
        if self.subprotocol == JSON:
            await self.ws.send_str(json.dumps(frame))
        else:
            await self.ws.send_bytes(msgpack.packb(frame))

    async def expect(self, type_: str, within_s: float = WITHIN_S, **fields: Any) -> Frame:
        """The first frame of this type with these fields that nobody has taken yet. Raises Gone, TimeoutError."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for frame in self._new:
                        if frame["type"] == type_ and all(
                            frame.get(key) == value for key, value in fields.items()
                        ):
                            self._new.remove(frame)
                            return frame
                    if self.closed.done():
                        raise self.closed.result()
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            seen = [frame["type"] for frame in self.frames][-12:]
            raise TimeoutError(
                f"no {type_} {sorted(fields)} within {within_s} s; the last frames were {seen}"
            ) from None

    async def ask(self, type_: str, reply: str = "ok", **fields: Any) -> Frame:
        """Send a frame with a `ref` and wait for its typed reply."""
        ref = fields.setdefault("ref", f"r{len(self.frames)}-{type_}")
        await self.send(type_, **fields)
        return await self.expect(reply, ref=ref)

    def of(self, type_: str) -> list[Frame]:
        """All frames of a type so far."""
        return [frame for frame in self.frames if frame["type"] == type_]

    async def gone(self, within_s: float = WITHIN_S) -> Gone:
        """Wait until the server has closed the socket."""
        return await asyncio.wait_for(asyncio.shield(self.closed), within_s)

    async def close(self) -> None:
        """Close in order."""
        await self.ws.close()
        await self._reader

    def drop(self) -> None:
        """Lose the connection without a word."""
        transport = self.ws.get_extra_info("socket")
        assert transport is not None
        connection = self.ws._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()

    async def _read(self) -> None:
        reason = ""
        try:
            while True:
                message = await self.ws.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._keep(json.loads(message.data))
                elif message.type is aiohttp.WSMsgType.BINARY:
                    self._keep(msgpack.unpackb(message.data))
                else:
                    reason = message.extra or ""
                    break
        finally:
            if not self.closed.done():
                self.closed.set_result(Gone(self.ws.close_code, str(reason)))
            self._arrived.set()

    def _keep(self, frame: Frame) -> None:
        self.frames.append(frame)
        self._new.append(frame)
        self._arrived.set()


@asynccontextmanager
async def connected(
    http: aiohttp.ClientSession,
    url: str,
    *,
    subprotocol: str = JSON,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> AsyncIterator[Client]:
    """A client connected to `url`, closed at the end."""
    async with http.ws_connect(
        url, protocols=(subprotocol,), headers=headers or {}, compress=0, **more
    ) as ws:
        client = Client(ws, subprotocol)
        try:
            yield client
        finally:
            client._reader.cancel()
