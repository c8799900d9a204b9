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
    """Writes over one socket while it is `going`, and keeps `window` messages on their way.

    A message is on its way until it is acknowledged and delivered: nobody runs ahead of the one who reads.
    """

    def __init__(self, direction: Direction, window: int) -> None:
        self.direction = direction
        self.going = False
        self.client: WebSocketClient | None = None
        self._window = window

    def go(self) -> None:
        """Begin to write."""
        self.going = True
        self.turn()

    def turn(self) -> None:
        """A message may have arrived: write while there is room in the window."""
        direction, client = self.direction, self.client
        while (
            self.going
            and client is not None
            and direction.sent - min(direction.acked, direction.delivered) < self._window
        ):
            client.send(self.frame(direction.send()))

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
        self.turn()


class PairTalker(Talker):
    """One of two who write to each other."""

    peer: "PairTalker"

    def meet(self, peer: "PairTalker") -> None:
        """Each is the other's peer."""
        self.peer, peer.peer = peer, self

    def came(self, number: str, text: str) -> None:
        """A message of the peer. Raises Broken."""
        if text[:DIGITS] != number or len(text) != MESSAGE_BYTES:
            raise Broken(f"{self.peer.direction.name}: message {number} has another text")
        self.peer.direction.deliver(int(number))
        self.peer.turn()


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


class ChatTalker(PairTalker):
    """A visitor or a counsellor in one conversation."""

    def __init__(self, direction: Direction, window: int) -> None:
        super().__init__(direction, window)
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
            self.turn()
        elif frame.type == "entry":
            self._log.saw(frame.seq)
            if frame.text is not None:
                self.came(frame.id, frame.text)
        elif frame.type == "error":
            raise Broken(f"{self.direction.name}: the server answered `error` {frame.code}")
        elif (waiting := self._waiting.pop(frame.type, None)) is not None:
            waiting.set_result(frame)


class SocketIoTalker(PairTalker):
    """One of two in a room of python-socketio, over Engine.IO 4's WebSocket framing."""

    def __init__(self, direction: Direction, window: int) -> None:
        super().__init__(direction, window)
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def frame(self, number: int) -> bytes:
        """The event `say`, with an acknowledgement wanted."""
        return b'42%d["say",{"id":"%08d","text":"%08d%b"}]' % (number, number, number, _PAD)

    def heard(self, payload: bytes) -> None:
        """Any packet: Engine.IO's type, then Socket.IO's."""
        if payload.startswith(b"43"):
            self.direction.ack(int(payload[2 : payload.index(b"[")]))
            self.turn()
        elif payload.startswith(b"42"):
            _, entry = msgspec.json.decode(payload[2:])
            self.came(entry["id"], entry["text"])
        elif payload == b"2" and self.client is not None:
            self.client.send(b"3")
        elif payload.startswith(b"40"):
            self.joined.set_result(None)
