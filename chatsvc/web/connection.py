"""What every socket session shares: reading frames, answering mistakes, the end."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import WSMsgType
from msgspec import UNSET

from chatsvc.domain.errors import ChatError
from chatsvc.web import frames
from chatsvc.web.protocol import STRIKES, Close, Refused, Undecodable, error_frame, parse
from chatsvc.web.socket import Socket

if TYPE_CHECKING:
    from chatsvc.web.node import Node

HELLO_WITHIN_S = 10.0
NEVER_SENT = frozenset({1005, 1006, 1015})  # RFC 6455, 7.4.1: they stand for what was not said
IN_FLIGHT = 64  # messages of one socket that wait for the store; then its reading pauses

_log = structlog.get_logger("chatsvc.web")


class Connection:
    """One client's socket. Subclasses handle frames; everything they start ends with the connection."""

    types: Mapping[str, type[frames.Frame]] = {}
    who = "visitor"

    def __init__(self, node: "Node", socket: Socket) -> None:
        self.node = node
        self.socket = socket
        self._tasks: set[asyncio.Task[None]] = set()
        self._flying = 0
        self._landed = asyncio.Event()
        self._greeting = asyncio.get_running_loop().call_later(HELLO_WITHIN_S, self._not_greeted)

    async def handle(self, frame: frames.Frame) -> None:
        """Do what a frame asks. May raise ChatError."""
        raise NotImplementedError(type(frame).__name__)

    async def still_welcome(self) -> bool:
        """Whether whoever is connected may stay."""
        return True

    async def depart(self) -> None:
        """The connection is gone."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """A task that ends with the connection."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def greeted(self) -> None:
        """The first frame has come in time."""
        self._greeting.cancel()

    def end(self, code: Close) -> None:
        """Close the socket."""
        self.socket.close(code)

    async def run(self) -> None:
        """Read until the end."""
        try:
            while await self._read_one():
                pass
        finally:
            self._greeting.cancel()
            self.socket.release()
            for task in tuple(self._tasks):
                task.cancel()
            await self.depart()

    async def _read_one(self) -> bool:
        message = await self.socket.ws.receive()
        kind = message.type
        self.socket.heard = self.node.loop.time()
        if kind is self.socket.accepts:
            await self._on_frame(message.data)
        elif kind in (WSMsgType.TEXT, WSMsgType.BINARY):
            self.socket.close(Close.UNSUPPORTED, text="wrong kind of frame for this subprotocol")
        elif kind is WSMsgType.PING:
            self.socket.pong(message.data)
        elif kind is WSMsgType.CLOSE:
            if message.data in NEVER_SENT:
                self.socket.close(Close.PROTOCOL, text="this close code is never sent")
            else:
                self.socket.echo_close(message.data)
            return False
        elif kind is not WSMsgType.PONG:
            return False
        return True

    async def _on_frame(self, data: bytes) -> None:
        if self.socket.closed is not None:
            return
        try:
            frame = parse(self.socket.decode, data, self.types)
        except Undecodable:
            self.node.metrics.refused("protocol_error")
            self.socket.close(Close.PROTOCOL_ERROR, text="not one map with a string `type`")
            return
        except Refused as refused:
            self.refuse(refused.error, refused.ref, refused.id, refused.conversation, refused.field)
            return
        try:
            await self.handle(frame)
            if isinstance(frame, frames.Typing | frames.Seen):
                self.acknowledge(frame)
        except ChatError as error:
            self.refuse(
                error, _given(frame.ref), getattr(frame, "id", None), getattr(frame, "conversation", None)
            )
        except Exception:  # noqa: BLE001 - one frame must not end the conversation
            _log.exception("frame_failed", type=type(frame).__name__)
            self.refuse(ChatError("Something went wrong here; try again."), _given(frame.ref))

    def refuse(
        self,
        error: ChatError,
        ref: Any = None,
        ident: Any = None,
        conversation: Any = None,
        field: str | None = None,
    ) -> None:
        """Answer a mistake or a failure; too many mistakes close the socket."""
        self.node.metrics.refused(error.code)
        self.socket.send(error_frame(error, ref, ident, conversation, field))
        if error.code in STRIKES:
            self.socket.strike()

    def acknowledge(self, frame: frames.Frame) -> None:
        """`ok`, where the client asked for an answer and there is no typed one."""
        if frame.ref is not UNSET:
            self.socket.send(frames.Ok(ref=frame.ref))

    async def take_off(self) -> None:
        """Wait until another message may be on its way to the store."""
        while self._flying >= IN_FLIGHT:
            self._landed.clear()
            await self._landed.wait()
        self._flying += 1

    def land(self) -> None:
        """A message's answer has come."""
        self._flying -= 1
        self._landed.set()

    def _not_greeted(self) -> None:
        self.socket.close(Close.PROTOCOL_ERROR, text="no hello within 10 s")

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("session_task_failed", exc_info=error)


class UnknownFrame(ChatError):
    """There is no frame of this type here."""

    code = "unknown_type"


def _given(ref: Any) -> Any:
    return None if ref is UNSET else ref
