"""The conversations that one console shows: their logs on the way to it, and what it writes into them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import msgspec

from chatsvc.domain.conversation import LIVE
from chatsvc.domain.errors import BadField, BadState, NotFound, UnknownQueue
from chatsvc.domain.records import Conversation, LogEntry
from chatsvc.domain.text import accepted_text
from chatsvc.services import desk, intake
from chatsvc.services.pool import stored
from chatsvc.web import frames, views
from chatsvc.web.logfeed import LogFeed, LogName
from chatsvc.web.posting import Posting

if TYPE_CHECKING:
    from chatsvc.web.counsellor_ws import CounsellorSession

Follow = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class OpenConversation:
    """A conversation, and its two logs on their way."""

    record: Conversation
    talk: LogFeed
    staff: LogFeed
    role: str  # as it was told last
    seen: int = 0  # how far the counsellor has been shown the talk log

    def feed(self, log: str) -> LogFeed:
        """The feed of `talk` or `staff`."""
        return self.talk if log == "talk" else self.staff


class OpenConversations(dict[str, OpenConversation]):
    """By id. The session decides what is open; here is how it is shown and written to."""

    def __init__(self, session: "CounsellorSession") -> None:
        super().__init__()
        self._session = session
        self._hub = session.hub
        self._pool = session.hub.pool
        self._me = session.staff.id

    def mine(self, conversation: str | None) -> OpenConversation:
        """The one with this id. Raises BadField, NotFound."""
        if conversation is None:
            raise BadField("`conversation` is missing.")
        found = self.get(conversation)
        if found is None:
            raise NotFound("`conversation` is none of yours.")
        return found

    async def open(self, record: Conversation) -> OpenConversation:
        """Begin to show a conversation: from now on what is stored is held until the first page is sent."""
        session = self._session
        seal = await self._pool.keyring.fetch(record.site, record.id)

        def feed(log: LogName) -> LogFeed:
            return LogFeed(self._pool, record, seal, log, session.socket.send, session.spawn, named=True)

        found = self[record.id] = OpenConversation(record, feed("talk"), feed("staff"), self._role(record))
        self._hub.attending[record.id].add(session)
        return found

    def role(self, conversation: str) -> str | None:
        """As what this console takes part, as far as it knows; None where it does not."""
        found = self.get(conversation)
        return None if found is None else found.role

    def _role(self, record: Conversation) -> str:
        part = record.part(self._me)
        return part.role if part else "observer"

    def forget(self, conversation: str) -> None:
        """Show it no longer."""
        self.pop(conversation, None)
        peers = self._hub.attending.get(conversation)
        if peers is not None:
            peers.discard(self._session)
            if not peers:
                del self._hub.attending[conversation]

    async def first_pages(
        self, found: OpenConversation, hello: frames.CounsellorHello | None
    ) -> tuple[frames.CounsellorConversation, Follow]:
        """The conversation as the console gets it, and what sends the rest of its logs once that is sent."""
        ident = found.record.id
        after = frames.After()
        if hello is not None and hello.epochs.get(ident) == self._pool.store.epoch:
            after = hello.after.get(ident, after)
        last = (await self._pool.store.last_seq([ident]))[0]
        talk_after = after.talk if after.talk <= last[0] else 0
        staff_after = after.staff if after.staff <= last[1] else 0
        talk, more = await found.talk.first_page(talk_after)
        staff, staff_more = await found.staff.first_page(staff_after)
        part = found.record.part(self._me)
        marks = await self._pool.store.seen_marks(ident, [0, part.n] if part else [0])
        found.seen = marks[-1] if part else 0
        answers, asked = await intake.read_answers(self._pool, found.record)
        shown = self._shown(found.record, answers)
        shown.questions = msgspec.convert(asked, list[frames.Question])
        shown.seen = found.seen
        shown.log, shown.more = [views.entry(view) for view in talk], more
        shown.staff_log, shown.staff_more = [views.entry(view) for view in staff], staff_more

        async def follow() -> None:
            await found.talk.follow(talk[-1].seq if talk else talk_after, more)
            await found.staff.follow(staff[-1].seq if staff else staff_after, staff_more)
            if marks[0]:
                mark = frames.SeenNow(from_="visitor", seq=marks[0], by=0, conversation=ident)
                self._session.socket.send(mark)

        return shown, follow

    def _shown(self, record: Conversation, answers: dict[str, object]) -> frames.CounsellorConversation:
        site, queue = views.queue_parts(record.queue)
        state = record.state if record.state in ("active", "wrap_up") else "closed"
        return frames.CounsellorConversation(
            id=record.id, site=site, queue=queue, lang=record.lang, epoch=self._pool.store.epoch,
            state=cast(frames.CounsellorState, state),
            role=cast(frames.StaffRole, self._role(record)),
            answers=answers, priority=record.priority, tags=record.tags or [],
            log=[], staff_log=[], joined_at=record.joined, assigned_at=record.first_assigned,
            presence=views.visitor_presence(record), participants=views.people_in(record),
            owner=views.leader_of(record), reason=record.reason,
            wrap_up_until=record.wrap_until, heavy=bool(record.heavy),
        )  # fmt: skip

    def mark_seen(self, conversation: str | None, seq: int) -> int | None:
        """The mark to tell; None if it says nothing, being less than before. Raises NotFound, BadField."""
        found = self.mine(conversation)
        seen = min(seq, found.talk.cursor.sent)
        if seen <= found.seen:
            return None
        found.seen = seen
        return seen

    def tags_of(self, conversation: str, more: list[str]) -> list[str]:
        """The tags that rules gave at the beginning, and those that the counsellor adds at the end."""
        found = self.get(conversation)
        given = found.record.tags or [] if found is not None else []
        return [*dict.fromkeys([*given, *more])]

    # Writing

    def say(self, frame: frames.Say) -> None:
        """Store a message. Raises NotFound, BadState, TooLong, BadField."""
        found = self.mine(frame.conversation)
        if found.record.state not in LIVE:
            raise BadState("The conversation has ended.")
        text = accepted_text(frame.text)
        posting = Posting(self._session, self._hub, found.talk, frame)
        posting.body = desk.post_message(
            self._pool, found.record, found.talk.seal, self._me, frame.id, frame.lang, text, posting
        )
        self._session.take_off()

    def note(self, frame: frames.WriteNote) -> None:
        """Store a note. Raises NotFound, TooLong, BadField."""
        found = self.mine(frame.conversation)
        text = accepted_text(frame.text)
        posting = Posting(self._session, self._hub, found.staff, frame)
        posting.body = desk.post_note(
            self._pool, found.record, found.staff.seal, self._me, frame.id, text, posting
        )
        self._session.take_off()

    async def transfer(self, frame: frames.Transfer) -> None:
        """Hand one on, with a note.

        Raises NotFound, BadState, BadField, UnknownQueue, AtCapacity, OffDuty, NoLanguage.
        """
        to = frame.to
        if (to.queue is None) == (to.counsellor is None):
            raise BadField("`to` names either a `queue` or a `counsellor`.")
        queue = None
        if to.queue is not None:
            own_site = views.queue_parts(self.mine(frame.conversation).record.queue)[0]
            queue = f"{own_site}/{to.queue}"
            if to.site not in (None, own_site) or self._session.node.directory.queue(queue) is None:
                raise UnknownQueue("`to.queue` names no queue of this site.")
        record = self.mine(frame.conversation).record
        if record.state != "active" or record.transfer is not None:
            raise BadState("It is not going on, or being handed over already.")
        if to.counsellor is not None:
            await desk.check_colleague(self._pool, record, to.counsellor)
        # The note first: the conversation may be gone in the same step, or this node right after it. Should the
        # colleague have lost their place in this moment, it stays, for staff only, and is the same at the next try.
        await self.remark(frame.conversation, frame.note, f"transfer-{to.counsellor or to.queue}")
        await desk.transfer(self._pool, self._me, frame.conversation, queue, to.counsellor)

    async def remark(self, conversation: str, note: str | None, why: str) -> None:
        """Store the note that goes with a transfer or a return, where there is one."""
        if not note:
            return
        found = self.mine(conversation)
        ident = f"{why}-{found.record.rev}"  # tried again after a refusal, it is the same note
        text = accepted_text(note, "note")
        storing: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        seal = found.staff.seal
        body = desk.post_note(self._pool, found.record, seal, self._me, ident, text, storing)
        at = stored(await storing)
        self._hub.spread(conversation, "staff", LogEntry(at.seq, at.at, body))
