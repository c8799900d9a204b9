"""One connection to one server of the store: RESP2 over a transport, replies matched to futures in order."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol, cast

import hiredis

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.ports import Reply

MOST_IN_FLIGHT: Final = 10_000
"""Commands without a reply on one connection; more are refused at once."""
MOST_UNSENT_BYTES: Final = 16 << 20
"""Bytes the server has not read yet; beyond this, commands are refused at once."""
REPLY_WITHIN_S: Final = 5.0
"""A connection whose oldest command has waited longer for its reply is given up."""
IDLE_PING_S: Final = 4.0
WATCH_EVERY_S: Final = 0.5

NO_REPLY_YET: Final = object()
_SCRIPT_LINE: Final = re.compile(r"user_script:(\d+)")


class Runnable(Protocol):
    """What the connection needs to know of a Lua script."""

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def sha(self) -> str: ...


class Prepared(NamedTuple):
    """A script's call of which the last arguments are still missing: `head` is the first `given` ones in RESP."""

    script: Runnable
    slot: int
    given: int
    head: bytes


class StoreRefused(Exception):
    """The store answered with an error; `code` is the error's first word.

    `text` is the whole answer. It can repeat arguments, so it is for decisions only: never log or show it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.code = text.partition(" ")[0]
        self.script: str | None = None
        super().__init__(self.code)

    @property
    def of_script(self) -> bool:
        """Whether it comes from a command inside a script, which then has run in part."""
        return "user_script" in self.text

    def __str__(self) -> str:
        line = _SCRIPT_LINE.search(self.text)
        where = f" in script {self.script}" if self.script else ""
        return f"{self.code}{where}{f', line {line[1]}' if line else ''}"

    __repr__ = __str__


class Again:
    """What is known of a command that is sent again, because its reply proved that it had not run."""

    __slots__ = ("deadline", "loads", "tries")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.loads = 0
        self.tries = 0


class Entry(NamedTuple):
    """A command on its way. Built as a bare tuple where speed counts."""

    future: Reply | None
    payload: bytes
    script: Runnable | None
    slot: int
    again: Again | None


# Its stub knows tuples of one element only.
pack: Final[Callable[[tuple[bytes | str | int, ...]], bytes]] = hiredis.pack_command  # type: ignore[assignment]
"""The command in RESP."""


def bulks(arguments: tuple[bytes | str | int, ...]) -> bytes:
    """Arguments in RESP, without the count that begins a command."""
    return pack(arguments).partition(b"\r\n")[2]


PING: Final = pack(("PING",))


class Wire(asyncio.Protocol):
    """One open connection. `on_refused` decides about error replies, `on_lost` hears once that it is over."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_refused: Callable[["Wire", Entry, StoreRefused], None] | None = None,
        on_lost: Callable[["Wire"], None] | None = None,
    ) -> None:
        self.loop = loop
        self.pending: deque[Any] = deque()
        self.out: list[bytes] = []
        self.loaded: set[str] = set()
        self.unloadable: dict[str, str] = {}
        self.choked = False
        self.lost = False
        self.why_lost: Exception | None = None
        self.encrypted = False
        self.since = loop.time()
        self._on_refused = on_refused
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self.reader = hiredis.Reader(
            replyError=StoreRefused, notEnoughData=NO_REPLY_YET, errors="backslashreplace"
        )
        self._answered = 0
        self._marks: deque[tuple[float, int]] = deque()
        self._busy_at = loop.time()
        self._watch: asyncio.TimerHandle | None = None

    # -- sending

    def ask(self, *command: bytes | str | int) -> asyncio.Future[Any]:
        """One command outside any routing, as the greeting needs it."""
        future: asyncio.Future[Any] = self.loop.create_future()
        if self.lost:
            future.set_exception(connection_lost())
        else:
            self.put(Entry(future, pack(command), None, -1, None))
        return future

    def put(self, entry: Entry) -> None:
        """Queues the command for this tick's write."""
        if not self.out:
            self.loop.call_soon(self.flush)
        self.out.append(entry[1])
        self.pending.append(entry)

    def load(self, script: Runnable) -> None:
        """Sends the script ahead of what comes next, so that order holds even for its first use."""
        self.loaded.add(script.sha)
        self.unloadable.pop(script.sha, None)
        self.put(Entry(None, pack(("SCRIPT", "LOAD", script.source)), script, -1, None))

    def flush(self) -> None:
        """Writes what this tick has gathered in one go."""
        out, self.out = self.out, []
        if out and self._transport is not None:
            self._transport.write(out[0] if len(out) == 1 else b"".join(out))

    def abort(self) -> None:
        """Ends the connection at once; what waits for a reply fails."""
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop has transports of its own, which are no subclass of asyncio.Transport
        self._transport = cast(asyncio.Transport, transport)
        self.encrypted = transport.get_extra_info("sslcontext") is not None
        self._transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)
        self.watch_on()

    def pause_writing(self) -> None:
        self.choked = True

    def resume_writing(self) -> None:
        self.choked = False

    def data_received(self, data: bytes) -> None:
        reader = self.reader
        take = self.pending.popleft
        reader.feed(data)
        answered = 0
        try:
            while (reply := reader.gets()) is not NO_REPLY_YET:
                entry = take()
                answered += 1
                if type(reply) is StoreRefused:
                    self.refused(entry, reply)
                elif (future := entry[0]) is not None and not future.done():
                    future.set_result(reply)
        except (hiredis.ProtocolError, IndexError):
            # Not RESP, or a reply nobody asked for: from here on replies can't be matched to commands.
            self.abort()
        self._answered += answered

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.why_lost = exc
        if self._watch is not None:
            self._watch.cancel()
        if self._on_lost is not None:
            self._on_lost(self)
        self.out = []
        for entry in self.pending:
            future = entry[0]
            if future is not None and not future.done():
                future.set_exception(connection_lost())
        self.pending.clear()

    # -- replies and time

    def refused(self, entry: Entry, error: StoreRefused) -> None:
        """An error reply: to whoever routes commands, or straight to the caller."""
        if self._on_refused is not None:
            self._on_refused(self, entry, error)
        elif entry.future is not None and not entry.future.done():
            entry.future.set_exception(error)

    def watch(self) -> None:
        """Gives the connection up when a reply is overdue; pings it when idle, to notice a dead peer unasked.

        One timer for all commands: each mark says how many had been sent by then.
        """
        now = self.loop.time()
        marks = self._marks
        sent = self._answered + len(self.pending)
        while marks and marks[0][1] <= self._answered:
            marks.popleft()
        if marks and now - marks[0][0] >= REPLY_WITHIN_S:
            self.abort()
            return
        if self.pending:
            marks.append((now, sent))
            self._busy_at = now
        elif now - self._busy_at >= IDLE_PING_S:
            self.put(Entry(None, PING, None, -1, None))
        self.watch_on()

    def watch_on(self) -> None:
        """Looks again a little later."""
        self._watch = self.loop.call_later(WATCH_EVERY_S, self.watch)


def connection_lost() -> StoreUnavailable:
    """For a command that was sent, or may have been, and has no reply."""
    return StoreUnavailable("The connection to the store was lost; the command may have been applied.")
