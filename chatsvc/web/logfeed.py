"""One conversation's log towards one session: first the pages, then live, and the log itself where hints fell out."""

import asyncio
from collections.abc import Callable
from typing import Any, Literal

from chatsvc.domain.errors import ChatError
from chatsvc.domain.ports import Seal
from chatsvc.domain.records import Conversation, LogEntry
from chatsvc.services.pool import EntryView, Pool, read_page
from chatsvc.web import frames, views
from chatsvc.web.cursor import Cursor

GAP_S = 0.02  # a hint that another overtook usually arrives within this time

LogName = Literal["talk", "staff"]


class LogFeed:
    """Sends one log in order. The session owns it, and hands it what it hears."""

    __slots__ = (
        "_last", "_pool", "_record", "_send", "_spawn", "_task", "conversation", "cursor", "log", "named", "seal",
    )  # fmt: skip

    def __init__(
        self,
        pool: Pool,
        record: Conversation,
        seal: Seal,
        log: LogName,
        send: Callable[[Any], None],
        spawn: Callable[[Any], "asyncio.Task[None]"],
        named: bool,
    ) -> None:
        """`named`: frames carry the conversation, as a counsellor needs it."""
        self._pool = pool
        self._record = record
        self.log: LogName = log
        self._send = send
        self._spawn = spawn
        self.conversation = record.id
        self.named = record.id if named else None  # the conversation, as its frames name it
        self._task: asyncio.Task[None] | None = None
        self._last = 0  # the log is known to go on to here
        self.seal = seal
        self.cursor = Cursor(send, self._want)

    async def first_page(self, after: int) -> tuple[list[EntryView], bool]:
        """The page after `after`, and whether there are more; call `follow` next, with the frame sent."""
        return await read_page(self._pool, self._record, self.log, after)

    async def follow(self, sent: int, more: bool) -> None:
        """Send the further pages as `log` frames, then what comes."""
        while more:
            page, more = await read_page(self._pool, self._record, self.log, sent)
            sent = page[-1].seq if page else sent
            self._send(
                frames.Log(
                    epoch=self._pool.store.epoch, of=self.log, log=[views.entry(view) for view in page], more=more,
                    conversation=self.named,
                )
            )  # fmt: skip
        self.cursor.go_on(sent)

    def deliver(self, entry: LogEntry) -> None:
        """An entry that somebody stored."""
        if entry.seq > self.cursor.sent:
            self.cursor.offer(entry.seq, views.entry_frame(self.seal, self.log, entry, self.named))

    def check(self, last: int) -> None:
        """The store's log goes up to `last`: read what is missing."""
        if last > self.cursor.sent:
            self._last = max(last, self._last)
            self._want()

    def _want(self) -> None:
        if self._task is None or self._task.done():
            self._task = self._spawn(self._fill())

    async def _fill(self) -> None:
        cursor = self.cursor
        while cursor.gap or cursor.sent < self._last:
            stuck_at = cursor.sent
            await asyncio.sleep(GAP_S)
            if cursor.sent == stuck_at and not await self._read_on():
                return

    async def _read_on(self) -> bool:
        """Read what follows in the log; false if it can't be read, or has nothing new."""
        before = self.cursor.sent
        try:
            for row in await self._pool.store.read(self._record.id, self.log, before):
                self.deliver(row)
        except ChatError:
            return False  # the store or the key is away; the next refresh looks again
        return self.cursor.sent > before
