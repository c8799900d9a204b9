"""Estimates from what the store and the plan say."""

from dataclasses import replace
from datetime import datetime

from chatsvc.domain.records import Duty
from chatsvc.domain.roster import Occurrence, planned
from chatsvc.domain.sharing import Presence
from chatsvc.domain.shifts import ShiftId
from chatsvc.domain.sites import PoolId, Queue, QueueKey, QueueName, SiteId, Staff, StaffId
from chatsvc.services.estimates import Waits, presences
from chatsvc.services.teams import BLINK_MS, staffed_until

MINUTE, HOUR = 60_000, 3_600_000
NOW = 1_800_000_000_000
QUEUE = Queue(SiteId("s"), QueueName("q"), {}, mode="auto")


def duty(name: str, state: str = "available", *, load: int = 2, since: int = NOW) -> Duty:
    """A counsellor with two places."""
    return Duty(
        id=name, alias=name, state=state, since=since, capacity=2, queues=["s/q"], convs=[], wraps=[],
        consults=[], idle=0, missed=0, rev=0, grace_ms=0, load=load, languages=["fi"],
    )  # fmt: skip


def presence(name: str, start: int, end: int) -> Presence:
    """A planned time, in ms from now."""
    return Presence(name, ["s/q"], ["fi"], 2, NOW + start, NOW + end)


def high(people: list[Duty], plan: list[Presence], ahead: int = 4) -> float | None:
    """The high end for somebody who joins behind so many."""
    line = [(float(NOW - 100 + number), f"c{number}") for number in range(ahead)]
    found = Waits([QUEUE], {("s/q", "fi"): line}, people, {}, plan, NOW).of_newcomer("s/q", ["fi"])
    return found.high if found else None


def test_planned_shifts_count() -> None:
    """Whoever begins soon shortens the wait, whoever ends soon lengthens it, and one who came early counts once."""
    usual = high([duty("aino"), duty("eino")], [])
    more = high([duty("aino"), duty("eino")], [presence("olli", 5 * MINUTE, 8 * HOUR)])
    fewer = high([duty("aino"), duty("eino")], [presence("eino", -HOUR, 5 * MINUTE)])
    assert usual is not None
    assert more is not None
    assert fewer is not None
    assert more < usual < fewer
    early = high([duty("aino"), duty("eino")], [presence("eino", 5 * MINUTE, 8 * HOUR)])
    assert early == usual


def test_a_pause_ends() -> None:
    """Somebody who pauses counts as back after a while; without anybody at hand nobody knows when that is."""
    alone = high([duty("aino")], [], ahead=0)
    paused = high([duty("aino"), duty("eino", "paused")], [], ahead=0)
    assert alone is not None
    assert paused is not None
    assert paused < alone
    assert high([duty("eino", "paused")], []) is None
    assert high([duty("eino", "paused")], [presence("olli", 5 * MINUTE, 8 * HOUR)]) is None
    assert high([duty("eino", "off")], []) is None
    gone = duty("eino")
    gone.away = NOW - BLINK_MS
    assert high([gone], []) is None
    gone.away = NOW - BLINK_MS + 1  # a page loaded anew
    assert high([gone], []) == high([duty("eino")], [])


def test_who_waits_is_told_of_those_ahead_only() -> None:
    """The first waits less than the last; in one millisecond the id decides; strangers get nothing."""
    line = [(float(NOW), "a"), (float(NOW), "b"), (float(NOW + 1), "c")]
    waits = Waits([QUEUE], {("s/q", "fi"): line}, [duty("aino")], {}, [], NOW + 2)
    found = [waits.of_waiting(ident) for ident in "abc"]
    medians = [each.median for each in found if each]
    assert len(medians) == 3
    assert medians == sorted(set(medians))
    assert waits.of_waiting("z") is None


def test_whoever_was_declined_waits_for_somebody_else() -> None:
    """Not below what is left until they are offered again, unless a colleague may have them, or comes sooner."""
    queue = replace(QUEUE, mode="offer")
    spared = {"c": {"aino": NOW + 4 * MINUTE}}

    def low(people: list[Duty], plan: list[Presence], found: Queue = queue) -> float:
        wait = Waits([found], {("s/q", "fi"): [(1.0, "c")]}, people, {}, plan, NOW, spared).of_waiting("c")
        assert wait is not None
        return wait.low

    idle = [duty("aino", load=0)]
    assert 240 < low(idle, []) < 250
    assert 120 < low(idle, [presence("olli", 2 * MINUTE, HOUR)]) < 130
    assert low([*idle, duty("eino", load=0)], []) < 10
    assert low([*idle, duty("eino", "paused")], []) > 240
    assert low(idle, [], replace(queue, mode="take")) < 10


def test_staffed_time_ends_with_the_last_shift() -> None:
    """Of those at hand, and of whoever follows within a quarter of an hour; somebody in no plan has no end."""
    aino, eino = duty("aino"), duty("eino")
    shift = presence("aino", -HOUR, HOUR)

    def end(people: list[Duty], *plan: Presence) -> int | None:
        found = staffed_until(people, plan, "s/q", ["fi"], NOW)
        return None if found is None else found - NOW

    assert end([aino]) is None
    assert end([aino], shift) == HOUR
    assert end([aino, eino], shift) is None
    assert end([aino, replace(eino, languages=["sv"])], shift) == HOUR
    assert end([aino, replace(eino, state="off")], shift) == HOUR
    assert end([aino], shift, presence("olli", HOUR + 15 * MINUTE, 3 * HOUR)) == 3 * HOUR
    assert end([aino], shift, presence("olli", HOUR + 16 * MINUTE, 3 * HOUR)) == HOUR
    assert end([aino], presence("aino", HOUR, 2 * HOUR), presence("aino", 5 * HOUR, 6 * HOUR)) == 2 * HOUR


def test_somebody_with_two_shifts_comes_back() -> None:
    """Between one's own two shifts nobody serves; after the break one does again."""
    gap = presence("aino", -HOUR, 5 * MINUTE)
    alone = high([duty("aino")], [gap])
    again = high([duty("aino")], [gap, presence("aino", 35 * MINUTE, 8 * HOUR)])
    assert alone is None
    assert again is not None
    assert again > 35 * 60


def test_whoever_agrees_to_two_languages_stands_once() -> None:
    """Somebody in two lines counts once, and waits as in the quicker one."""
    both = {("s/q", "fi"): [(1.0, "a")], ("s/q", "sv"): [(1.0, "a")]}
    once = {("s/q", "fi"): [(1.0, "a")]}
    people = [replace(duty("aino"), languages=["fi", "sv"])]
    behind = [
        Waits([QUEUE], standing, people, {}, [], NOW).of_newcomer("s/q", ["fi"]) for standing in (both, once)
    ]
    assert behind[0] == behind[1]


def test_presences_of_a_pool() -> None:
    """The roster's shifts of this pool's people that are not over, joined where one follows the other at once."""
    people = {
        StaffId(name): Staff(StaffId(name), name, "counsellor", "", PoolId(pool), (SiteId("s"),))
        for name, pool in (("aino", "p"), ("eino", "other"))
    }

    def occurrence(name: str, start: int, end: int) -> Occurrence:
        return Occurrence(
            ShiftId(f"{name}{start}"), datetime(2027, 1, 4, 9), SiteId("s"), StaffId(name), (QueueKey("s/q"),),  # noqa: DTZ001 - local by contract
            NOW + start * HOUR, NOW + end * HOUR,
        )  # fmt: skip

    shifts = [
        occurrence("aino", -3, -1), occurrence("aino", -1, 2), occurrence("aino", 2, 4), occurrence("aino", 20, 21),
        occurrence("eino", 0, 2),
    ]  # fmt: skip
    roster = planned(shifts, start=NOW - 24 * HOUR, end=NOW + 48 * HOUR)
    found = presences(roster, people, "p", NOW)
    assert [(each.staff, each.start - NOW, each.end - NOW) for each in found] == [("aino", -HOUR, 4 * HOUR)]
