"""Frames that are right in themselves and wrong now, here or for this person; and texts that nobody may send."""

from typing import Any

import msgpack

from tests.support.client import JSON

SOMEBODY_ELSES = "{control}"  # stands for the conversation that the misbehaving people have no part in
NOBODYS = "0123456789abcdef01234567"

ABOUT_A_CONVERSATION: dict[str, dict[str, Any]] = {
    "say": {"id": "x1", "text": "hei"},
    "typing": {"on": True},
    "seen": {"seq": 1},
    "note": {"id": "x2", "text": "hei"},
    "accept": {},
    "decline": {},
    "transfer": {"to": {"queue": "sivu"}},
    "consult": {"counsellor": "eino"},
    "return": {},
    "close": {},
    "heavy": {},
    "wrap_up": {"outcome": "talked"},
}
VISITOR_BEFORE_HELLO: dict[str, dict[str, Any]] = {
    "say": {"id": "x1", "text": "hei"},
    "typing": {"on": True},
    "seen": {"seq": 1},
    "leave": {},
    "feedback": {"score": 3},
    "erase": {},
}
OF_THE_OTHER_KIND: dict[str, tuple[str, ...]] = {
    "visitor": (
        "duty", "take", "accept", "decline", "note", "transfer", "consult", "return", "close", "heavy", "wrap_up",
        "welcome", "entry", "ack", "error", "ok", "pong", "", "HELLO", "hello ", "hello\x00", "say\n", "x" * 60_000,
        "__class__", "constructor", "../hello", "tervetuloa", "🙂",
    ),
    "eino": ("watch", "leave", "feedback", "erase", "welcome", "assigned", "log", "", "Take", "x" * 60_000),
}  # fmt: skip

NOT_TEXT: dict[str, str] = {
    "nothing": "",
    "a space": " ",
    "line ends and tabs": "\n\t \n",
    "no-break spaces": "\u00a0\u202f",
    "wide and thin spaces": "\u2003\u3000\u200a",
    "line and paragraph separators": "\u2028\u2029",
    "NUL": "a\x00b",
    "carriage return": "a\r\nb",
    "escape": "\x1b[31mred",
    "bell": "\x07",
    "backspace": "abc\x08",
    "form feed": "a\x0cb",
    "delete": "abc\x7f",
    "next line": "a\x85b",
    "application programme command": "a\x9fb",
}
TOO_LONG: dict[str, str] = {
    "one letter too many": "x" * 4_001,
    "one emoji too many": "🙂" * 4_001,
    "one composed letter too many": "e\u0301" * 4_001,
    "a letter that grows in NFC": "\u0958" * 2_001,
    "16,001 letters": "x" * 16_001,
    "a frame full": "x" * 65_000,
    "controls after the limit": "x" * 4_001 + "\x00",
}
RIGHT_TEXT: dict[str, tuple[str, str]] = {
    "4,000 letters": ("x" * 4_000, "x" * 4_000),
    "4,000 emoji": ("🙂" * 4_000, "🙂" * 4_000),
    "4,000 letters in 8,000 parts": ("e\u0301" * 4_000, "é" * 4_000),
    "decomposed letters": ("a\u0308a\u0308kko\u0308nen", "ääkkönen"),
    "a singleton": ("\u212b", "Å"),
    "reordered marks": ("q\u0307\u0323", "q\u0323\u0307"),
    "tab and line end": ("\ta\nb", "\ta\nb"),
    "right to left": ("\u202eabc", "\u202eabc"),
    "joined emoji": ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
    "markup": ("<script>alert(1)</script>&amp;", "<script>alert(1)</script>&amp;"),
    "Sámi": ("čálašeapmi ŋ ŧ ž", "čálašeapmi ŋ ŧ ž"),
    "surrogate pair as escapes": ("\U0001f642", "🙂"),
}


def bad_answers(subprotocol: str) -> dict[str, tuple[Any, str]]:
    """Pre-chat answers that must not be stored, and the code that answers them."""
    deep: Any = "end"
    for _ in range(300):
        deep = {"q": deep}
    found: dict[str, tuple[Any, str]] = {
        "a control character": ({"q": "a\x00b"}, "bad_field"),
        "a control character in a key": ({"q\x00": "a"}, "bad_field"),
        "a control character deep inside": ({"q": [["a\x1b"]]}, "bad_field"),
        "300 levels": (deep, "bad_field"),
        "300 lists": ({"q": _nested(300)}, "bad_field"),
        "a number that browsers round": ({"q": 2**53 + 1}, "bad_field"),
        "a very negative number": ({"q": -(2**63)}, "bad_field"),
        "17 KiB": ({"q": "x" * 17_000}, "too_long"),
        "17 KiB of keys": ({f"q{n}": 1 for n in range(2_000)}, "too_long"),
    }
    if subprotocol == JSON:
        found["a number of 40 digits"] = ({"q": 10**40}, "bad_field")
    else:
        found |= {
            "bytes": ({"q": b"abc"}, "bad_field"),
            "an extension": ({"q": msgpack.ExtType(5, b"abc")}, "bad_field"),
            "a time": ({"q": msgpack.Timestamp(1, 0)}, "bad_field"),
            "NaN": ({"q": float("nan")}, "bad_field"),
            "infinity": ({"q": float("-inf")}, "bad_field"),
            "a number as key": ({"q": {1: 2}}, "bad_field"),
            "64 bits": ({"q": 2**64 - 1}, "bad_field"),
        }
    return found


def _nested(levels: int) -> Any:
    inner: Any = []
    for _ in range(levels):
        inner = [inner]
    return inner
