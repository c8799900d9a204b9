"""Finds e-mail addresses, also where a word stands for the sign or for the dot."""

import re
from collections.abc import Iterator

from chatsvc.domain.redaction import Finding, Kind, near

_LONGEST_LOCAL = 64  # RFC 5321, 4.5.3.1.1
_LOCAL_SIGNS = frozenset(".+%_'-")
_WORDS = r"at|ät|a|miuku ?mauku|miuku|mauku|snabel-?a|kissanhäntä|ät-?merkki|at-?merkki|at-?sign"
_SIGN = re.compile(
    rf"(?P<sign> ?@ ?)| ?[(\[{{<] ?(?:{_WORDS}) ?[)\]}}>] ?| (?P<plain>at) "
    r"| (?:ät|miuku ?mauku|miuku|mauku|snabel-?a|kissanhäntä|(?:ät|at)-?merkki|at-?sign) ",
    re.IGNORECASE,
)
_DOT = r"(?:\.| ?[(\[] ?(?:dot|piste|punkt|\.) ?[)\]] ?| (?:dot|piste|punkt|\.) )"
_DOMAIN = re.compile(rf"(?:[^\W_][\w-]{{0,62}}{_DOT}){{1,5}}[^\W\d_]{{2,24}}", re.IGNORECASE)
_SPELLED = re.compile(r"(?<!\w)(?:dot|piste|punkt)(?!\w)", re.IGNORECASE)
# A comma for the dot, which only the real sign makes a mailbox of.
_MISTYPED = re.compile(r"[^\W_][\w-]{0,62},(?:fi|com|net|org|se|ax)(?![^\W_])", re.IGNORECASE)
# Where a mailbox is, even if the rest of the name is missing or mistyped.
_PROVIDERS = (
    "gmail|googlemail|hotmail|outlook|live|msn|yahoo|icloud|me|mac|proton|protonmail|pm|luukku|suomi24|kolumbus|elisa|saunalahti|"
    "welho|netti|inet|pp|dnainternet|elisanet|gmx|mail|mailbox|tutanota|tuta|hushmail|aland|multi|netikka|anvianet"
)
_MAILBOX = re.compile(
    rf"(?:{_PROVIDERS})(?![^\W_])(?: ?[., ] ?(?:com|fi|net|org|me|ax|se)(?![^\W_]))?", re.IGNORECASE
)
_NAMED = re.compile(
    r"s[äa]hk[öo]posti|(?<!\w)(?:s-?posti|e-?post|e-?mail|mail|mejl|meil|maila)", re.IGNORECASE
)


def emails(text: str) -> Iterator[Finding]:
    """E-mail addresses in a view's text."""
    done = 0
    for sign in _SIGN.finditer(text):
        start = _local_start(text, sign.start(), done)
        domain = _DOMAIN.match(text, sign.end()) or _MAILBOX.match(text, sign.end())
        if domain is None and sign["sign"]:
            domain = _MISTYPED.match(text, sign.end())
        if start == sign.start() or domain is None:
            continue
        if sign["plain"] and not (
            _SPELLED.search(domain[0]) or _is_written_out(text, start, sign.start(), sign.end())
        ):
            continue
        done = domain.end()
        yield Finding(start, done, Kind.EMAIL)


def _local_start(text: str, end: int, least: int) -> int:
    """Where the part before the sign begins; `end` itself if there is none."""
    start = end
    while start > max(least, end - _LONGEST_LOCAL) and (
        text[start - 1].isalnum() or text[start - 1] in _LOCAL_SIGNS
    ):
        start -= 1
    while start < end and not text[start].isalnum():
        start += 1
    return start


def _is_written_out(text: str, start: int, end: int, domain: int) -> bool:
    """Whether a bare "at" stands for the sign: "help at example.fi" is a place, "a.b at example.fi" a mailbox."""
    local = text[start:end]
    odd = any(not sign.isalpha() for sign in local)
    return odd or bool(_MAILBOX.match(text, domain)) or near(text, start, end, _NAMED, before=25)
