"""Sealing: what is sealed opens only unchanged, in its place, with its key."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.store.cipher import OVERHEAD, Unreadable, entry_aad, seal, unseal

KEY = AESGCM(bytes(32))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
places = st.tuples(texts, texts, texts, texts, texts)


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_is_sealed_can_be_opened(plain: bytes, aad: bytes) -> None:
    """Sealing and opening give back the same bytes, at a fixed cost in length."""
    sealed = seal(KEY, aad, plain)
    assert unseal(KEY, aad, sealed) == plain
    assert len(sealed) == len(plain) + OVERHEAD


@given(st.binary(max_size=40), st.data())
def test_a_changed_byte_is_noticed(plain: bytes, data: st.DataObject) -> None:
    """Whichever bit is changed, and wherever it is cut, what was sealed does not open."""
    sealed = bytearray(seal(KEY, b"place", plain))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Unreadable):
        unseal(KEY, b"place", bytes(sealed))
    with pytest.raises(Unreadable):
        unseal(KEY, b"place", seal(KEY, b"place", plain)[: data.draw(st.integers(0, OVERHEAD - 1))])


def test_another_key_does_not_open_it() -> None:
    """Keys are not interchangeable."""
    with pytest.raises(Unreadable):
        unseal(AESGCM(bytes(31) + b"\x01"), b"place", seal(KEY, b"place", b"text"))


@given(places, places)
def test_places_never_read_the_same(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Two different places have different associated data, whatever is in their names."""
    assert (entry_aad(*one) == entry_aad(*other)) == (one == other)


@given(places, st.integers(0, 4))
def test_an_entry_does_not_open_in_another_place(place: tuple[str, ...], changed: int) -> None:
    """Site, conversation, log, author and the client's id are all part of the seal."""
    moved = tuple(part + "x" if index == changed else part for index, part in enumerate(place))
    with pytest.raises(Unreadable):
        unseal(KEY, entry_aad(*moved), seal(KEY, entry_aad(*place), b"text"))


def test_equal_texts_look_different() -> None:
    """Nobody can see that two entries say the same."""
    assert len({seal(KEY, b"place", b"text") for _ in range(100)}) == 100
