"""A visitor's session on a socket."""

from typing import TYPE_CHECKING

from chatsvc.domain.conversation import LIVE, visitor_state
from chatsvc.domain.errors import (
    BadState,
    ChatError,
    NoEntry,
    NotFound,
    StoreUnavailable,
    UnknownQueue,
    VaultUnavailable,
)
from chatsvc.domain.records import Conversation, LogEntry
from chatsvc.domain.sites import Queue, QueueName, Site
from chatsvc.domain.text import accepted_text
from chatsvc.services import intake, visits
from chatsvc.services.queues import Place, QueueReport, place_at_first
from chatsvc.web import frames, views
from chatsvc.web.connection import Connection, UnknownFrame, Work
from chatsvc.web.entrance import Entrance
from chatsvc.web.fanout import Hub, Whisper
from chatsvc.web.logfeed import LogFeed
from chatsvc.web.posting import Posting
from chatsvc.web.protocol import Close
from chatsvc.web.standing import Standing
from chatsvc.web.turned_away import TurnedAway

if TYPE_CHECKING:
    from chatsvc.web.node import Node
    from chatsvc.web.socket import Socket

# Ends after which this visitor can't read the conversation any more.
GONE = frozenset({"quick_exit", "erased"})


class VisitorSession(Connection):
    """One visitor, before, during and after a conversation."""

    types = frames.VISITOR_FRAMES
    who = "visitor"

    def __init__(
        self, node: "Node", socket: "Socket", conn: str, token: str | None, source: bytes, *, keeps_cookie: bool
    ) -> None:  # fmt: skip
        """`token` and `source` as `Entrance` has them.

        A client that keeps cookies is not told what is in them: scripts must not learn it.
        """
        super().__init__(node, socket)
        self.conn = conn
        self._entrance = Entrance(node, token, source)
        self._keeps_cookie = keeps_cookie
        self.hub: Hub | None = None
        self._watched: set[tuple[Hub, str]] = set()
        self._watched_site: Site | None = None
        self._visitor = ""
        self.record: Conversation | None = None
        self._feed: LogFeed | None = None
        self._queue: Queue | None = None
        self._standing: Standing | None = None  # from `hello` on
        self._told_closing = 0
        self._seen = 0
        self._resumes: str | None = None
        self._concluding = False
        self._welcomed = False
        self._turned_away = TurnedAway(node)

    def handle(self, frame: frames.Frame) -> Work | None:
        """One frame of the visitor."""
        if isinstance(frame, frames.Say):
            self._say(frame)
        elif isinstance(frame, frames.Typing):
            self._whisper("typing", int(frame.on))
            self.acknowledge(frame)
        elif isinstance(frame, frames.Seen):
            self._shown(frame.seq)
            self.acknowledge(frame)
        elif isinstance(frame, frames.Ping):
            self.socket.send(frames.Pong(ref=frame.ref))
        elif isinstance(frame, frames.VisitorHello):
            return self._hello(frame)
        elif isinstance(frame, frames.Watch):
            return self._watch(frame)
        elif isinstance(frame, frames.Proof):
            return self._prove(frame)
        else:
            return self._conclude(frame)
        return None

    # Before the conversation

    async def _watch(self, frame: frames.Watch) -> None:
        site, hub = self.node.site(frame.site)
        queues = [queue for queue in site.queues if frame.queue in (None, queue.name)]
        if not queues:
            raise UnknownQueue("`queue` names no queue of this site.")
        self.greeted()
        self._resumes = await self._entrance.resumable(site, hub.pool)
        if self._resumes is None and (instead := self._entrance.to_watch(site, hub.pool, frame)) is not None:
            self.socket.send(instead)
            return
        self._watched_site = site
        for queue in queues:
            hub.watchers[queue.key].add(self)
            self._watched.add((hub, queue.key))
        reports = await hub.reports(queues)
        for report in reports:
            self.socket.send(views.status(site, report, self._resumes, frame.ref))
        if frame.lang is not None and self._resumes is None:
            self._turned_away.looked(hub.pool, site, reports, frame.lang)

    async def _hello(self, frame: frames.VisitorHello) -> None:
        if self.record is not None and self.record.state in LIVE:
            raise BadState("This socket is in a conversation already.")
        site, hub = self.node.site(frame.site)
        queue = next((queue for queue in site.queues if queue.name == frame.queue), None)
        if queue is None:
            raise UnknownQueue("`queue` names no queue of this site.")
        self.greeted()
        self._let_go()
        token, issued = await self._entrance.settle_token(frame)
        self._visitor = self.node.tokens.visitor(site.id, token)
        caller = visits.caller(self._visitor, self.conn, site, frame.lang, frame.also)
        try:
            try:
                outcome = await visits.resume(hub.pool, queue, caller, fresh=frame.fresh)
                self.node.metrics.reconnects["visitor"].inc()
            except NoEntry as refusal:
                placement = intake.lead(site, queue, frame.answers, refusal)
                queue = next(queue for queue in site.queues if queue.name == placement.queue)
                if (reply := views.before_joining(site, placement, frame)) is not None:
                    self.socket.send(reply)
                    if placement.stop:
                        self.node.metrics.refused("rules")
                        self._turned_away.count(hub.pool, queue, caller.route, "message")
                    return
                if (instead := self._entrance.to_join(site, hub.pool, frame)) is not None:
                    self.socket.send(instead)
                    return
                outcome = await visits.join_queue(hub.pool, queue, caller, placement, fresh=frame.fresh)
        except (NoEntry, VaultUnavailable) as refusal:
            self.socket.send(self._turned_away.unavailable(hub.pool, site, queue, caller, frame, refusal))
            return
        except StoreUnavailable:  # it may have happened there all the same
            visitor = self._visitor
            self.node.farewell(lambda: visits.step_away_unsure(hub.pool, visitor, self.conn))
            raise
        assert outcome.c is not None
        tell = issued or (frame.want_token and not self._keeps_cookie)
        try:
            await self._begin(site, hub, outcome.c, frame, token if tell else None)
        except ChatError as error:
            await self._undo(hub, outcome.c.id, error)
            raise

    async def _undo(self, hub: Hub, conversation: str, error: ChatError) -> None:
        """A hello that failed half-way: the visitor is not here yet, and may say it again."""
        self._let_go()
        if isinstance(error, NotFound):  # its keys are gone: an erasure that was cut short
            await visits.end_without_keys(hub.pool, conversation, self._visitor)
        else:
            self.node.farewell(lambda: visits.step_away(hub.pool, conversation, self.conn))

    async def _prove(self, frame: frames.Proof) -> None:
        hello, right = self._entrance.proved(frame)
        if not right:
            self.socket.strike()
        self.acknowledge(frame)
        if hello is not None:
            await self.tried(hello, self._hello(hello))

    async def _begin(
        self, site: Site, hub: Hub, record: Conversation, frame: frames.VisitorHello, token: str | None
    ) -> None:
        self.hub, self.record, self._welcomed = hub, record, False
        name = views.queue_parts(record.queue)[1]
        removed = Queue(site.id, QueueName(name), {}, open=False)
        self._queue = next((queue for queue in site.queues if queue.name == name), removed)
        self._standing = Standing(site, self._queue, self.socket.send)
        seal = await hub.pool.keyring.fetch(record.site, record.id)
        feed = LogFeed(hub.pool, record, seal, "talk", self.socket.send, self.spawn, named=False)
        self._feed = feed
        if (older := hub.visitors.get(record.id)) is not None and older is not self:
            older.end(Close.REPLACED)  # once its place here is taken, no hint reaches it
        hub.visitors[record.id] = self
        last = (await hub.pool.store.last_seq([record.id]))[0][0]
        people = [0, *(part.n for part in record.parts)]
        marks = dict(zip(people, await hub.pool.store.seen_marks(record.id, people), strict=True))
        self._seen = marks[0]
        known = frame.epoch == hub.pool.store.epoch and frame.after <= last
        page, more = await feed.first_page(frame.after if known else 0)
        record = self.record  # hints may have come meanwhile
        log = [views.entry(view) for view in page]
        welcome = views.visitor_welcome(record, self._queue, hub.pool.store.epoch, log, self._seen)
        welcome.ref, welcome.token, welcome.more, welcome.lost = frame.ref, token, more, frame.after > last
        self.socket.send(welcome)
        self._welcomed = True
        await feed.follow(page[-1].seq if page else (frame.after if known else 0), more)
        self._stand(record, record.queue)
        for by, seq in marks.items():
            if seq and by:
                self.socket.send(frames.SeenNow(from_="counsellor", seq=seq, by=by))
        if record.warned and record.state in LIVE:
            self.socket.send(frames.EndWarning(reason="idle", at=record.warned))

    def _stand(self, record: Conversation, before: str) -> None:
        """While waiting, hear of one's place; at once the first time. `before` is the queue until now."""
        assert self.hub is not None
        self.hub.waiting[before].pop(record.id, None)
        if record.state in ("waiting", "offered"):
            self.hub.waiting[record.queue][record.id] = self
            self.spawn(self._first_position(record))
        elif self._standing is not None:
            self._standing.forget()

    async def _first_position(self, record: Conversation) -> None:
        assert self.hub is not None
        try:
            place = await place_at_first(self.hub.pool, record.queue, record.id)
        except StoreUnavailable:
            return
        if self._standing is not None and self.record is not None:  # taken or gone meanwhile, perhaps
            now = self.hub.pool.clock.now()
            self._standing.at_least(place, self.record, now, self.node.loop.time())

    # The conversation

    def _say(self, frame: frames.Say) -> None:
        record, feed, hub = self.record, self._feed, self.hub
        if record is None or feed is None or hub is None or record.state not in LIVE:
            raise BadState("There is no conversation to write to.")
        text = accepted_text(frame.text)
        self._entrance.to_say(self.socket.send)
        posting = Posting(self, hub, feed, frame)
        posting.body = visits.post_message(
            hub.pool, record.id, feed.seal, frame.id, frame.lang, text, posting
        )
        self.take_off()

    def _whisper(self, what: str, value: int) -> None:
        if self.record is not None and self.hub is not None and self.record.state in LIVE:
            self.hub.whisper(self.record, Whisper(self.record.id, what, 0, value))
        elif self.record is None:
            raise BadState("There is no conversation.")

    def _shown(self, seq: int) -> None:
        """The visitor has been shown everything up to `seq`; more than was sent, or less than before, says nothing."""
        seen = min(seq, self._feed.cursor.sent) if self._feed is not None else seq
        if self._feed is None or seen > self._seen:
            self._whisper("seen", seen)
            self._seen = seen

    async def _conclude(self, frame: frames.Frame) -> None:
        self._concluding = True  # the answer to this frame goes out before the socket is closed
        try:
            await self._carry_out(frame)
            self.acknowledge(frame)
        finally:
            self._concluding = False
        if self.record is not None and self.record.reason in GONE:
            self.end(Close.ENDED)

    async def _carry_out(self, frame: frames.Frame) -> None:
        record, hub, feed = self.record, self.hub, self._feed
        if record is None or hub is None or feed is None:
            raise BadState("There is no conversation.")
        if isinstance(frame, frames.Leave):
            reason = "quick_exit" if frame.how == "quick_exit" else "visitor_left"
            self.record_changed(await visits.leave(hub.pool, record.id, self._visitor, reason))
        elif isinstance(frame, frames.Also):
            if self._standing is None:
                raise BadState("Nobody is waiting here.")
            self.record_changed(await self._standing.agree(hub.pool, record, self._visitor, frame.languages))
        elif isinstance(frame, frames.Erase):
            self.record_changed(await visits.erase(hub.pool, record, self._visitor))
        elif isinstance(frame, frames.Feedback):
            text = accepted_text(frame.text) if frame.text else ""
            await visits.give_feedback(hub.pool, record, frame.score, text)
        else:
            raise UnknownFrame

    # What the hub calls

    def closing_soon(self, at: int) -> None:
        """The queue in which the visitor waits closes at `at` (ms)."""
        if self._welcomed and at != self._told_closing:
            self._told_closing = at
            self.socket.send(frames.EndWarning(reason="closing_soon", at=at))

    def deliver(self, entry: LogEntry) -> None:
        """An entry of the talk log."""
        if self._feed is not None:
            self._feed.deliver(entry)

    def record_changed(self, conversation: Conversation) -> None:
        """The record, perhaps a newer one: tell the visitor what differs."""
        before = self.record
        if before is None or conversation.id != before.id or conversation.rev <= before.rev:
            return
        if conversation.vconn not in (None, self.conn):
            self.end(Close.REPLACED)
            return
        self.record = conversation
        if not self._welcomed:
            return  # `welcome` will say it
        self._tell(before, conversation)
        if conversation.vconn is None and conversation.state in LIVE and self.socket.closed is None:
            self.spawn(self._reattach())

    def _tell(self, before: Conversation, now: Conversation) -> None:
        was, state = visitor_state(before.state), visitor_state(now.state)
        people = views.people_in(now)
        told = (was, before.reason, before.linger_until)
        if state == "closed" and told != (state, now.reason, now.linger_until):
            self._tell_closed(now)
            return
        if state == "active" and was != "active":
            self.socket.send(frames.Active(participants=people))
        elif people != views.people_in(before):
            self.socket.send(frames.Participants(participants=people))
        if (was, before.queue) != (state, now.queue):
            self._stand(now, before.queue)
        presence = views.counsellor_presence(now)
        if was == state == "active" and presence and presence != views.counsellor_presence(before):
            found = views.who_answers(now)
            self.socket.send(frames.Presence(who="counsellor", state=presence, by=found.n if found else None))
        if now.warned and now.warned != before.warned:
            self.socket.send(frames.EndWarning(reason="idle", at=now.warned))

    def _tell_closed(self, now: Conversation) -> None:
        assert self.hub is not None
        self.hub.waiting[now.queue].pop(now.id, None)
        gone = now.reason in GONE
        self.socket.send(
            frames.Closed(
                reason=now.reason or "expired",  # type: ignore[arg-type]  # the store's words are the wire's
                linger_until=None if gone else now.linger_until,
            )
        )
        if gone and not self._concluding:
            self.end(Close.ENDED)

    async def _reattach(self) -> None:
        """The store believes that this visitor is away (a late reaper): they are not."""
        if self._queue is None or self.hub is None or self.record is None:
            return
        try:
            caller = visits.Caller(self._visitor, self.record.lang, self.conn, self.record.route)
            await visits.resume(self.hub.pool, self._queue, caller, fresh=False)
        except ChatError:
            return  # the next refresh tries again

    def whispered(self, whisper: Whisper) -> None:
        """The counsellor types or has seen."""
        if whisper.what == "typing":
            self.socket.send(frames.TypingNow(from_="counsellor", on=bool(whisper.value), by=whisper.by))
        else:
            self.socket.send(frames.SeenNow(from_="counsellor", seq=whisper.value, by=whisper.by))

    def at_place(self, place: Place) -> bool:
        """The visitor's place, if it is news; false if it is too early to say so."""
        if self.record is None or self._standing is None or self.hub is None:
            return True
        return self._standing.at(place, self.record, self.hub.pool.clock.now(), self.node.loop.time())

    def place_is_due(self, now: int) -> bool:
        """Whether there is something to say about the place although nobody has moved; `now` is in ms."""
        return (
            self.record is not None and self._standing is not None and self._standing.is_due(self.record, now)
        )

    def queue_reported(self, report: QueueReport) -> None:
        """A watched queue has changed."""
        if self._watched_site is not None:
            self.socket.send(views.status(self._watched_site, report, self._resumes))

    async def refresh(self, last: tuple[int, int]) -> None:
        """The log goes up to `last`: catch up."""
        if self._feed is not None:
            self._feed.check(last[0])

    # The end

    def _let_go(self) -> None:
        """No longer watching; no longer in an ended conversation."""
        for hub, queue in self._watched:
            hub.unwatch(queue, self)
        self._watched.clear()
        if self.hub is not None and self.record is not None:
            self.hub.drop_visitor(self.record, self)
        self.record, self._feed = None, None

    def depart(self) -> None:
        """The connection is gone: the place is kept for a while."""
        record, hub = self.record, self.hub
        self._let_go()
        if record is not None and hub is not None:
            self.node.farewell(lambda: visits.step_away(hub.pool, record.id, self.conn))
