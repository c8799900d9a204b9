"""What is planned in the demo."""

from datetime import date, timedelta

import pytest

from chatsvc.demo import PEOPLE, demo_sites
from chatsvc.demo_plan import SITE, demo_plan
from chatsvc.domain.hours import instant
from chatsvc.domain.plan import Edit, Plan
from chatsvc.domain.roster import Roster
from chatsvc.domain.sites import Staff, StaffId
from chatsvc.domain.swaps import Swap
from chatsvc.services.plan_checks import Known, judge
from chatsvc.services.rosters import make_roster
from tests.support.service import make_staff

DAY_MS = 86_400_000
DAYS = [date(2026, 11, 22) + timedelta(days=number) for number in range(7)]  # a week of first days


def _known() -> Known:
    sites = {site.id: site for site in demo_sites(8080)}
    people: list[Staff] = [make_staff(name, role=role) for name, _, role in PEOPLE if role != "admin"]
    keys = frozenset(queue.key for queue in sites[SITE].queues)
    return Known(sites, people, {person.id: keys for person in people})


def _plan(edits: tuple[Edit, ...]) -> Plan:
    return Plan().edited(SITE, edits)


def _roster(edits: tuple[Edit, ...], now: int) -> Roster:
    names = [StaffId(name) for name, _, _ in PEOPLE]
    return make_roster(_plan(edits), names, now - DAY_MS, now + 60 * DAY_MS)


@pytest.mark.parametrize("today", DAYS)
def test_the_plan_is_possible(today: date) -> None:
    """On whichever day the demo is first started, its plan is one that the API would take."""
    now = instant(today, 11 * 60)
    edits = demo_plan(today, now)
    judge(Plan(), _plan(edits), edits, _known(), now)


@pytest.mark.parametrize("today", DAYS)
def test_nobody_is_sent_home_in_the_first_week(today: date) -> None:
    """The counsellors are on shift from the start, for more than a week."""
    now = instant(today, 11 * 60)
    roster = _roster(demo_plan(today, now), now)
    for name in ("counsellor1", "counsellor2"):
        ends = roster.ends_at(StaffId(name), now)
        assert ends is not None
        assert ends > now + 6 * DAY_MS
    assert roster.ends_at(StaffId("supervisor1"), now) is None


@pytest.mark.parametrize("today", DAYS)
def test_the_swap_can_be_approved(today: date) -> None:
    """The swap that waits for the supervisor is about a time that its asker has."""
    now = instant(today, 11 * 60)
    edits = demo_plan(today, now)
    (swap,) = (edit.row for edit in edits if isinstance(edit.row, Swap))
    held = {one.key: one.staff for one in _roster(edits, now).occurrences}
    assert held[swap.gives] == swap.asker
