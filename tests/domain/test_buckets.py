"""Token buckets: what they let through, beside a plain count, and in how much memory."""

from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.buckets import Buckets, Nested, Rate

steps = st.lists(st.tuples(st.floats(0, 5), st.sampled_from("ab"), st.integers(1, 3)), max_size=60)


@given(steps)
def test_never_more_than_the_burst_and_the_rate(found: list[tuple[float, str, int]]) -> None:
    """In no stretch of time more than the burst and what the rate gives in it; keys don't share."""
    rate = Rate(5, 0.5)
    buckets: Buckets[str] = Buckets(rate, 10)
    now, taken = 0.0, list[tuple[float, str, int]]()
    for passed, key, cost in found:
        now += passed
        if not buckets.take(key, now, cost):
            taken.append((now, key, cost))
    for start, key, _ in taken:
        for end, _, _ in taken:
            through = sum(cost for at, other, cost in taken if other == key and start <= at <= end)
            assert end < start or through <= rate.burst + (end - start) * rate.per_s + 1e-6


@given(steps)
def test_who_waits_as_long_as_told_gets_in(found: list[tuple[float, str, int]]) -> None:
    """A refusal takes nothing, and says when it will do: not before, but then."""
    buckets: Buckets[str] = Buckets(Rate(3, 0.25), 10)
    now = 0.0
    for passed, key, cost in found:
        now += passed
        wait_s = buckets.take(key, now, cost)
        if wait_s:
            assert wait_s > 1e-9, "no wait that a clock does not show"
            assert wait_s < 1e-6 or buckets.take(key, now + wait_s * 0.99, cost) > 0
            now += wait_s + 1e-6
            assert buckets.take(key, now, cost) == 0


def test_memory_is_bounded_and_forgetting_lets_in() -> None:
    """A flood of keys pushes out the oldest, who have full buckets again; a clock that goes back gives nothing."""
    buckets: Buckets[int] = Buckets(Rate(1, 0.001), 100)
    for key in range(1_000):
        assert buckets.take(key, 0.0) == 0
    assert len(buckets) == 100
    assert buckets.take(999, 0.0) > 0
    assert buckets.take(999, -50.0) > 0
    assert buckets.take(0, 0.0) == 0
    buckets.clear()
    assert buckets.take(999, 0.0) == 0


@given(
    st.lists(st.tuples(st.floats(0, 3), st.integers(0, 5), st.sampled_from(["x", "y", None])), max_size=80)
)
def test_many_keys_of_one_group_have_no_more_than_the_group(
    found: list[tuple[float, int, str | None]],
) -> None:
    """Each key has its own bucket, all of a group three of them together; a refusal takes nothing and tells when."""
    rate, times = Rate(2, 0.5), 3
    buckets: Nested[str] = Nested(rate, 10, times)
    now, taken = 0.0, list[tuple[float, str, str | None]]()
    for passed, number, group in found:
        now += passed
        key = f"{group}{number}"
        if wait_s := buckets.take(key, group, now):
            assert buckets.wait(key, group, now) == wait_s
            now += wait_s + 1e-6
            assert buckets.take(key, group, now) == 0
        taken.append((now, key, group))
    for start, _, group in taken:
        through = sum(1 for at, _, other in taken if other == group and start <= at)
        most = times * (rate.burst + (now - start) * rate.per_s)
        assert group is None or through <= most + 1e-3
    buckets.clear()
    assert buckets.level("x0", "x", now) == rate.burst
    assert len(buckets) == 0
