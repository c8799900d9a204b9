"""Legal holds take two people, each way."""

from collections.abc import Callable
from typing import Any

import pytest

from chatsvc.domain.holds import HoldRefused, ask, ask_release, confirm, may_hold, sees_holds_of
from chatsvc.domain.retained import Held
from chatsvc.domain.sites import PoolId, QueueKey, SiteId, Staff, StaffId

WHY = "the police asked for it, case 1"


def refused(step: Callable[..., Held | None], *arguments: object) -> None:
    """The step is not possible."""
    with pytest.raises(HoldRefused):
        step(*arguments)


def test_a_hold_takes_two_and_so_does_its_release() -> None:
    """Nobody confirms what they have asked for; each step is possible once, in its order."""
    refused(ask, None, "aino", "because", 1)
    asked = ask(None, "aino", f"  {WHY}\n ", 1)
    assert (asked.reason, asked.holds) == (WHY, False)
    refused(ask, asked, "eino", WHY, 2)
    refused(confirm, asked, "aino", 2)
    held = confirm(asked, "eino", 2)
    assert held is not None
    assert held.holds
    refused(ask, held, "aino", WHY, 3)
    refused(confirm, held, "aino", 3)
    leaving = ask_release(held, "eino", "the case is closed", 3)
    assert leaving is not None
    assert leaving.holds
    refused(ask_release, leaving, "aino", WHY, 4)
    refused(confirm, leaving, "eino", 4)
    assert confirm(leaving, "aino", 4) is None


def test_what_nobody_confirmed_is_withdrawn_by_one() -> None:
    """It held nothing; and of what is not there nothing can be released or confirmed."""
    assert ask_release(ask(None, "aino", WHY, 1), "aino", "a mistake of mine", 2) is None
    refused(ask_release, None, "aino", WHY, 3)
    refused(confirm, None, "aino", 3)


@pytest.mark.parametrize(
    ("role", "sites", "may"),
    [
        ("supervisor", ("kunta",), True), ("supervisor", ("muu",), False), ("admin", (), True),
        ("counsellor", ("kunta",), False), ("operator", ("kunta",), False), ("auditor", ("kunta",), False),
    ],
)  # fmt: skip
def test_supervisors_and_administrators_of_the_site_may(role: str, sites: tuple[str, ...], may: bool) -> None:
    """Nobody else, and no account that is disabled."""
    staff = Staff(StaffId("a"), "A", role, "", PoolId("kunta"), tuple(map(SiteId, sites)))  # type: ignore[arg-type]
    assert may_hold(staff, SiteId("kunta"), "kunta/paihde") is may


@pytest.mark.parametrize(
    ("role", "queues", "sees"),
    [
        ("supervisor", (), True), ("supervisor", ("kunta/paihde",), True), ("supervisor", ("kunta/perhe",), False),
        ("admin", ("kunta/perhe",), True), ("auditor", ("kunta/perhe",), True),
    ],
)  # fmt: skip
def test_a_supervisor_of_some_queues_sees_their_holds(role: Any, queues: tuple[str, ...], sees: bool) -> None:
    """And takes no part in others; whoever answers for the site sees all of it."""
    keys = tuple(map(QueueKey, queues))
    staff = Staff(StaffId("a"), "A", role, "", PoolId("kunta"), (SiteId("kunta"),), keys)
    assert sees_holds_of(staff, "kunta/paihde") is sees
    assert may_hold(staff, SiteId("kunta"), "kunta/paihde") is (sees and role != "auditor")
