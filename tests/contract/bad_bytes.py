"""What no decoder and no WebSocket endpoint should have to see, and the close code that answers it."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass

import msgpack

from chatsvc.web.frames import MAX_FRAME
from tests.contract.raw_socket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, encoded, frame, opcode_of
from tests.support.client import JSON, MSGPACK

PING_FRAME = {"type": "ping"}


@dataclass(frozen=True, slots=True)
class BadBytes:
    """Bytes on an open socket of one subprotocol, and the close code that answers them."""

    fault: str
    subprotocol: str
    raw: bytes
    code: int

    @property
    def name(self) -> str:
        """For the report of a test run."""
        return f"{self.code}-{self.fault.replace(' ', '_')}-{self.subprotocol.rpartition('.')[2]}"


_NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "space": b" ",
    "cut off": b'{"type":"ping"',
    "cut off in a string": b'{"type":"pi',
    "trailing bytes": b'{"type":"ping"}x',
    "two maps": b'{"type":"ping"}{"type":"ping"}',
    "comment": b'{"type":"ping"/* */}',
    "single quotes": b"{'type':'ping'}",
    "trailing comma": b'{"type":"ping",}',
    "NaN": b'{"type":"ping","n":NaN}',
    "Infinity": b'{"type":"ping","n":-Infinity}',
    "beyond doubles": b'{"type":"ping","n":1e400}',
    "five thousand digits": b'{"type":"ping","n":' + b"9" * 5_000 + b"}",
    "leading zero": b'{"type":"ping","n":007}',
    "byte order mark": b"\xef\xbb\xbf" + b'{"type":"ping"}',
    "bare control character": b'{"type":"ping","n":"\x01"}',
    "bare line end": b'{"type":"ping","n":"\n"}',
    "lone high surrogate": b'{"type":"ping","n":"\\ud83d"}',
    "lone low surrogate": b'{"type":"ping","n":"\\ude00"}',
    "wrong escape": b'{"type":"ping","n":"\\x41"}',
    "number as key": b'{1:2,"type":"ping"}',
    "deep lists": b'{"type":"ping","n":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "deep maps": b'{"n":' * 8_000 + b"1" + b"}" * 8_000,
    "never closed": b"[" * 60_000,
    "MessagePack": msgpack.packb(PING_FRAME)[1:].replace(b"\xa4", b" "),
}
_NOT_MSGPACK: dict[str, bytes] = {
    "nothing": b"",
    "cut off": msgpack.packb(PING_FRAME)[:-1],
    "one key too few": b"\x82" + msgpack.packb(PING_FRAME)[1:],
    "trailing bytes": msgpack.packb(PING_FRAME) + b"\x00",
    "two maps": msgpack.packb(PING_FRAME) * 2,
    "byte of no meaning": b"\xc1",
    "map of four thousand million": b"\xdf\xff\xff\xff\xff",
    "list of four thousand million": b"\x81\xa1n\xdd\xff\xff\xff\xff",
    "string of four thousand million": b"\x81\xa1n\xdb\xff\xff\xff\xff",
    "bytes of four thousand million": b"\x81\xa1n\xc6\xff\xff\xff\xff",
    "extension of four thousand million": b"\x81\xa1n\xc9\xff\xff\xff\xff\x01",
    "string that is no UTF-8": b"\x82\xa4type\xa4ping\xa1n\xa2\xff\xfe",
    "lone surrogate": b"\x82\xa4type\xa4ping\xa1n\xa3\xed\xa0\xbd",
    "overlong UTF-8": b"\x82\xa4type\xa4ping\xa1n\xa2\xc0\x80",
    "type that is no UTF-8": b"\x81\xa4type\xa2\xff\xfe",
    "map as key": b"\x82\xa4type\xa4ping\x81\x01\x02\x03",
    "extension as key": b"\x82\xa4type\xa4ping\xd4\x05x\x02",
    "extension as type": b"\x81\xa4type" + msgpack.packb(msgpack.ExtType(5, b"ping")),
    "time as type": b"\x81\xa4type" + msgpack.packb(msgpack.Timestamp(1, 0)),
    "time beyond the calendar": b"\x82\xa4type\xa4ping\xa1n\xc7\x0c\xff" + b"\xff" * 12,
    "bytes as type": b"\x81\xa4type" + msgpack.packb(b"ping"),
    "type as bytes": b"\x81" + msgpack.packb(b"type") + b"\xa4ping",
    "deep lists": b"\x81\xa1n" + b"\x91" * 60_000 + b"\xc0",
    "deep maps": b"\x81\xa1n" * 20_000 + b"\xc0",
    "JSON": b'{"type":"ping"}',
}
_NOT_A_FRAME: dict[str, object] = {
    "null": None, "true": True, "number": 5, "string": "ping", "list": ["ping"], "list of a map": [PING_FRAME],
    "empty map": {}, "no type": {"site": "kunta"}, "type null": {"type": None}, "type number": {"type": 1},
    "type list": {"type": ["ping"]}, "type map": {"type": {"type": "ping"}}, "type boolean": {"type": True},
    "type in capitals": {"TYPE": "ping"},
}  # fmt: skip


def undecodable() -> list[BadBytes]:
    """Not one map with a string `type`: 4000."""
    found = []
    for subprotocol, wrong in ((JSON, _NOT_JSON), (MSGPACK, _NOT_MSGPACK)):
        bodies = wrong | {fault: encoded(subprotocol, body) for fault, body in _NOT_A_FRAME.items()}
        for fault, body in bodies.items():
            found.append(BadBytes(fault, subprotocol, frame(opcode_of(subprotocol), body), 4000))
    return found


def _of_any_subprotocol(data: int) -> dict[str, tuple[bytes, int]]:
    """Faults of RFC 6455 (numbers are its sections); `data` is the opcode of a data frame."""
    ping = encoded(JSON if data == TEXT else MSGPACK, PING_FRAME)
    other, foreign = (BINARY, ping) if data == TEXT else (TEXT, encoded(JSON, PING_FRAME))
    return {
        "5.1 no mask": (frame(data, ping, masked=False), 1002),
        "5.1 no mask on a ping": (frame(PING, b"", masked=False), 1002),
        "5.1 no mask on a close": (frame(CLOSE, b"\x03\xe8", masked=False), 1002),
        "5.2 first reserved bit": (frame(data, ping, reserved=4), 1002),
        "5.2 second reserved bit": (frame(data, ping, reserved=2), 1002),
        "5.2 third reserved bit": (frame(data, ping, reserved=1), 1002),
        **{f"5.2 opcode {op}": (frame(op, ping), 1002) for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
        "5.2 length with the highest bit": (bytes((0x80 | data, 0xFF)) + b"\xff" * 8 + b"abcd", 1009),
        "5.2 one mebibyte announced": (frame(data, b"x", length=1 << 20), 1009),
        "5.2 all there is announced": (frame(data, b"x", length=(1 << 63) - 1), 1009),
        "5.4 continuation of nothing": (frame(CONTINUATION, ping), 1002),
        "5.4 unfinished continuation of nothing": (frame(CONTINUATION, ping, fin=False), 1002),
        "5.4 a message inside a message": (frame(data, ping, fin=False) + frame(data, ping), 1002),
        "5.4 a message begun twice": (frame(data, ping, fin=False) * 2, 1002),
        "5.5 ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
        "5.5 pong of 126 bytes": (frame(PONG, b"x" * 126), 1002),
        "5.5 close of 126 bytes": (frame(CLOSE, b"\x03\xe8" + b"x" * 124), 1002),
        "5.5 ping in pieces": (frame(PING, b"x", fin=False), 1002),
        "5.5 pong in pieces": (frame(PONG, b"x", fin=False), 1002),
        "5.5 close in pieces": (frame(CLOSE, b"\x03\xe8", fin=False), 1002),
        "5.5.1 close of one byte": (frame(CLOSE, b"\x03"), 1002),
        "5.5.1 reason that is no UTF-8": (frame(CLOSE, b"\x03\xe8\xff\xfe"), 1007),
        **{
            f"7.4 close code {code}": (frame(CLOSE, struct.pack("!H", code)), 1002)
            for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999)
        },
        "the other kind of frame": (frame(other, foreign), 1003),
        "the other kind of frame, in pieces": (
            frame(other, foreign[:3], fin=False) + frame(CONTINUATION, foreign[3:]), 1003,
        ),
        "one byte too many": (frame(data, _of_size(data, MAX_FRAME + 1)), 1009),
        "twice too many": (frame(data, _of_size(data, 2 * MAX_FRAME)), 1009),
        "too many in pieces": (
            frame(data, b"x" * 40_000, fin=False) + frame(CONTINUATION, b"x" * 40_000), 1009,
        ),
        "too many in small pieces": (
            frame(data, b"x" * 1_000, fin=False) + frame(CONTINUATION, b"x" * 1_000, fin=False) * 70, 1009,
        ),
    }  # fmt: skip


def _of_size(data: int, size: int) -> bytes:
    """A correct frame of exactly that size, with a key that is to be ignored."""
    write: Callable[[object], bytes] = (
        (lambda body: json.dumps(body).encode()) if data == TEXT else msgpack.packb
    )
    bare = len(write({"type": "ping", "n": "x" * (size // 2)})) - size // 2
    made = write({"type": "ping", "n": "x" * (size - bare)})
    return made + b" " * (size - len(made)) if data == TEXT else _stretched(made, size)


def _stretched(made: bytes, size: int) -> bytes:
    """The string at the end of `made`, two bytes shorter or longer where its head changed its size."""
    missing = size - len(made)
    length = int.from_bytes(made[13:15], "big") if made[12] == 0xDA else int.from_bytes(made[13:17], "big")
    assert missing == 0 or made[12] in (0xDA, 0xDB), length
    return msgpack.packb({"type": "ping", "n": "x" * (length + missing)}) if missing else made


def not_rfc_6455() -> list[BadBytes]:
    """Faults of the framing, on both subprotocols; text that is no UTF-8 on the one that has text."""
    found = [
        BadBytes(fault, subprotocol, raw, code)
        for subprotocol in (JSON, MSGPACK)
        for fault, (raw, code) in _of_any_subprotocol(opcode_of(subprotocol)).items()
    ]
    for fault, text in {
        "8.1 byte of no meaning": b"\xff",
        "8.1 cut off": b'{"type":"ping","n":"\xc3',
        "8.1 overlong": b'{"type":"ping","n":"\xc0\xaf"}',
        "8.1 surrogate": b'{"type":"ping","n":"\xed\xa0\x80"}',
        "8.1 beyond Unicode": b'{"type":"ping","n":"\xf5\x80\x80\x80"}',
    }.items():
        found.append(BadBytes(fault, JSON, frame(TEXT, text), 1007))
    return found


def largest_frame(subprotocol: str) -> bytes:
    """A correct frame of 64 KiB, the most that a client may send."""
    opcode = opcode_of(subprotocol)
    return frame(opcode, _of_size(opcode, MAX_FRAME))
