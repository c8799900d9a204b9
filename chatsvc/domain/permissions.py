"""Who may do what, at the sites that they work for. Whatever is not listed is refused."""

from collections.abc import Mapping
from enum import StrEnum

from chatsvc.domain.sites import Role, SiteId, Staff


class Action(StrEnum):
    """What somebody who is signed in may want of a site."""

    READ_HOURS = "read_hours"
    CHANGE_HOURS = "change_hours"
    READ_SHIFTS = "read_shifts"
    CHANGE_SHIFTS = "change_shifts"
    READ_OWN_ABSENCES = "read_own_absences"
    READ_ABSENCES = "read_absences"
    CHANGE_ABSENCES = "change_absences"
    ASK_SWAPS = "ask_swaps"  # and agree to, refuse or withdraw those that one has a part in
    READ_SWAPS = "read_swaps"  # of everybody
    DECIDE_SWAPS = "decide_swaps"
    READ_COVERAGE = "read_coverage"  # and the minima that it is measured by
    CHANGE_MINIMA = "change_minima"
    READ_LATE = "read_late"
    IMPORT_PLAN = "import_plan"
    EXPORT_PLAN = "export_plan"
    READ_BOARD = "read_board"  # how queues and people stand now
    READ_STATISTICS = "read_statistics"
    READ_AUDIT = "read_audit"  # who did what
    READ_OPENINGS = "read_openings"  # who has opened what was said, and whether anybody has looked at that
    LIST_CONVERSATIONS = (
        "list_conversations"  # that are over, without text; which ones: domain/transcripts.py
    )
    OPEN_TRANSCRIPTS = "open_transcripts"  # what was said in them, with a written reason
    READ_HOLDS = "read_holds"
    CHANGE_HOLDS = "change_holds"
    READ_PRIVACY_REPORT = "read_privacy_report"


TALKING: frozenset[Role] = frozenset({"counsellor", "supervisor"})  # who has a console with visitors in it

_PLANNING = frozenset(
    {
        Action.READ_HOURS, Action.CHANGE_HOURS, Action.READ_SHIFTS, Action.CHANGE_SHIFTS,
        Action.READ_OWN_ABSENCES, Action.READ_ABSENCES, Action.CHANGE_ABSENCES, Action.READ_SWAPS,
        Action.DECIDE_SWAPS, Action.READ_COVERAGE, Action.CHANGE_MINIMA, Action.READ_LATE, Action.IMPORT_PLAN,
        Action.EXPORT_PLAN, Action.READ_BOARD, Action.READ_STATISTICS,
    }
)  # fmt: skip
_TRANSCRIPTS = frozenset({Action.LIST_CONVERSATIONS, Action.OPEN_TRANSCRIPTS})
_HOLDS = frozenset({Action.READ_HOLDS, Action.CHANGE_HOLDS})
_OVERSIGHT = frozenset({Action.READ_PRIVACY_REPORT, Action.READ_OPENINGS})

MAY: Mapping[Role, frozenset[Action]] = {
    "counsellor": _TRANSCRIPTS
    | {Action.READ_HOURS, Action.READ_SHIFTS, Action.READ_OWN_ABSENCES, Action.ASK_SWAPS},
    "supervisor": _PLANNING | _TRANSCRIPTS | _HOLDS | {Action.ASK_SWAPS},
    "admin": _PLANNING | _HOLDS | _OVERSIGHT,  # reads no text, and no shift is theirs
    "operator": frozenset(),
    "auditor": _OVERSIGHT | {Action.READ_AUDIT, Action.READ_HOLDS},
}


def works_for(staff: Staff, site: SiteId) -> bool:
    """Whether a site is one of the person's; an administrator without sites has all of them."""
    return site in staff.sites or (staff.role == "admin" and not staff.sites)


def may(staff: Staff, action: Action, site: SiteId) -> bool:
    """Whether a person may do this at a site."""
    return not staff.disabled and works_for(staff, site) and action in MAY[staff.role]


def talks(staff: Staff) -> bool:
    """Whether a person may have a console with visitors in it."""
    return not staff.disabled and staff.role in TALKING and bool(staff.sites)
