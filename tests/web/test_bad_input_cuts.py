"""Where TCP cuts the stream makes no difference, to right frames or to wrong ones."""

import random
from itertools import pairwise

import pytest

from chatsvc.web.frames import MAX_FRAME
from chatsvc.web.rfc6455 import FrameReader, Violation, close_code
from tests.contract.bad_bytes import BadBytes, largest_frame, not_rfc_6455
from tests.contract.raw_socket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame
from tests.support.client import JSON, MSGPACK

Heard = list[tuple[int, bytes] | int]


def heard(stream: bytes, cuts: list[int]) -> Heard:
    """What a reader makes of a stream that arrives in pieces: messages, and the code of a violation."""
    reader, found = FrameReader(MAX_FRAME), Heard()
    try:
        for start, end in pairwise([0, *sorted(cuts), len(stream)]):
            reader.feed(stream[start:end])
            while (message := reader.next()) is not None:
                opcode, payload = message
                if opcode == CLOSE:
                    close_code(payload)
                found.append((opcode, bytes(payload)))
    except Violation as violation:
        found.append(int(violation.code))
    return found


def every_way(stream: bytes, seed: int) -> list[list[int]]:
    """Byte by byte at both ends, and cut at random twenty times."""
    chance = random.Random(seed)
    ends = [*range(1, min(40, len(stream))), *range(max(1, len(stream) - 40), len(stream))]
    return [
        ends,
        *([chance.randrange(len(stream)) for _ in range(chance.randrange(1, 12))] for _ in range(20)),
    ]


@pytest.mark.parametrize("case", not_rfc_6455(), ids=lambda case: case.name)
def test_a_violation_is_the_same_however_it_arrives(case: BadBytes) -> None:
    """Also after right frames, which are heard before it."""
    stream = frame(PING, b"before") + frame(TEXT, b"{}") + case.raw
    whole = heard(stream, [])
    assert whole[:2] == [(PING, b"before"), (TEXT, b"{}")]
    for cuts in every_way(stream, len(case.raw)):
        assert heard(stream, cuts) == whole


def test_right_frames_are_heard_however_they_arrive() -> None:
    """Whole messages and messages in pieces, empty ones, of every length that has a head of its own."""
    lengths = (0, 1, 125, 126, 127, 65_535, 65_536)
    stream = b"".join(frame(BINARY, b"x" * length) for length in lengths)
    stream += frame(TEXT, b"", fin=False) + frame(PONG, b"") + frame(CONTINUATION, b"a", fin=False)
    stream += (
        frame(PING, b"p" * 125) + frame(CONTINUATION, b"") + largest_frame(JSON) + largest_frame(MSGPACK)
    )
    wanted: Heard = [(BINARY, b"x" * length) for length in lengths]
    wanted += [(PONG, b""), (PING, b"p" * 125), (TEXT, b"a")]
    for seed in range(20):
        for cuts in every_way(stream, seed):
            found = heard(stream, cuts)
            assert found[: len(wanted)] == wanted
            assert len(found) == len(wanted) + 2
