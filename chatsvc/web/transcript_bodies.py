"""What the operations on past conversations and holds take and give. Instants are ms since the epoch."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from chatsvc.domain.retention import Kind, Reason
from chatsvc.domain.transcripts import LONGEST_REASON, SHORTEST_REASON
from chatsvc.web.frames import Texts

Count = Annotated[int, Meta(ge=0)]
WrittenReason = Annotated[
    str,
    Meta(
        max_length=8 * LONGEST_REASON,
        description=f"Why, in {SHORTEST_REASON} to {LONGEST_REASON} characters once white space is taken together. It "
        "is kept in the clear and read by those who audit: write nothing in it that names or describes a visitor.",
    ),
]


class Going(Struct, frozen=True):
    """When a kind of text or the record goes, by which rule ("" for none) and why. `at` is past for what is gone."""

    kind: Kind
    at: int
    rule: str
    reason: Reason | None
    gone: bool


class PastRow(Struct, frozen=True):
    """A conversation that is over: when, where, how it ended and what becomes of it. Nothing of what was said.

    `hold`: whether a legal hold is asked for or in force. `wish`: since when its visitor wants it erased. `opens`:
    something is left that whoever asks may read.
    """

    id: str
    queue: str
    lang: str
    joined: int
    assigned: int | None
    ended: int
    reason: str | None
    outcome: str | None
    tags: list[str]
    staff: list[str]
    going: list[Going]
    hold: Literal["asked", "held"] | None
    wish: int | None
    opens: bool


class PastRows(Struct, frozen=True):
    """A page, the last that ended first. `next` is the `before` of the page behind it; null: this is the last."""

    conversations: list[PastRow]
    total: Count
    next: str | None


class OpeningAsked(Struct, frozen=True):
    """Why a transcript is to be opened, and the last entry that is not wanted again."""

    reason: WrittenReason
    after: Annotated[int, Meta(ge=0, le=2**53)] = 0


class Said(Struct, frozen=True, rename={"from_": "from"}):
    """A line of a transcript or a note. `alias` is of the member of staff who wrote it."""

    seq: int
    at: int
    kind: str
    from_: str
    alias: str | None
    lang: str | None
    text: str | None
    event: str | None
    params: Texts | None


class Feedback(Struct, frozen=True):
    """What the visitor said of the conversation afterwards."""

    score: int
    text: str


class OpenedTranscript(Struct, frozen=True):
    """What was said. A part that is null is gone, was never written, or is not for the role.

    `more`: there are further entries; open it again with `after`.
    """

    conversation: PastRow
    reason: str
    opened: int
    talk: list[Said] | None
    more: bool
    notes: list[Said] | None
    answers: dict[str, Any] | None
    questions: list[dict[str, Any]]
    feedback: Feedback | None


class HoldAsked(Struct, frozen=True):
    """What is said with a step: the reason, for `ask` and `release`; `confirm` takes none."""

    reason: WrittenReason = ""


class Hold(Struct, frozen=True):
    """A legal hold on a conversation. It holds once somebody else has confirmed it; its release likewise.

    `ended` is null while it goes on; `wish` is since when its visitor wants it erased, which the hold prevents.
    """

    conversation: str
    queue: str
    ended: int | None
    holds: bool
    reason: str
    asked_by: str
    asked_at: int
    confirmed_by: str | None
    confirmed_at: int | None
    release_reason: str | None
    release_asked_by: str | None
    release_asked_at: int | None
    wish: int | None


class Holds(Struct, frozen=True):
    """The holds of a site, the latest first."""

    holds: list[Hold]


class HoldStepped(Struct, frozen=True):
    """The hold as it is now; null: there is none any more. `left` are the kinds that are still there."""

    hold: Hold | None
    left: list[Kind]
