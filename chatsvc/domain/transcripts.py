"""Who may see which conversations that are over, and read what of them; and the reason that this takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chatsvc.domain.conversation import LIVE
from chatsvc.domain.errors import BadField
from chatsvc.domain.records import Conversation, Participant
from chatsvc.domain.retention import TextKind
from chatsvc.domain.sites import QueueKey, Role, Staff

SHORTEST_REASON, LONGEST_REASON = 10, 500

# A counsellor is not given what a visitor said about them afterwards. Whoever is not named reads nothing.
READS: Mapping[Role, tuple[TextKind, ...]] = {
    "supervisor": ("transcript", "notes", "answers", "feedback"),
    "counsellor": ("transcript", "notes", "answers"),
}


@dataclass(slots=True, kw_only=True)
class PastLine:
    """What of a conversation's record is needed for choosing it from a list. Times are ms, `queue` is a queue key."""

    id: str
    site: str
    queue: str
    state: str
    joined: int
    ended: int | None = None
    parts: list[Participant] = field(default_factory=list)

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands in the list: by its end."""
        return self.ended or self.joined, self.id


def is_over(state: str) -> bool:
    """Whether a conversation in this state has ended."""
    return state not in LIVE


def sees(staff: Staff, queue: str, took_part: bool) -> bool:
    """Whether a conversation that is over is one of theirs: a supervisor's by queue, a counsellor's by taking part."""
    if staff.role == "supervisor":
        return not staff.queues or QueueKey(queue) in staff.queues
    return staff.role == "counsellor" and took_part


def sees_conversation(staff: Staff, record: Conversation) -> bool:
    """The same of a record, at a site of theirs. Whoever handed a conversation over took part no longer."""
    return is_over(record.state) and sees(staff, record.queue, record.part(staff.id) is not None)


def reads(staff: Staff, *, wished_erased: bool) -> tuple[TextKind, ...]:
    """Which kinds of text they may read of it.

    What its visitor wanted erased, and a law or a hold keeps, is there for those who answer to the authority only.
    """
    return () if wished_erased and staff.role != "supervisor" else READS.get(staff.role, ())


def written_reason(text: str) -> str:
    """A reason as it is kept: on one line, without what can't be seen. Raises BadField."""
    shown = "".join(sign if sign.isprintable() else " " if sign.isspace() else "" for sign in text)
    reason = " ".join(shown.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise BadField(f"The reason must be written, in {SHORTEST_REASON} to {LONGEST_REASON} characters.")
    return reason
