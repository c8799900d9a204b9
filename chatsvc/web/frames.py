"""Every frame of the wire, protocol version 1. The AsyncAPI document is generated from this module.

Times are ms since the epoch from the store's clock; `ref` repeats the client's own. Frames with a `conversation`
that is optional carry it only when they go to a counsellor.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from chatsvc.domain.records import DutyReason, PauseReason

MAX_FRAME = 65_536  # bytes of a client's frame
MAX_TEXT = 4_000  # code points after NFC
MAX_ID = 64  # characters

Ref = Annotated[str, Meta(max_length=64)] | Annotated[int, Meta(ge=-(2**53), le=2**53)]
ClientId = Annotated[str, Meta(min_length=1, max_length=MAX_ID)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
# `$` alone would let a line end pass.
Lang = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$(?!\n)", max_length=24)]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
RawText = Annotated[str, Meta(max_length=MAX_FRAME)]  # measured in code points after NFC, by `text.py`
Texts = dict[str, str]
CounsellorState = Literal["active", "wrap_up", "closed"]
StaffRole = Literal["owner", "consultant", "observer"]
OfferEnd = Literal["expired", "declined", "visitor_left", "withdrawn"]
TransferResult = Literal["accepted", "declined", "expired"]
ReleaseReason = Literal["transferred", "grace", "taken_over", "returned", "left", "wrapped_up"]
EndReason = Literal[
    "visitor_left",
    "quick_exit",
    "counsellor_closed",
    "visitor_timeout",
    "idle",
    "queue_closed",
    "erased",
    "expired",
]


class Frame(Struct, tag_field="type", kw_only=True, omit_defaults=True):
    """What all frames share."""

    ref: Ref | UnsetType = UNSET

    def __repr__(self) -> str:  # a frame may hold what a person wrote
        return f"<{type(self).__name__}>"


# Both kinds of client


class Ping(Frame, tag="ping"):
    """Asks for `pong`."""


class Say(Frame, tag="say"):
    """Posts a message; safe to send again with the same `id`."""

    id: ClientId
    text: RawText
    lang: Lang | None = None
    conversation: Name | None = None


class Typing(Frame, tag="typing"):
    """Is or is no longer writing; never the text itself."""

    on: bool
    conversation: Name | None = None


class Seen(Frame, tag="seen"):
    """Has shown everything up to `seq`."""

    seq: Seq
    conversation: Name | None = None


# Visitor → server


class Watch(Frame, tag="watch"):
    """Before joining: `status` now and on every change; creates nothing.

    `lang`, the visitor's, is said by the first `watch` of a page that somebody has opened, and by no later one: whoever
    is told then that the queue is closed is counted as told so.
    """

    site: Name
    queue: Name | None = None
    lang: Lang | None = None


class VisitorHello(Frame, tag="hello"):
    """Creates or resumes the conversation. `also`: other languages in which the visitor agrees to be served."""

    site: Name
    queue: Name
    lang: Lang = "fi"
    after: Seq = 0
    epoch: Annotated[str, Meta(max_length=64)] | None = None
    token: Annotated[str, Meta(max_length=256)] | None = None
    want_token: bool = False
    fresh: bool = False
    answers: dict[str, Any] | None = None
    read: Annotated[int, Meta(ge=0, le=1_000)] = 0
    also: Annotated[list[Lang], Meta(max_length=6)] = []


class Also(Frame, tag="also"):
    """While waiting: agrees to be served in these languages too, after the queue's time; none takes that back."""

    languages: Annotated[list[Lang], Meta(max_length=6)]


class Leave(Frame, tag="leave"):
    """Ends the conversation or the wait."""

    how: Literal["button", "quick_exit"] = "button"


class Feedback(Frame, tag="feedback"):
    """Once, after the end, within linger."""

    score: Annotated[int, Meta(ge=1, le=5)]
    text: RawText | None = None


class Erase(Frame, tag="erase"):
    """Ends and erases everything now."""


class Proof(Frame, tag="proof"):
    """Answers `puzzle`: a number for which SHA-256 over `puzzle:proof` begins with as many zero bits as it wants."""

    puzzle: Annotated[str, Meta(max_length=80)]
    proof: Annotated[str, Meta(max_length=20)]


# Counsellor → server


class After(Struct):
    """The last numbers held of a conversation's two logs."""

    talk: Seq = 0
    staff: Seq = 0


class CounsellorHello(Frame, tag="hello"):
    """First frame of a counsellor."""

    after: dict[str, After] = {}
    epochs: dict[str, str] = {}


class SetDuty(Frame, tag="duty"):
    """Clock in, pause, clock out. `reason` is kept with a pause alone."""

    state: Literal["available", "paused", "off"]
    reason: PauseReason | None = None


class Take(Frame, tag="take"):
    """Takes a named visitor, the first of a queue, or the longest wait of one's own queues."""

    queue: Name | None = None
    site: Name | None = None
    conversation: Name | None = None


class Accept(Frame, tag="accept"):
    """Takes the offered visitor."""

    conversation: Name


class Decline(Frame, tag="decline"):
    """Does not take the offered visitor."""

    conversation: Name


class WriteNote(Frame, tag="note"):
    """Private to staff."""

    conversation: Name
    id: ClientId
    text: RawText


class TransferTo(Struct):
    """A queue (with `site` where the name is not unique) or a counsellor."""

    queue: Name | None = None
    site: Name | None = None
    counsellor: Name | None = None


class Transfer(Frame, tag="transfer"):
    """Hands a conversation on; it stays with the owner until accepted."""

    conversation: Name
    to: TransferTo
    note: RawText | None = None


class Consult(Frame, tag="consult"):
    """Brings a colleague in."""

    conversation: Name
    counsellor: Name


class Return(Frame, tag="return"):
    """Back to the front of its queue."""

    conversation: Name
    note: RawText | None = None


class Close(Frame, tag="close"):
    """Ends the chat and starts the wrap-up; a consultant only leaves."""

    conversation: Name


class Heavy(Frame, tag="heavy"):
    """Marks a conversation that takes twice the places and twice the time to wrap up, or takes the mark back."""

    conversation: Name
    on: bool = True


class WrapUp(Frame, tag="wrap_up"):
    """Finishes the record and frees the place."""

    conversation: Name
    outcome: Annotated[str, Meta(min_length=1, max_length=64)]
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=32)] = []


# Server → client: parts


class Help(Struct, omit_defaults=True):
    """A number or an address that helps when the chat can't."""

    names: Texts
    phone: str | None = None
    url: str | None = None
    hours: Texts = {}


class Option(Struct):
    """One of the answers that can be chosen."""

    id: str
    text: Texts


class Question(Struct, kw_only=True, omit_defaults=True):
    """Asked before joining. Answered by the id of an option, `yes` or `no`, a list of ids, or a text; null: not."""

    id: str
    kind: Literal["single", "multiple", "yes-no", "text"]
    text: Texts
    help: Texts = {}
    options: list[Option] = []
    required: bool = False


class Entry(Struct, kw_only=True, omit_defaults=True):
    """One line of a log. Events are words for the client to render, never prose."""

    seq: int
    id: str
    kind: Literal["text", "event", "card"]
    from_: Literal["visitor", "counsellor", "system"] = msgspec.field(name="from")
    by: int
    at: int
    lang: str | None = None
    text: str | None = None
    event: str | None = None
    params: dict[str, str] | None = None
    card: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<Entry {self.seq}>"


class Person(Struct):
    """A participant as the visitor sees them."""

    by: int
    alias: str


class Limits(Struct):
    """What the client should respect and expect. Sizes: code points, bytes, characters; times: ms."""

    text: int
    frame: int
    id: int
    idle_ms: int
    grace_waiting_ms: int
    grace_talking_ms: int
    linger_ms: int
    retry_ms: int


class Head(Struct):
    """One who waits, as a counsellor sees them before taking; they may be served in any of `languages` now."""

    conversation: str
    lang: str
    waited_ms: int
    priority: int
    languages: list[str]


class QueueState(Struct, kw_only=True):
    """How a queue stands, for counsellors."""

    site: str
    queue: str
    names: Texts
    mode: str
    state: Literal["open", "closed", "full", "no_staff"]
    waiting: int
    away: int
    longest_wait_ms: int
    on_duty: int
    free: int
    head: list[Head]


class CounsellorConversation(Struct, kw_only=True):
    """A conversation as its counsellor gets it, with both logs."""

    id: str
    site: str
    queue: str
    lang: str
    epoch: str
    state: CounsellorState
    role: StaffRole
    answers: dict[str, Any]
    questions: list[Question] = []  # as they were asked, of those answered
    priority: int = 0
    tags: list[str] = []  # what rules made of the answers
    log: list[Entry]
    staff_log: list[Entry]
    more: bool = False
    staff_more: bool = False
    joined_at: int
    assigned_at: int | None
    presence: Literal["here", "away", "left"]
    participants: list[Person]
    owner: int | None = None  # of the participants; None while a lost owner's successor is looked for
    reason: str | None = None
    wrap_up_until: int | None = None
    heavy: bool = False
    seen: int = 0  # how far this counsellor has been shown the talk log, on whatever connection


class Self(Struct):
    """The counsellor who is signed in."""

    id: str
    alias: str
    role: str
    queues: list[dict[str, str]]
    languages: list[str]
    capacity: int
    load: int


# Server → client


class Status(Frame, tag="status", omit_defaults=False):
    """A queue before joining."""

    site: str
    queue: str
    names: Texts
    languages: list[str]
    state: Literal["open", "closed", "full", "no_staff"]
    waiting: int
    away: int
    estimate_s: tuple[int, int] | None
    opens_at: int | None
    closes_at: int | None
    closing: bool  # it is open, but nobody joins any more, as things are: it closes, or those at hand leave, too soon
    spoken: list[str]
    questions: list[Question]
    notice: Texts
    notice_url: Texts
    emergency: list[Help]
    alternatives: list[Help]
    resume: str | None = None


class VisitorWelcome(Frame, tag="welcome"):
    """The visitor is in a conversation, new or resumed."""

    conversation: str
    site: str
    queue: str
    names: Texts
    epoch: str
    state: Literal["waiting", "active", "closed"]
    log: list[Entry]
    participants: list[Person]
    limits: Limits
    presence: Literal["here", "away"] | None = None
    token: str | None = None
    more: bool = False
    lost: bool = False
    reason: str | None = None
    linger_until: int | None = None
    seen: int = 0  # how far the visitor has been shown the log, on whatever connection
    also: list[str] = []  # other languages in which the visitor has agreed to be served


class CounsellorWelcome(Frame, tag="welcome"):
    """The counsellor's state, whole."""

    counsellor: Self
    duty: "Duty"
    queues: list[QueueState]
    conversations: list[CounsellorConversation]


class Log(Frame, tag="log"):
    """A further page of a log that said `more`."""

    epoch: str
    of: Literal["talk", "staff"]
    log: list[Entry]
    more: bool = False
    conversation: str | None = None


class Waiting(Frame, tag="waiting", omit_defaults=False):
    """The visitor's place, 1 is next; at most one each 2 s.

    `also`: languages that it is time to ask about; `staffed`: whether anybody is at hand for the queue; `closed`: an
    operator has closed it, nobody joins any more, and whoever waits is still taken.
    """

    position: int
    estimate_s: tuple[int, int] | None = None
    also: list[str] = []
    staffed: bool = True
    closed: bool = False


class Offer(Frame, tag="offer"):
    """A visitor is offered to this counsellor; a place is held until `expires_at`."""

    conversation: str
    site: str
    queue: str
    lang: str
    waited_ms: int
    priority: int
    expires_at: int
    transfer: bool = False


class OfferEnded(Frame, tag="offer_ended"):
    """The offer is over without this counsellor having accepted it."""

    conversation: str
    reason: OfferEnd


class Assigned(Frame, tag="assigned"):
    """The conversation is this counsellor's now."""

    conversation: CounsellorConversation


class Active(Frame, tag="active"):
    """Somebody has taken the visitor."""

    participants: list[Person]


class Participants(Frame, tag="participants"):
    """Somebody joined or left, or, which only staff are told, another one leads: `owner`, null while nobody does."""

    participants: list[Person]
    conversation: str | None = None
    owner: int | UnsetType | None = UNSET


class HeavyNow(Frame, tag="heavy"):
    """The conversation takes twice the places from now on, or no longer."""

    conversation: str
    on: bool


class Ack(Frame, tag="ack"):
    """Stored, as durably as the deployment's profile promises."""

    id: str
    seq: int
    at: int
    conversation: str | None = None


class EntryFrame(Entry, tag="entry", tag_field="type", kw_only=True, omit_defaults=True):
    """One line of the talk log, live."""

    conversation: str | None = None


class NoteFrame(Entry, tag="note", tag_field="type", kw_only=True, omit_defaults=True):
    """One line of the staff log, live."""

    conversation: str | None = None


class TypingNow(Frame, tag="typing"):
    """The other side is or is no longer writing."""

    from_: Literal["visitor", "counsellor"] = msgspec.field(name="from")
    on: bool
    by: int
    conversation: str | None = None


class SeenNow(Frame, tag="seen"):
    """The other side has seen everything up to `seq`."""

    from_: Literal["visitor", "counsellor"] = msgspec.field(name="from")
    seq: int
    by: int
    conversation: str | None = None


class Presence(Frame, tag="presence"):
    """Whether the other side is there."""

    who: Literal["visitor", "counsellor"]
    state: Literal["here", "away", "left"]
    by: int | None = None
    conversation: str | None = None


class Closed(Frame, tag="closed"):
    """The conversation or the wait has ended."""

    reason: EndReason
    linger_until: int | None = None
    wrap_up_until: int | None = None
    conversation: str | None = None


class EndWarning(Frame, tag="warning"):
    """What will happen at `at`; writing prevents it."""

    reason: Literal["idle", "closing_soon"]
    at: int


class TransferEnded(Frame, tag="transfer_ended"):
    """How a transfer went."""

    conversation: str
    result: TransferResult


class Released(Frame, tag="released"):
    """A conversation is no longer this counsellor's."""

    conversation: str
    reason: ReleaseReason


class QueueFrame(QueueState, tag="queue", tag_field="type", kw_only=True):
    """A queue has changed."""


class Duty(Frame, tag="duty", omit_defaults=False):
    """The counsellor's duty. At `until` the planned time ends, and with it the duty.

    `queues` are those that the present shift asks for, if not all of the counsellor's own.
    """

    state: Literal["available", "paused", "off", "draining"]
    until: int | None = None
    reason: DutyReason | None = None
    load: int = 0
    capacity: int = 0
    queues: list[dict[str, str]] | None = None


class Unavailable(Frame, tag="unavailable"):
    """No conversation exists; where else there is help."""

    reason: Literal["closed", "full", "no_staff", "closing", "refused", "too_many"]
    emergency: list[Help]
    alternatives: list[Help]
    opens_at: int | None = None
    messages: list[Texts] = []  # with `refused`: what the queue's rules say to the answers
    queue: str | None = None  # where answers have led, if not to the queue of the `hello`
    names: Texts = {}
    until: int | None = None  # with `too_many`: before then it is of no use to ask again


class Puzzle(Frame, tag="puzzle"):
    """Much comes from the visitor's network: `proof` first, within three minutes. Then the `hello` goes on by itself.

    With the kind `message`, messages that were answered with `too_many` may be sent again.
    """

    kind: Literal["join", "message"]
    puzzle: str
    bits: int


class BeforeJoining(Frame, tag="before_joining"):
    """Nothing is begun yet: after reading and answering, `hello` again with all answers and `read` raised."""

    site: str
    queue: str
    names: Texts
    messages: list[Texts]
    questions: list[Question]
    emergency: list[Help]
    alternatives: list[Help]


class Pong(Frame, tag="pong"):
    """Answers `ping`."""


class Ok(Frame, tag="ok"):
    """Done; answers a frame that had a `ref` and has no typed reply."""


class Error(Frame, tag="error"):
    """Refused or failed. `message` is for people; it never repeats what was sent."""

    code: str
    message: str
    retry_after_ms: int | None = None
    field: str | None = None
    id: str | None = None
    conversation: str | None = None


VISITOR_FRAMES: dict[str, type[Frame]] = {
    "ping": Ping, "watch": Watch, "hello": VisitorHello, "say": Say, "typing": Typing, "seen": Seen,
    "also": Also, "leave": Leave, "feedback": Feedback, "erase": Erase, "proof": Proof,
}  # fmt: skip
COUNSELLOR_FRAMES: dict[str, type[Frame]] = {
    "ping": Ping, "hello": CounsellorHello, "duty": SetDuty, "take": Take, "accept": Accept, "decline": Decline,
    "say": Say, "typing": Typing, "seen": Seen, "note": WriteNote, "transfer": Transfer, "consult": Consult,
    "return": Return, "close": Close, "heavy": Heavy, "wrap_up": WrapUp,
}  # fmt: skip
TO_VISITOR: tuple[type[Struct], ...] = (
    Status, VisitorWelcome, Log, Waiting, Active, Participants, Ack, EntryFrame, TypingNow, SeenNow, Presence,
    Closed, EndWarning, Unavailable, Puzzle, BeforeJoining, Pong, Ok, Error,
)  # fmt: skip
TO_COUNSELLOR: tuple[type[Struct], ...] = (
    CounsellorWelcome, Log, Offer, OfferEnded, Assigned, Participants, HeavyNow, Ack, EntryFrame, NoteFrame, TypingNow,
    SeenNow, Presence, Closed, TransferEnded, Released, QueueFrame, Duty, Pong, Ok, Error,
)  # fmt: skip
