"""Frames out of a stream in pieces: the rules of RFC 6455, without a socket."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.web.frames import MAX_FRAME
from chatsvc.web.protocol import Close
from chatsvc.web.rfc6455 import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    FrameReader,
    Violation,
    close_code,
    header,
)

KEY = bytes((7, 0, 255, 128))


def masked(payload: bytes, opcode: int = BINARY, first: int = 0x80) -> bytes:
    """A client's frame."""
    head = bytearray(header(first | opcode, len(payload)))
    head[1] |= 0x80
    return bytes(head) + KEY + bytes(byte ^ KEY[at % 4] for at, byte in enumerate(payload))


def read(reader: FrameReader, *pieces: bytes) -> list[tuple[int, bytes]]:
    """Everything that the pieces hold."""
    found = []
    for piece in pieces:
        reader.feed(piece)
        while (frame := reader.next()) is not None:
            found.append((frame[0], bytes(frame[1])))
    return found


frames_strategy = st.lists(
    st.tuples(st.sampled_from([TEXT, BINARY, PING]), st.binary(max_size=125))
    | st.tuples(st.just(BINARY), st.integers(0, MAX_FRAME).map(bytes)),
    max_size=5,
)


@given(frames_strategy, st.lists(st.integers(0, 400_000), max_size=20))
def test_cuts_do_not_matter(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    """However the network cuts the stream, the same messages come out, whole and in order."""
    stream = b"".join(masked(payload, opcode) for opcode, payload in frames)
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(places)]
    reader = FrameReader(MAX_FRAME)
    assert read(reader, *pieces) == frames
    assert reader.backlog == 0


def test_fragments_are_joined_around_control_frames() -> None:
    """A message in fragments is one message; a ping between them comes first."""
    stream = (
        masked(b"a", BINARY, 0)
        + masked(b"p", PING)
        + masked(b"", CONTINUATION, 0)
        + masked(b"b", CONTINUATION)
    )
    assert read(FrameReader(MAX_FRAME), stream, masked(b"c")) == [
        (PING, b"p"),
        (BINARY, b"ab"),
        (BINARY, b"c"),
    ]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (header(0x82, 1) + b"x", Close.PROTOCOL),
        (header(0x82, 300)[:2], Close.PROTOCOL),
        (masked(b"x", BINARY, 0xC0), Close.PROTOCOL),
        (masked(b"x", 0x3), Close.PROTOCOL),
        (masked(b"x", 0xB), Close.PROTOCOL),
        (masked(b"x", PING, 0), Close.PROTOCOL),
        (masked(bytes(126), PING), Close.PROTOCOL),
        (masked(b"x", CONTINUATION), Close.PROTOCOL),
        (masked(b"x", BINARY, 0) + masked(b"y", BINARY), Close.PROTOCOL),
        (masked(bytes(MAX_FRAME + 1))[:14], Close.TOO_BIG),
        (bytes((0x82, 0xFF)) + b"\xff" * 8, Close.TOO_BIG),
        (masked(bytes(MAX_FRAME), BINARY, 0) + masked(b"x", CONTINUATION), Close.TOO_BIG),
    ],
    ids=[
        "unmasked", "unmasked head", "reserved bit", "opcode 3", "opcode 11", "ping in fragments", "long ping",
        "continues nothing", "two at once", "too big", "endless", "too big in fragments",
    ],
)  # fmt: skip
def test_violations_are_seen(stream: bytes, code: Close) -> None:
    """What the protocol forbids is refused with its code as soon as the head shows it."""
    with pytest.raises(Violation) as found:
        read(FrameReader(MAX_FRAME), stream)
    assert found.value.code == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"", None), (b"\x03\xe8", 1000), (b"\x0f\xa0bye", 4000), (b"\x03\xe8\xc3\xa4", 1000)],
)
def test_close_codes(payload: bytes, code: int | None) -> None:
    """A close frame says why, or nothing."""
    assert read(FrameReader(MAX_FRAME), masked(payload, CLOSE)) == [(CLOSE, payload)]
    assert close_code(payload) == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\x03", Close.PROTOCOL), (b"\x03\xed", Close.PROTOCOL), (b"\x03\xee", Close.PROTOCOL),
        (b"\x03\xf7", Close.PROTOCOL), (b"\x00\x00", Close.PROTOCOL), (b"\x13\x88", Close.PROTOCOL),
        (b"\x03\xe8\xff", Close.BAD_UTF8),
    ],
)  # fmt: skip
def test_close_codes_that_nobody_sends(payload: bytes, code: Close) -> None:
    """Half a code, a code that only stands for silence, an undefined one, and a reason that is no text."""
    with pytest.raises(Violation) as found:
        close_code(payload)
    assert found.value.code == code
