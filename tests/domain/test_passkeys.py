"""Challenges that prove themselves, and the little that is decided about passkeys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.challenges import WITHIN_MS, challenge, handle, is_ours, mark
from chatsvc.domain.passkeys import LONGEST_NAME, OwnPasskeys, Passkey, goes_back, known_transports, name_of

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
NOW = 1_800_000_000_000
RANDOM = bytes(range(100, 132))
purposes = st.lists(st.text(max_size=5), min_size=1, max_size=4).map(tuple)


@given(
    purpose=purposes,
    other=purposes,
    random=st.binary(min_size=32, max_size=32),
    late=st.integers(0, WITHIN_MS),
)
def test_a_challenge_is_for_one_purpose_and_a_few_minutes(
    purpose: tuple[str, ...], other: tuple[str, ...], random: bytes, late: int
) -> None:
    """For nothing else, under no other key, and not once its time is over; parts can't be moved between each other."""
    made = challenge(KEY, random, purpose, NOW)
    assert is_ours(KEY, made, purpose, NOW + late) == (late < WITHIN_MS)
    assert is_ours(KEY, made, other, NOW) == (purpose == other)
    assert not is_ours(OTHER_KEY, made, purpose, NOW)


@given(place=st.integers(0, 71), change=st.integers(1, 255))
def test_every_byte_of_a_challenge_counts(place: int, change: int) -> None:
    """Changed, cut short or longer it is not ours: nobody gives one more time, or a second use."""
    made = challenge(KEY, RANDOM, ("sign in",), NOW)
    changed = bytearray(made)
    changed[place] ^= change
    for given_back in (bytes(changed), made[:place], made + bytes([change])):
        assert not is_ours(KEY, given_back, ("sign in",), NOW)


def test_marks_and_handles_are_of_the_random_part() -> None:
    """So each challenge has its own; a handle can't be told from the challenge, nor from the name of anybody."""
    one, two = (challenge(KEY, bytes([number]) * 32, ("a",), NOW) for number in (1, 2))
    assert mark(one) != mark(two)
    assert handle(KEY, one) != handle(KEY, two) != handle(OTHER_KEY, two)
    assert handle(KEY, one) not in one
    assert len(handle(KEY, one)) == 32


@pytest.mark.parametrize(
    ("kept", "shown", "back"),
    [
        (0, 0, False),
        (0, 5, False),
        (5, 6, False),
        (5, 5, True),
        (5, 4, True),
        (5, 0, False),
        (2**32 - 1, 1, True),
    ],
)
def test_counters(kept: int, shown: int, back: bool) -> None:
    """Only a device that counts can go back."""
    assert goes_back(kept, shown) == back


@given(st.text(max_size=60))
def test_names(name: str) -> None:
    """One line of 1 to 40 signs, without blanks around it; what is accepted is accepted again."""
    found = name_of(name)
    if found is not None:
        assert 1 <= len(found) <= LONGEST_NAME
        assert found == found.strip() == name_of(found)
        assert found.isprintable()
    assert name_of("x" * LONGEST_NAME + " ") == "x" * LONGEST_NAME


def test_passkeys_of_an_account() -> None:
    """Found by id and by credential; those of one host; one changed or gone leaves the others as they are."""
    one = Passkey(b"one", b"", "a.fi", "One", 1)
    two = Passkey(b"two", b"", "b.fi", "Two", 1)
    own = OwnPasskeys(b"handle", (one, two))
    assert own.by_id(one.id) == own.by_credential(b"one") == one
    assert own.by_id("") is own.by_credential(b"") is None
    assert own.bound_to("b.fi") == (two,)
    renamed = Passkey(b"two", b"", "b.fi", "New", 1)
    assert own.with_changed(renamed).keys == (one, renamed)
    assert own.without(one).keys == (two,)
    assert known_transports(["usb", "usb", "carrier pigeon"]) == ("usb",)
