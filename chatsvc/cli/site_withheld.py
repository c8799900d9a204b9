"""What an export leaves out although it can still be read: its time is over, or its visitor wanted it erased."""

from typing import Literal

from chatsvc.domain.retained import Look
from chatsvc.domain.retention import TEXTS
from chatsvc.domain.transcripts import is_over
from chatsvc.services.retention import Retention

# By the rules it should be gone; a hold alone keeps what the visitor wanted erased; it should have been redacted.
Why = Literal["overdue", "wished_erased", "not_redacted_yet"]


async def withheld(retention: Retention, look: Look, now: int) -> dict[str, Why]:
    """The kinds of a conversation that leave no more, and why; nothing of one that goes on.

    A hold is met here, where two people asked for it and each opening is recorded; what else a copy would be for, it
    does not say. What a law requires whoever answers for the site to keep, they take along: its fate is not due.

    Raises StoreUnavailable.
    """
    if look.record is None or not is_over(look.record.state):
        return {}
    found: dict[str, Why] = {}
    left = [fate for fate in await retention.fates(look) if fate.kind not in look.kept.gone]
    redaction = await retention.redaction(look, left)
    late = redaction is not None and redaction.at <= now and look.kept.redacted is None
    for fate in left:
        if fate.at <= now and (not fate.held or fate.reason == "wish"):
            found[fate.kind] = "wished_erased" if fate.reason == "wish" else "overdue"
        elif late and fate.kind in TEXTS:
            found[fate.kind] = "not_redacted_yet"
    return found
