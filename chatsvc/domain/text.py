"""What people may send as text."""

import unicodedata

from chatsvc.domain.errors import BadField, TooLong

MAX_CODE_POINTS = 4_000  # after NFC, by the wire's definition
_ALLOWED_CONTROLS = frozenset("\t\n")


def accepted_text(text: str, field: str = "text") -> str:
    """`text` in NFC.

    Raises TooLong (over 4,000 code points), BadField (a control character but tab and newline, a lone surrogate,
    or nothing but white space).
    """
    if len(text) > 4 * MAX_CODE_POINTS:  # composition never shortens more than that
        raise TooLong(f"`{field}` has more than {MAX_CODE_POINTS} characters; send it in parts.")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if len(text) > MAX_CODE_POINTS:
        raise TooLong(f"`{field}` has more than {MAX_CODE_POINTS} characters; send it in parts.")
    if not text.isprintable() and any(
        unicodedata.category(char) in ("Cc", "Cs") and char not in _ALLOWED_CONTROLS for char in text
    ):
        raise BadField(f"`{field}` has a control character; only tab and newline are accepted.")
    if not text or text.isspace():
        raise BadField(f"`{field}` is empty; it needs a character that is not white space.")
    return text
