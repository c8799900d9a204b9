"""Everything that can be refused or can fail, as one family with a code for the wire."""

from typing import ClassVar


class ChatError(Exception):
    """A refusal or failure that has an answer on the wire.

    `code` is the word in `error.code`; `retryable` says whether the same request may succeed later;
    the message says what was wrong, where and what to do, and never repeats what a person wrote.
    """

    code: ClassVar[str] = "failed"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", *, retry_after_ms: int | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip().splitlines()[0])
        self.retry_after_ms = retry_after_ms

    @property
    def public(self) -> str:
        """The message for whoever is on the other side: what failed inside, and where, is for operators only."""
        return (type(self).__doc__ or "").strip().splitlines()[0] if self.retryable else str(self)


class StoreUnavailable(ChatError):
    """The message store can't be reached just now; try again."""

    code = "store_away"
    retryable = True


class AuditUnavailable(StoreUnavailable):
    """The audit log can't be written or read just now; what must be recorded first was not done."""

    code = "audit_away"


class VaultUnavailable(ChatError):
    """The key vault can't be reached just now; no new conversation can begin."""

    code = "store_away"
    retryable = True


class Undecodable(ChatError):
    """What the store holds under a conversation's number can't be read."""

    code = "undecodable"


class BadField(ChatError):
    """A field has a value that is not accepted."""

    code = "bad_field"


class TooLong(ChatError):
    """A field is longer than allowed."""

    code = "too_long"


class BadState(ChatError):
    """This can't be done in the present state."""

    code = "bad_state"


class NotFound(ChatError):
    """There is no such thing, or it is not yours."""

    code = "not_found"


class NotAllowed(ChatError):
    """Your role does not allow this."""

    code = "not_allowed"


class UnknownQueue(ChatError):
    """There is no such queue."""

    code = "unknown_queue"


class UnknownType(ChatError):
    """There is no frame of this type."""

    code = "unknown_type"


class TooMany(ChatError):
    """Too many requests; wait a little."""

    code = "too_many"
    retryable = True


class NothingWaiting(ChatError):
    """Nobody is waiting in this queue."""

    code = "nothing_waiting"


class AlreadyTaken(ChatError):
    """A colleague has taken this visitor."""

    code = "already_taken"


class AtCapacity(ChatError):
    """You have as many conversations as your capacity allows."""

    code = "at_capacity"


class OffDuty(ChatError):
    """You are not on duty."""

    code = "off_duty"


class NoLanguage(ChatError):
    """This counsellor speaks none of the languages in which the visitor may be served now."""

    code = "no_language"


class NoEntry(ChatError):
    """The queue does not take this visitor now."""

    code = "unavailable"

    def __init__(self, reason: str) -> None:
        """`reason` is closed, closing, full, no_staff, or none: they may begin, but have nothing to resume."""
        super().__init__()
        self.reason = reason


class KeptByHold(ChatError):
    """A legal hold keeps this conversation for now. It has ended, and is erased as soon as the hold is released."""

    code = "held"


class KeptByLaw(ChatError):
    """A law requires to keep this conversation for a time. It has ended, and is erased as soon as the law allows."""

    code = "held"


class NotRewritten(Exception):
    """The store's append-only file still holds what was deleted; the message says why, and what to do."""
