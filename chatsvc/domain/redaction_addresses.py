"""Finds street addresses: a street's name with a house number, the flat and the postal code and town after it.

A name without a number stays, and so does a number without a name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chatsvc.domain.redaction import BARRIER, Finding, Kind, near
from chatsvc.domain.redaction_places import (
    AHEAD_OF_NAME,
    ALONE,
    FIRST_WORD,
    NO_OWNER,
    NO_STREET,
    NOMINATIVES,
    NUMBERED,
    OWNERS_TITLE,
    SELDOM_STREET,
    SURE,
    TOWN,
    UNSURE,
    plain,
)

_LONGEST_WORD = 40
_WORD = rf"[^\W\d_](?:[^\W\d_]|['-]){{2,{_LONGEST_WORD}}}"
_STREET = re.compile(
    rf"(?<![\w'-])(?P<word>{_WORD})(?P<gap> ?, ?| {{1,2}}|)(?:(?:numero|nro|nr|no|nummer|number|talo)\.? )?"
    r"(?P<house>\d{1,3})(?!\d|[.:]\d|,\d{1,4}(?!\d)|[%€$])",
    re.IGNORECASE,
)
_HOUSE_FIRST = re.compile(
    rf"(?<![\w.,:/-])\d{{1,3}}(?: ?[a-h])? (?P<first>{_WORD})(?: (?P<second>{_WORD}))?(?![\w'-])",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"(?<![\w.,:/-])\d{1,4} (?:[A-Z][\w'-]{1,30} ){1,2}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Square)(?!\w)"
)
_NOT_DECIMAL = r"(?!\d|[.:]\d|,\d{1,4}(?!\d))"
_FLAT = r"as(?:unto)?|bostad|bost|lgh|lägenhet|flat|apt|apartment|rappu|rapp|trappa|trapp|tr|ovi|huoneisto"
_REST = re.compile(
    r"(?: ?[-/] ?\d{1,3}(?!\d))?"
    r"(?: ?(?P<stair>[a-hj-z])(?![^\W\d_]|['-]\w))?"
    rf"(?:(?:,? ?(?P<flat>{_FLAT})(?:\.? ?\d{{1,4}}|\.? [a-h])(?!\w))|(?<=[a-zA-Z]) ?\d{{1,3}}{_NOT_DECIMAL}){{0,2}}"
    r"(?::[^\W\d_]{1,4}(?!\w))?",
    re.IGNORECASE,
)
_POSTAL = re.compile(
    rf"(?:,? {{1,2}}|,\n?|\n)(?:(?:FI|AX|SF)-? ?)?\d{{5}}(?!\d)(?: {{1,2}}{_WORD}|(?! ?\d))", re.IGNORECASE
)
_POSTAL_ALONE = re.compile(
    r"(?<![\w.,/-])(?:(?:FI|AX)-)?\d{5} {1,2}(?P<town>[^\W\d_][\w-]{2,24})", re.IGNORECASE
)
# After the number: then it counts something, and the street is where that is.
_UNITS = re.compile(
    r" ?(?:min|minuu?t\w*|h|tun\w+|tim\w*|hours?|sek\w*|sec\w*|v|vuo\w+|år\w*|years?|pv|päiv\w+|dag\w*|days?|vk|"
    r"viik\w+|veck\w*|weeks?|kk|kuukau\w*|månad\w*|months?|m|metri\w*|meter\w*|km|kilomet\w*|eur\w*|kr|mg|kg|kpl|st|krt|kert\w+|"
    r"gång\w*|times|hlö|ihmis\w*|henk\w+|tyyp\w*|typer|person\w*|people|aikaan|asti|jälkeen|maissa|prosent\w*)(?!\w)",
    re.IGNORECASE,
)
# In Finnish what is counted stands in the partitive, which ends so; the cases of place that end alike don't count.
_COUNTED = re.compile(
    r" (?!(?:mutta|kanssa|koska|joka|vaikka|jotta|minä|sinä|siinä|missä|jossa|siellä|täällä|tuolla|yksin|eikä|enkä|"
    r"sitä|mitä|tänä|aina|tässä|kerta)(?!\w))[^\W\d_]{3,}(?<!ss)(?<!st)(?<!ll)(?<!lt)(?<!n)[aä](?!\w)",
    re.IGNORECASE,
)
_COUNTED_SWEDISH = re.compile(
    r" (?!(?:eller|under|efter|över|har|är|var|där|här)(?!\w))[^\W\d_]{2,}(?:ar|er|or)(?!\w)", re.IGNORECASE
)
_LIVES = re.compile(
    r"(?<!\w)(?:asu[ntmu]|osoi|osote|kotios|muut[it]|kotoa|kotona|ambulan|posti|tulkaa|yhteyst|bor(?!\w)|bodde|adress|flytt|"
    r"hemifr[åa]n|kontaktuppg|live|living|address|contact|moved|stay|home|reside)",
    re.IGNORECASE,
)
_LIVES_BEFORE = 40
# Swedish and English say before the name where somebody is; Finnish says it at its end.
_AT = re.compile(r"(?<!\w)(?:p[åa]|till|fr[åa]n|hos|vid|to|at|from) $", re.IGNORECASE)
_CLOSE = 20
_CASES = ("lla", "lta", "lle", "ssa", "sta", "n")
# After something else that was taken out, as in a list of how to reach somebody.
_LISTED = re.compile(rf"{BARRIER}[,;/]? (?:(?:ja|och|and|tai|eller|or) )?$")


@dataclass(frozen=True, slots=True)
class _Name:
    """What a word is as a street's name."""

    sure: bool  # nothing else has such an ending
    whole: bool  # the word is the name; otherwise its owner stands before it
    inflected: bool  # in a case that tells where somebody is
    swedish: bool = False


def addresses(text: str) -> Iterator[Finding]:
    """Street addresses in a view's text, and postal codes with a town that is known."""
    for match in _STREET.finditer(text):
        name = _name(match["word"])
        if name is None:
            continue
        start = _start(text, match.start(), name)
        if start is not None and (end := _end(text, match, start, name)) is not None:
            yield Finding(start, end, Kind.ADDRESS)
    for match in _HOUSE_FIRST.finditer(text):
        if (end := _end_of_named_after(text, match)) is not None:
            yield Finding(match.start(), end, Kind.ADDRESS)
    for match in _ENGLISH.finditer(text):
        yield Finding(match.start(), match.end(), Kind.ADDRESS)
    for match in _POSTAL_ALONE.finditer(text):
        if TOWN.fullmatch(plain(match["town"])):
            yield Finding(match.start(), match.end(), Kind.ADDRESS)


def _end_of_named_after(text: str, match: re.Match[str]) -> int | None:
    """Where an address ends whose number stands first, as in English; nothing if what follows is no street."""
    for word, end in (("first", match.end("first")), ("second", match.end("second"))):
        name = _name(match[word]) if match[word] else None
        if name is None or name.inflected or re.match(r" ?\d", text[end : end + 2]):
            continue
        if not name.whole and _start(text, match.start(word), name) is None:
            continue
        postal = _POSTAL.match(text, end)
        if (
            name.sure
            or postal
            or _lives(text, match.start())
            or _AT.search(text[max(0, match.start() - _CLOSE) : match.start()])
        ):
            return postal.end() if postal else end
    return None


def _name(word: str) -> _Name | None:
    """What a street's name could be made of that ends with this word."""
    low = plain(word)
    if ALONE.fullmatch(low):
        return _Name(sure=True, whole=True, inflected=False)
    for pattern, sure in ((SURE, True), (UNSURE, False)):
        match = pattern.fullmatch(low)
        if match is None:
            continue
        name = match["name"].strip("-'")
        if name in NO_STREET or len(name) == 1:
            return None
        ending = match["fi"] or ""
        inflected = ending not in NOMINATIVES and ending.endswith(_CASES)
        sure = sure and bool(name) and name not in SELDOM_STREET
        return _Name(sure, bool(name), inflected, swedish=match["sv"] is not None)
    return None


def _start(text: str, word: int, name: _Name) -> int | None:
    """Where the whole name begins; nothing if a bare "katu" or "väg" has no owner before it."""
    before = _word_before(text, word)
    if name.whole:
        first = before is not None and (
            FIRST_WORD.fullmatch(plain(before)) or _is_district(before, text[word])
        )
        return word - len(before) - 1 if first and before is not None else word
    if before is None or len(before) < 3 or plain(before) in NO_OWNER:
        return None
    start = word - len(before) - 1
    if NUMBERED.fullmatch(plain(before)):
        return start
    if not plain(before).endswith("s" if name.swedish else "n"):
        return start if _is_torn(text, start, before) else None
    title = _word_before(text, start)
    if title is not None and (
        OWNERS_TITLE.fullmatch(plain(title)) or (name.swedish and _is_first_name(text, start, title))
    ):
        start -= len(title) + 1
    return start


def _is_district(before: str, first: str) -> bool:
    """Whether a word is the place before a street in small letters, as in "Sörnäisten rantatie"."""
    return first.islower() and before[0].isupper() and len(before) > 3 and before.endswith("n")


def _is_torn(text: str, start: int, before: str) -> bool:
    """Whether a name was typed in two words ("kirkko katu"), which only what stands before it can tell."""
    return bool(
        near(text, start, start, _LIVES, before=_CLOSE)
        and not _LIVES.match(before)
        and not plain(before).endswith(_CASES)
    )


def _is_first_name(text: str, start: int, title: str) -> bool:
    """Whether the word before an owner in -s belongs to the name, in small letters as well."""
    place = start - len(title) - 1
    before = _word_before(text, place)
    ahead = before is not None and plain(before) in AHEAD_OF_NAME
    return plain(title) not in AHEAD_OF_NAME and (title[0].isupper() or ahead or _opens(text, place))


def _opens(text: str, start: int) -> bool:
    """Whether a place is where a clause begins."""
    return text[max(0, start - 4) : start].rstrip(" ")[-1:] in {"", ",", ":", ".", "\n"}


def _word_before(text: str, start: int) -> str | None:
    """The word that stands one space before a place."""
    if start < 2 or text[start - 1] != " ":
        return None
    first = start - 1
    while (
        first > 0 and start - first < _LONGEST_WORD and (text[first - 1].isalpha() or text[first - 1] in "-'")
    ):
        first -= 1
    word = text[first : start - 1]
    return word if word[:1].isalpha() else None


def _end(text: str, match: re.Match[str], start: int, name: _Name) -> int | None:
    """Where the address ends; nothing if the number is no house's."""
    rest = _REST.match(text, match.end())
    assert rest is not None  # it matches nothing at all, too
    postal = _POSTAL.match(text, rest.end())
    told = bool(rest["flat"] or postal) or (rest.end() - match.end() > 3)
    if not (told or _is_house(text, match, rest.end(), start, name)):
        return None
    return postal.end() if postal else rest.end()


def _is_house(text: str, match: re.Match[str], end: int, start: int, name: _Name) -> bool:
    """Whether the number after a name is a house's, where no flat and no postal code tell."""
    lives = _lives(text, start)
    if _UNITS.match(text, match.end()) or (not lives and _counts(text, end, name)):
        return False
    if "," in match["gap"] or not (match["gap"] or name.sure):
        return lives
    named = text[start].isupper() and not _opens(text, start)
    at_place = bool(_AT.search(text[max(0, start - _CLOSE) : start]))
    return name.sure or lives or named or at_place or _whole_line(text, start, end)


def _lives(text: str, start: int) -> bool:
    """Whether what stands before a name tells that somebody is there."""
    listed = _LISTED.search(text[max(0, start - _CLOSE) : start])
    return bool(listed) or near(text, start, start, _LIVES, before=_LIVES_BEFORE)


def _counts(text: str, end: int, name: _Name) -> bool:
    """Whether the number counts what stands after it."""
    if name.swedish:
        return bool(_COUNTED_SWEDISH.match(text, end))
    return name.inflected and bool(_COUNTED.match(text, end))


def _whole_line(text: str, start: int, end: int) -> bool:
    """Whether nothing else stands in the line, as in an answer to "where are you?"."""
    return not text[:start].rpartition("\n")[2].strip(" .,:") and not text[end:].partition("\n")[0].strip(
        " .,!?"
    )
