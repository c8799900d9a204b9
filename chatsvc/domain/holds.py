"""Legal hold by two people: one asks with a reason, another confirms; its release likewise."""

from dataclasses import replace

from chatsvc.domain.errors import ChatError
from chatsvc.domain.retained import Held
from chatsvc.domain.sites import QueueKey, SiteId, Staff

LONGEST_REASON = 500
_ROLES = frozenset({"supervisor", "admin"})


class HoldRefused(ChatError):
    """The hold can't be changed so."""

    code = "bad_state"


def may_hold(staff: Staff, site: SiteId, queue: str) -> bool:
    """Whether somebody may take part in holds of a queue's records: its supervisors, and the site's administrators."""
    works_there = site in staff.sites or (staff.role == "admin" and not staff.sites)
    return not staff.disabled and staff.role in _ROLES and works_there and sees_holds_of(staff, queue)


def sees_holds_of(staff: Staff, queue: str) -> bool:
    """Whether holds on records of a queue (its key) concern somebody who may see holds at all.

    A supervisor of some queues has nothing to do with the others; everybody else sees those of the site.
    """
    return staff.role != "supervisor" or not staff.queues or QueueKey(queue) in staff.queues


def ask(present: Held | None, who: str, reason: str, now: int) -> Held:
    """A hold that waits for somebody else to confirm it, and holds nothing yet. Raises HoldRefused."""
    if present is not None:
        raise HoldRefused(
            "It is held already." if present.holds else "Somebody has asked for this already; confirm it."
        )
    return Held(reason=_written(reason), asked_by=who, asked_at=now)


def ask_release(present: Held | None, who: str, reason: str, now: int) -> Held | None:
    """A hold whose release waits for somebody else; one that nobody has confirmed is withdrawn. Raises HoldRefused."""
    if present is None:
        raise HoldRefused("It is not held.")
    if not present.holds:
        return None
    if present.release_asked_by is not None:
        raise HoldRefused("Somebody has asked for the release already; confirm it.")
    return replace(present, release_reason=_written(reason), release_asked_by=who, release_asked_at=now)


def confirm(present: Held | None, who: str, now: int) -> Held | None:
    """What was asked for, done by somebody else: the hold, or None for its release. Raises HoldRefused."""
    if present is None:
        raise HoldRefused("Nobody has asked for anything here.")
    if present.holds and present.release_asked_by is None:
        raise HoldRefused("It is held, and nobody has asked for its release.")
    if who == (present.release_asked_by or present.asked_by):
        raise HoldRefused("Whoever asked can't confirm it too: that takes somebody else.")
    return None if present.holds else replace(present, confirmed_by=who, confirmed_at=now)


def _written(reason: str) -> str:
    text = " ".join(reason.split())
    if not 10 <= len(text) <= LONGEST_REASON:
        raise HoldRefused(f"The reason must be written, in 10 to {LONGEST_REASON} characters.")
    return text
