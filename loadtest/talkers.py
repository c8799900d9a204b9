"""People who write as fast as they are answered: a window of messages each is on its way all the time."""

import asyncio
from typing import Any, Final

import msgspec

from loadtest.invariants import Broken, Direction, LogOrder
from loadtest.websocket import WebSocketClient

MESSAGE_BYTES: Final = 120
DIGITS: Final = 8
_PAD: Final = b"x" * (MESSAGE_BYTES - DIGITS)


class Talker:
    """Writes over one socket while it is `going`, and keeps `window` messages unanswered."""

    def __init__(self, direction: Direction, window: int) -> None:
        self.direction = direction
        self.going = False
        self.client: WebSocketClient | None = None
        self._window = window

    def go(self) -> None:
        """Begin to write."""
        self.going = True
        for _ in range(self._window):
            self._write()

    def answered(self) -> None:
        """One message fewer is on its way: write the next."""
        if self.going:
            self._write()

    def _write(self) -> None:
        assert self.client is not None
        self.client.send(self.frame(self.direction.send()))

    def frame(self, number: int) -> bytes:
        """The frame that says message `number`."""
        raise NotImplementedError


class EchoTalker(Talker):
    """Talks with a bare echo server: the yardstick."""

    def frame(self, number: int) -> bytes:
        """The message and nothing else."""
        return b"%08d" % number + _PAD

    def heard(self, payload: bytes) -> None:
        """The message, back again: stored nowhere, delivered to oneself."""
        if len(payload) != MESSAGE_BYTES:
            raise Broken(f"{self.direction.name}: an echo of {len(payload)} bytes")
        number = int(payload[:DIGITS])
        self.direction.ack(number)
        self.direction.deliver(number)
        self.answered()


class Heard(msgspec.Struct):
    """What the load client reads of a server's frame."""

    type: str
    seq: int = 0
    id: str = ""
    text: str | None = None
    conversation: Any = None
    code: str | None = None


_decoder = msgspec.msgpack.Decoder(Heard)
encode = msgspec.msgpack.Encoder().encode


class ChatTalker(Talker):
    """A visitor or a counsellor in one conversation."""

    def __init__(self, direction: Direction, back: Direction, window: int) -> None:
        """`back` is what the other one writes."""
        super().__init__(direction, window)
        self._back = back
        self._log = LogOrder(direction.name)
        self._head = self._middle = b""
        self._tail = _PAD
        self._waiting: dict[str, asyncio.Future[Heard]] = {}

    def name_frames(self, conversation: str | None) -> None:
        """Lay out the frame of `say`; a counsellor names the conversation."""
        number = "0" * DIGITS
        more = {} if conversation is None else {"conversation": conversation}
        whole = encode({"type": "say", "id": number, "text": number + _PAD.decode(), **more})
        self._head, self._middle, tail = whole.split(number.encode())
        self._tail = tail

    def frame(self, number: int) -> bytes:
        """A `say`; id and text carry the number."""
        return b"%b%08d%b%08d%b" % (self._head, number, self._middle, number, self._tail)

    async def expect(self, type_: str) -> Heard:
        """The next frame of this type; ask before it can come. Raises Closed, TimeoutError."""
        assert self.client is not None
        waiting = self._waiting[type_] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(30):
            await asyncio.wait({waiting, self.client.over}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise self.client.over.result()
        frame: Heard = waiting.result()
        return frame

    def heard(self, payload: bytes) -> None:
        """Any frame of the server."""
        frame = _decoder.decode(payload)
        if frame.type == "ack":
            self._log.saw(frame.seq)
            self.direction.ack(int(frame.id))
            self.answered()
        elif frame.type == "entry":
            self._log.saw(frame.seq)
            if frame.text is not None:
                self._delivered(frame)
        elif frame.type == "error":
            raise Broken(f"{self.direction.name}: the server answered `error` {frame.code}")
        elif (waiting := self._waiting.pop(frame.type, None)) is not None:
            waiting.set_result(frame)

    def _delivered(self, frame: Heard) -> None:
        assert frame.text is not None
        if frame.text[:DIGITS] != frame.id or len(frame.text) != MESSAGE_BYTES:
            raise Broken(f"{self._back.name}: message {frame.id} has another text")
        self._back.deliver(int(frame.id))


class SocketIoTalker(Talker):
    """One of two in a room of python-socketio, over Engine.IO 4's WebSocket framing."""

    def __init__(self, direction: Direction, back: Direction, window: int) -> None:
        super().__init__(direction, window)
        self._back = back
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def frame(self, number: int) -> bytes:
        """The event `say`, with an acknowledgement wanted."""
        return b'42%d["say",{"id":"%08d","text":"%08d%b"}]' % (number, number, number, _PAD)

    def heard(self, payload: bytes) -> None:
        """Any packet: Engine.IO's type, then Socket.IO's."""
        if payload.startswith(b"43"):
            self.direction.ack(int(payload[2 : payload.index(b"[")]))
            self.answered()
        elif payload.startswith(b"42"):
            _, entry = msgspec.json.decode(payload[2:])
            if entry["text"][:DIGITS] != entry["id"] or len(entry["text"]) != MESSAGE_BYTES:
                raise Broken(f"{self._back.name}: message {entry['id']} has another text")
            self._back.deliver(int(entry["id"]))
        elif payload == b"2" and self.client is not None:
            self.client.send(b"3")
        elif payload.startswith(b"40"):
            self.joined.set_result(None)
