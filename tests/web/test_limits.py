"""What one network may ask of one node: first for nothing, then for work, then not now; by property and by figure."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.buckets import Rate
from chatsvc.web.limits import FIGURES, GROWS_BY_BITS, MOST_SOURCES, WIDER_HAS, Figures, Limits, Task, Wait
from chatsvc.web.neighbours import DAY_S, NOBODY, WORD
from tests.web.test_puzzles import solve

HERE, THERE = b"here", b"there"
FEW = Figures(
    joins=Rate(2, 0.1), worked_joins=Rate(4, 0.05), messages=Rate(3, 0.5), worked_messages=Rate(2, 0.05),
    messages_for_work=2, watches=Rate(3, 1.0), bits=4,
)  # fmt: skip


class Counted:
    """Counts what the operator would see."""

    def __init__(self) -> None:
        self.by = Counter[tuple[str, str]]()

    def limited(self, kind: str, outcome: str) -> None:
        """One more."""
        self.by[kind, outcome] += 1


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def limits(figures: Figures = FEW) -> tuple[Limits, Clock, Counted]:
    """Limits with a clock of their own."""
    clock, counted = Clock(), Counted()
    return Limits(counted, clock, (), figures), clock, counted


def comes_in(found: Limits, source: bytes = HERE) -> str:
    """How somebody from there fares who does what is asked of them."""
    if not found.free("join", source):
        return "free"
    task = found.task("join", source)
    if isinstance(task, Wait):
        return "refused"
    proof = solve(task.puzzle, task.bits)
    return "worked" if found.worked("join", source, task.puzzle, proof) is True else "late"


def test_first_free_then_for_work_then_not_now() -> None:
    """Each of them as often as the figures say; other networks have theirs, and who is not known has no limit."""
    found, clock, counted = limits()
    assert [comes_in(found) for _ in range(8)] == ["free"] * 2 + ["worked"] * 4 + ["refused"] * 2
    assert comes_in(found, THERE) == "free"
    assert {comes_in(found, NOBODY) for _ in range(50)} == {"free"}
    assert counted.by == {("join", "set"): 4, ("join", "solved"): 4, ("join", "refused"): 2}
    refusal = found.task("join", HERE)
    assert isinstance(refusal, Wait)
    clock.now_s += refusal.seconds
    assert comes_in(found) in {"free", "worked"}


def test_the_work_grows_within_a_bound() -> None:
    """The first is the easiest, the last four times as hard, and none is harder."""
    found, _, _ = limits()
    bits = []
    while comes_in(found) != "refused":
        if isinstance(task := found.task("join", HERE), Task):
            bits.append(task.bits)
    assert bits == sorted(bits)
    assert (bits[0], bits[-1]) == (FEW.bits, FEW.bits + 2)
    assert max(bits) <= FEW.bits + GROWS_BY_BITS


def test_a_customer_with_many_networks_has_four_times_as_much() -> None:
    """256 networks of a /48 that try ten times each: together no more than four of them; others have their own."""
    found, _, _ = limits()
    customer = b"a customer".ljust(WORD)
    fared = Counter(
        comes_in(found, str(number).encode().ljust(WORD) + customer)
        for number in range(256)
        for _ in range(10)
    )
    assert fared["free"] == WIDER_HAS * FEW.joins.burst
    assert fared["worked"] == WIDER_HAS * FEW.worked_joins.burst
    assert comes_in(found, b"7".ljust(WORD) + b"another".ljust(WORD)) == "free"


def test_what_was_worked_for_counts_once() -> None:
    """Not again, not for another network, not with a wrong number; and a wrong one takes nothing."""
    found, _, counted = limits()
    task = found.task("join", HERE)
    assert isinstance(task, Task)
    proof = solve(task.puzzle, task.bits)
    assert found.worked("join", THERE, task.puzzle, proof) is False
    assert found.worked("join", HERE, task.puzzle, "x") is False
    assert found.worked("join", HERE, task.puzzle, proof) is True
    assert found.worked("join", HERE, task.puzzle, proof) is False
    assert counted.by["join", "wrong"] == 3


def test_puzzles_kept_in_store_let_in_no_more_than_the_figures() -> None:
    """Whoever collects puzzles first and answers them all at once gets as many in as somebody who does not."""
    found, _, _ = limits()
    tasks = [found.task("join", HERE) for _ in range(20)]
    answers = [
        found.worked("join", HERE, task.puzzle, solve(task.puzzle, task.bits))
        for task in tasks
        if isinstance(task, Task)
    ]
    assert Counter(map(type, answers)) == {bool: 4, Wait: 16}


@given(st.lists(st.floats(0, 60), min_size=1, max_size=80))
def test_in_no_stretch_of_time_more_than_the_figures(pauses: list[float]) -> None:
    """However somebody times it, with all the work in the world; and a refusal says a time at which it would do."""
    found, clock, _ = limits()
    let_in: list[float] = []
    for pause in pauses:
        clock.now_s += pause
        if comes_in(found) != "refused":
            let_in.append(clock.now_s)
            continue
        task = found.task("join", HERE)
        assert isinstance(task, Wait)
        assert 0 < task.seconds <= 1 / FEW.worked_joins.per_s
    burst = FEW.joins.burst + FEW.worked_joins.burst
    per_s = FEW.joins.per_s + FEW.worked_joins.per_s
    for start in let_in:
        for end in let_in:
            through = sum(start <= at <= end for at in let_in)
            assert end < start or through <= burst + (end - start) * per_s + 1e-6


def test_a_day_ends_everything() -> None:
    """When the key dies, so does what was limited under it; nothing waits for longer than twenty minutes anyway."""
    found, clock, _ = limits()
    found.renew()
    while comes_in(found) != "refused":
        pass
    clock.now_s += DAY_S
    found.renew()
    assert comes_in(found) == "free"
    for rate in (
        FIGURES.joins,
        FIGURES.worked_joins,
        FIGURES.messages,
        FIGURES.worked_messages,
        FIGURES.watches,
    ):
        assert rate.burst / rate.per_s <= 1_200


def test_memory_is_bounded() -> None:
    """A flood from more networks than are remembered forgets the oldest, whom that lets in."""
    found, _, _ = limits(FIGURES)
    for number in range(MOST_SOURCES + 1_000):
        assert found.free("join", number.to_bytes(16)) == 0
    assert len(found._free["join"]) == MOST_SOURCES


@pytest.mark.parametrize(
    ("who", "at_once", "an_hour"), [("a class", 30, 0), ("a school", 200, 200), ("a library", 10, 100)]
)
def test_shared_networks_are_not_shut_out(who: str, at_once: int, an_hour: int) -> None:
    """Whole groups come in at once from one network, and then for an hour; none of them is refused."""
    found, clock, _ = limits(
        Figures(**{name: getattr(FIGURES, name) for name in FIGURES.__slots__} | {"bits": 1})
    )
    fared = Counter(comes_in(found) for _ in range(at_once))
    for _ in range(an_hour):
        clock.now_s += 3_600 / an_hour
        fared[comes_in(found)] += 1
    assert fared["refused"] == 0, (who, fared)
    assert fared["free"] >= min(at_once, FIGURES.joins.burst)
