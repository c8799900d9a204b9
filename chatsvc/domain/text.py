"""What people may send as text, and as answers to the questions before the chat."""

import math
import unicodedata
from typing import Any

from chatsvc.domain.errors import BadField, TooLong

MAX_CODE_POINTS = 4_000  # after NFC, by the wire's definition
_ALLOWED_CONTROLS = frozenset("\t\n")
_DEEPEST_ANSWER = 4
_LARGEST_NUMBER = 2**53  # beyond it, a browser would show another number


def accepted_text(text: str, field: str = "text") -> str:
    """`text` in NFC.

    Raises TooLong (over 4,000 code points), BadField (a control character but tab and newline, a lone surrogate,
    or nothing but white space).
    """
    if text.isascii() and text.isprintable() and len(text) <= MAX_CODE_POINTS and not text.isspace() and text:
        return text  # the most frequent case, at once
    if len(text) > 4 * MAX_CODE_POINTS:  # composition never shortens more than that
        raise TooLong(f"`{field}` has more than {MAX_CODE_POINTS} characters; send it in parts.")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if len(text) > MAX_CODE_POINTS:
        raise TooLong(f"`{field}` has more than {MAX_CODE_POINTS} characters; send it in parts.")
    if _has_controls(text):
        raise BadField(f"`{field}` has a control character; only tab and newline are accepted.")
    if not text or text.isspace():
        raise BadField(f"`{field}` is empty; it needs a character that is not white space.")
    return text


def accepted_answers(answers: dict[str, Any]) -> dict[str, Any]:
    """`answers` with every text in NFC. Their length is for whoever stores them.

    Raises BadField for anything but words, numbers, yes and no, and lists and maps of these: what one client sends
    must be something that every other client can be sent, in either encoding.
    """
    accepted: dict[str, Any] = _accepted_value(answers, 0)
    return accepted


def _accepted_value(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _accepted_words(value)
    if isinstance(value, int) and abs(value) <= _LARGEST_NUMBER:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list) and depth < _DEEPEST_ANSWER:
        return [_accepted_value(inner, depth + 1) for inner in value]
    if isinstance(value, dict) and depth < _DEEPEST_ANSWER and all(isinstance(key, str) for key in value):
        return {_accepted_words(key): _accepted_value(inner, depth + 1) for key, inner in value.items()}
    raise BadField("`answers` hold something that is no word, number, yes or no, or short list of these.")


def _accepted_words(words: str) -> str:
    if _has_controls(words):
        raise BadField("`answers` have a control character; only tab and newline are accepted.")
    return unicodedata.normalize("NFC", words)


def _has_controls(text: str) -> bool:
    return not text.isprintable() and any(
        unicodedata.category(char) in ("Cc", "Cs") and char not in _ALLOWED_CONTROLS for char in text
    )
