"""The message path into the store: an author has one command under way in a log; what comes meanwhile is the next."""

from asyncio import get_running_loop
from collections.abc import Callable
from typing import Any

import msgspec

from chatsvc.domain.ports import Clock, Reply
from chatsvc.domain.records import EntryBody
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.resp import Prepared
from chatsvc.store.scripts import script

MOST_PLACES = 20_000  # who writes where, remembered; some hundred bytes each

_encode = msgspec.msgpack.Encoder().encode


class _Place:
    """One author in one log: the command but for the entries, those on their way, and those that came meanwhile.

    It is the `Reply` of its command: nothing follows before the answer, so order holds even where one fails.
    """

    __slots__ = ("_due", "entries", "fields", "flying", "prepared", "replies")

    def __init__(self, prepared: Prepared, due: Callable[["_Place"], None]) -> None:
        """`due` sends what has come, with this tick."""
        self.prepared = prepared
        self._due = due
        self.fields: list[bytes] = []
        self.entries: list[bytes] = []
        self.replies: list[Reply] = []
        self.flying: list[Reply] | None = None

    def done(self) -> bool:
        """Never: who still waits is asked when the answer comes."""
        return False

    def set_result(self, result: Any, /) -> None:
        """A word for each."""
        flying, self.flying = self.flying or [], None
        if self.replies:
            self._due(self)
        for reply, word in zip(flying, result.split(b" "), strict=False):
            if not reply.done():
                reply.set_result(word)

    def set_exception(self, exception: Exception, /) -> None:
        """The same for everybody, and for those behind: what was written later must not be stored earlier."""
        refused = [*(self.flying or ()), *self.replies]
        self.flying, self.replies, self.fields, self.entries = None, [], [], []
        for reply in refused:
            if not reply.done():
                reply.set_exception(exception)


class Appends:
    """Stores entries of one pool. No task and no future: an answer goes straight to whoever waits for it."""

    def __init__(self, link: Link, keys: PoolKeys, node: str, clock: Clock) -> None:
        self._link = link
        self._keys = keys
        self._node = node
        self._clock = clock
        self._loop = get_running_loop()
        self._places: dict[tuple[str, str, str], _Place] = {}
        self._due: list[_Place] = []

    def post(
        self, conversation: str, author: str, log: str, client_id: str, body: EntryBody, reply: Reply
    ) -> None:
        """Store one entry once, with what else its author writes meanwhile; `reply` gets bytes for `stored`.

        `author` is `v` or `s:<staff id>`.
        """
        at = (conversation, author, log)
        place = self._places.get(at) or self._place(*at)
        field = f"{'t' if log == 'talk' else 'n'}:{author}:{client_id}".encode()
        entry = _encode(body)
        if place.flying is None and not place.replies:
            self._soon(place)
        place.replies.append(reply)
        place.fields.append(b"$%d\r\n%b\r\n" % (len(field), field))
        place.entries.append(b"$%d\r\n%b\r\n" % (len(entry), entry))

    def _soon(self, place: _Place) -> None:
        if not self._due:
            self._loop.call_soon(self._send)
        self._due.append(place)

    def _send(self) -> None:
        due, self._due = self._due, []
        now = b"%d" % self._clock.now()
        first = b"$%d\r\n%b\r\n" % (len(now), now)
        for place in due:
            tail = b"".join((first, *place.fields, *place.entries))
            count = len(place.replies)
            place.flying, place.replies, place.fields, place.entries = place.replies, [], [], []
            self._link.send(place.prepared, 1 + 2 * count, tail, place)

    def _place(self, conversation: str, author: str, log: str) -> _Place:
        keys = self._keys
        prepared = self._link.prepare(
            script("append"),
            (keys.gate, keys.log(conversation), keys.stream(log, conversation)),
            (conversation, log, f";{author}@", self._node, keys.of("node", "")),
        )
        if len(self._places) >= MOST_PLACES:
            self._places.clear()
        made = self._places[conversation, author, log] = _Place(prepared, self._soon)
        return made
