"""What redaction is made of: kinds, marks, findings by place, and a view of a text in which patterns can be looked for.

Nothing here holds or gives back what was found: a finding is a kind and two places.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

# No pattern matches it or looks past it: what was taken out, now or earlier, is no context for anything else.
BARRIER = "\x00"
# A pass that finds something may make room for another; people's texts need two, the second finding nothing.
_PASSES = 6
_FEWEST_AGAIN = 6  # figures: fewer are too often something else


class Kind(StrEnum):
    """What redaction looks for."""

    ACCOUNT = "account"
    IDENTITY_CODE = "identity_code"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"


_FINNISH = {
    Kind.ACCOUNT: "[tilinumero]",
    Kind.IDENTITY_CODE: "[henkilötunnus]",
    Kind.EMAIL: "[sähköpostiosoite]",
    Kind.PHONE: "[puhelinnumero]",
    Kind.ADDRESS: "[katuosoite]",
}
# By the conversation's language; conversations in a Sámi language get the Finnish ones.
MARKS: Mapping[str, Mapping[Kind, str]] = {
    "fi": _FINNISH,
    "sv": {
        Kind.ACCOUNT: "[kontonummer]",
        Kind.IDENTITY_CODE: "[personbeteckning]",
        Kind.EMAIL: "[e-postadress]",
        Kind.PHONE: "[telefonnummer]",
        Kind.ADDRESS: "[gatuadress]",
    },
    "en": {
        Kind.ACCOUNT: "[account number]",
        Kind.IDENTITY_CODE: "[personal identity code]",
        Kind.EMAIL: "[email address]",
        Kind.PHONE: "[phone number]",
        Kind.ADDRESS: "[street address]",
    },
    "se": _FINNISH,
    "smn": _FINNISH,
    "sms": _FINNISH,
}
_FIGURES = frozenset({Kind.ACCOUNT, Kind.IDENTITY_CODE, Kind.PHONE})
_EARLIER = re.compile(
    "|".join(sorted({re.escape(mark) for marks in MARKS.values() for mark in marks.values()}))
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A stretch of a text from `start` up to before `end`, in characters, and what stands there."""

    start: int
    end: int
    kind: Kind


Detector = Callable[[str], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text after redaction, and how often each kind was taken out; never what it was."""

    text: str = field(repr=False)
    counts: Mapping[Kind, int]


@dataclass(frozen=True, slots=True)
class View:
    """A text as patterns read it, one sign a letter, and where each sign begins in the text itself.

    Letters are composed, figures of any script and width are 0 to 9, every space is one and every dash a hyphen; signs
    without a width (joiners, soft hyphens, the box around an emoji's figure) belong to the sign before them.
    """

    text: str = field(repr=False)
    places: Sequence[int]  # one more than signs: the last is the text's length

    @classmethod
    def of(cls, text: str) -> "View":
        """The view of a text; takes time in proportion to its length."""
        if text.isascii():
            return cls(text, range(len(text) + 1))
        signs: list[str] = []
        places: list[int] = []
        for place, sign in enumerate(text):
            if signs and unicodedata.category(sign) in {"Mn", "Me", "Mc", "Cf"}:
                signs[-1] = unicodedata.normalize("NFC", signs[-1] + sign)[0]
            else:
                signs.append(_plain(sign))
                places.append(place)
        return cls("".join(signs), [*places, len(text)])

    def without(self, findings: Iterable[Finding]) -> "View":
        """The view with barriers in the place of findings, which are counted in signs."""
        return View(_cover(self.text, [(found.start, found.end) for found in findings]), self.places)


def _plain(sign: str) -> str:
    """One sign as patterns know it."""
    if sign.isascii():
        return sign
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Pd" or sign == "\u2212":
        return "-"
    if category == "Zs":
        return " "
    composed = unicodedata.normalize("NFC", sign)
    if "\uff01" <= sign <= "\uff5e":  # the wide forms of ASCII
        return chr(ord(sign) - 0xFEE0)
    return composed[0]


def _cover(text: str, stretches: Iterable[tuple[int, int]]) -> str:
    pieces, done = [], 0
    for start, end in stretches:
        pieces += [text[done:start], BARRIER * (end - start)]
        done = end
    return "".join([*pieces, text[done:]])


def find(text: str, detectors: Sequence[Detector]) -> tuple[Finding, ...]:
    """What the detectors find, in the order of the text and without overlaps; an earlier detector goes first.

    Marks that redaction has left before are not looked into, so redaction of a redacted text finds nothing. Figures of
    what was found are found wherever they stand once more, also where nothing tells what they are.
    """
    whole = View.of(text)
    view = View(_cover(whole.text, [mark.span() for mark in _EARLIER.finditer(whole.text)]), whole.places)
    found: list[Finding] = []
    for _ in range(_PASSES):
        before = len(found)
        for detector in detectors:
            new = _disjoint(detector(view.text))
            found += new
            view = view.without(new)
        if len(found) == before:
            break
    found += _again(view.text, whole.text, found)
    return tuple(Finding(view.places[part.start], view.places[part.end], part.kind) for part in sorted(found))


def _again(left: str, whole: str, found: Sequence[Finding]) -> list[Finding]:
    """Where figures of something found stand alone once more: all of them, or the first or last six and more."""
    kinds: dict[str, Kind] = {}
    for part in found:
        if part.kind in _FIGURES:
            figures = re.sub(r"\D", "", whole[part.start : part.end])
            for cut in range(len(figures) - _FEWEST_AGAIN + 1):
                kinds[figures[cut:]] = kinds[figures[: len(figures) - cut]] = part.kind
    if not kinds:
        return []
    runs = re.finditer(rf"(?<!\d)\d{{{_FEWEST_AGAIN},34}}(?!\d)", left)
    return [Finding(run.start(), run.end(), kinds[run[0]]) for run in runs if run[0] in kinds]


def _disjoint(findings: Iterable[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for part in sorted(findings):
        if part.start < part.end and (not kept or kept[-1].end <= part.start):
            kept.append(part)
    return kept


def replace(text: str, findings: Sequence[Finding], language: str) -> Redacted:
    """The text with a mark of that language in the place of each finding.

    Raises `KeyError` for a language that no site can have (see `chatsvc.domain.sites.LANGUAGES`).
    """
    marks = MARKS[language]
    pieces, done = [], 0
    for part in findings:
        pieces += [text[done : part.start], marks[part.kind]]
        done = part.end
    counts = Counter(part.kind for part in findings)
    return Redacted("".join([*pieces, text[done:]]), dict(sorted(counts.items())))


def near(text: str, start: int, end: int, words: re.Pattern[str], before: int, after: int = 0) -> bool:
    """Whether one of the words stands close to a stretch: in so many signs before or after it, past no barrier."""
    ahead = text[max(0, start - before) : start].rpartition(BARRIER)[2]
    behind = text[end : end + after].partition(BARRIER)[0]
    return bool(words.search(ahead) or words.search(behind))
