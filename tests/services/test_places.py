"""Who shares an estimate with whom: nobody near the front, neighbours far behind."""

from chatsvc.services.estimates import NEAR, stretch


def test_near_the_front_each_place_counts() -> None:
    """The first places are estimated one by one."""
    assert len({stretch(place) for place in range(1, NEAR + 1)}) == NEAR


def test_far_behind_a_tenth_is_one() -> None:
    """Stretches follow the line, none spans more than a tenth of its places, and thousands make a hundred."""
    stretches = [stretch(place) for place in range(1, 10_001)]
    assert stretches == sorted(stretches)
    assert len(set(stretches)) < 100
    for place in range(NEAR + 1, 9_000):
        assert stretch(place) != stretch(int(place * 1.1) + 1)
