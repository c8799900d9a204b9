"""What every socket session shares: reading frames, answering mistakes, the end."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from msgspec import UNSET

from chatsvc.domain.errors import ChatError
from chatsvc.web import frames
from chatsvc.web.protocol import STRIKES, Close, Refused, Undecodable, error_frame, parse
from chatsvc.web.rfc6455 import Payload
from chatsvc.web.socket import Socket

if TYPE_CHECKING:
    from chatsvc.web.node import Node

HELLO_WITHIN_S = 10.0
IN_FLIGHT = 64  # messages of one socket that wait for the store; then its reading pauses

Work = Coroutine[Any, Any, None]

_log = structlog.get_logger("chatsvc.web")


class Connection:
    """One client's socket. Subclasses handle frames; everything they start ends with the connection."""

    types: Mapping[str, type[frames.Frame]] = {}
    who = "visitor"

    def __init__(self, node: "Node", socket: Socket) -> None:
        self.node = node
        self.socket = socket
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy = False
        self._gone = False
        self._flying = 0
        self._greeting: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The connection counts, and has ten seconds to say what it wants."""
        self._greeting = self.node.loop.call_later(HELLO_WITHIN_S, self._not_greeted)
        self.node.connections.add(self)
        self.node.metrics.connections[self.who].inc()

    def handle(self, frame: frames.Frame) -> Work | None:
        """Do what a frame asks; what takes time is returned, and the next frame waits for it. May raise ChatError."""
        raise NotImplementedError(type(frame).__name__)

    async def still_welcome(self) -> bool:
        """Whether whoever is connected may stay."""
        return True

    def rights_changed(self) -> None:
        """Whoever is connected may no longer be allowed to."""

    async def directory_changed(self) -> None:
        """What is declared has changed."""

    def depart(self) -> None:
        """The connection is gone."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """A task that ends with the connection."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def greeted(self) -> None:
        """The first frame has come in time."""
        if self._greeting is not None:
            self._greeting.cancel()
            self._greeting = None

    def end(self, code: Close) -> None:
        """Close the socket."""
        self.socket.close(code)

    def abandon(self) -> None:
        """End what it has begun beside the frames that it handles."""
        for task in tuple(self._tasks):
            task.cancel()

    def lost(self) -> None:
        """The connection is gone: end what it began."""
        self.greeted()
        self.abandon()
        self.node.connections.discard(self)
        self.node.metrics.connections[self.who].dec()
        self._gone = True
        if not self._busy:
            self.depart()

    def received(self, data: Payload) -> None:
        """One frame, as bytes."""
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
            work = self.handle(frame)
        except Exception as error:  # noqa: BLE001 - one frame must not end the conversation
            self._failed(frame, error)
            return
        if work is not None:
            self._busy = True
            self.socket.hold()
            # Seen through although the connection be lost: what was begun in the store may have happened there.
            self.node.see_through(self._finish(frame, work))

    async def tried(self, frame: frames.Frame, work: Work) -> None:
        """Do what a frame asks, and answer that frame if it fails."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(frame, error)

    async def _finish(self, frame: frames.Frame, work: Work) -> None:
        try:
            await self.tried(frame, work)
        finally:
            self._busy = False
            if self._gone:
                self.depart()
            else:
                self._go_on()

    def _failed(self, frame: frames.Frame, error: Exception) -> None:
        if not isinstance(error, ChatError):
            _log.error("frame_failed", type=type(frame).__name__, exc_info=error)
            error = ChatError("Something went wrong here; try again.")
        self.refuse(
            error, _given(frame.ref), getattr(frame, "id", None), getattr(frame, "conversation", None)
        )

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

    def take_off(self) -> None:
        """A message is on its way to the store; when too many are, the next frame waits."""
        self._flying += 1
        if self._flying >= IN_FLIGHT:
            self.socket.hold()

    def land(self) -> None:
        """A message's answer has come."""
        self._flying -= 1
        if self._flying == IN_FLIGHT - 1:
            self._go_on()

    def _go_on(self) -> None:
        if not self._busy and self._flying < IN_FLIGHT:
            self.socket.go_on()

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
