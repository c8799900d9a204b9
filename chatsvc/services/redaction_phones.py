"""Finds telephone numbers, Finnish and foreign, in the ways in which people group them.

Google's libphonenumber (`phonenumberslite`) knows which numbers a country can have and which are free of charge.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

from chatsvc.domain.redaction import BARRIER, Finding, Kind, near
from chatsvc.services.redaction_lines import national

_MOST_GROUPS = 7  # of a number that is kept
_FEWEST, _MOST = 7, 15  # figures of a number with its prefix; the most is ITU-T E.164's
_RUN = re.compile(r"(?<![/\d])(?:\+ ?)?\(?\+?\d(?:[ .()/-]{0,4}\d)*")
_GROUP = re.compile(r"\d+")
# What looks like parts of a number and is a date, a range of them or a time.
_DATES = re.compile(
    r"(?<![\d+])(?:(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:(?:19|20)?\d\d(?!\d))?"
    r"|(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/](?:0?[1-9]|1[0-2])[-/](?:19|20)\d\d(?!\d)"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d(?!\d))"
    r"|(?<![\d.+])(?:[01]?\d|2[0-4])[.:][0-5]\d(?![\d]|\.\d)"
)
# Slips of the finger in a number's beginning: a comma after it, a letter for the nought.
_COMMA = re.compile(r"(?<![\d,])(?<!\d\.)(0(?:4\d|50)\d?),(?=\d{6,8}(?!\d))")
_LETTER = re.compile(r"(?<!\w)[oO](?=(?:4\d|50)[ -]?\d{3})")
_NAMED = re.compile(
    r"(?<![^\W_])(?:puh|tel|tfn|phone|mobil|matkapuh|kännyk|luuri|whats?app|wa(?![^\W_])|soit|soitt|call|ring|numero|nummer|"
    r"number|nro|nr|p(?=\.)|text|teks|messa|viesti)",
    re.IGNORECASE,
)
_MOBILE = re.compile(r"0(?:4\d|50)")
_AREA = re.compile(r"0(?:1[0-9]|2[0-9]?|3[0-9]?|5|6|7[1-5]|8|9)(?=[ ()/.-])|0[1-9]\d?\)")
# Figures of a whole number with its country: longer groups of figures after it are something else.
_WHOLE = {"358": 12, "46": 11, "45": 10, "47": 10, "372": 11}
_WHOLE_AT_HOME = 10
_LONGEST_AT_HOME = 13
_NEIGHBOURS = frozenset({358, 46, 47, 45, 372})


@dataclass(frozen=True, slots=True)
class _Group:
    figures: str
    start: int
    end: int


def phones(text: str, keep: frozenset[str]) -> Iterator[Finding]:
    """Telephone numbers in a view's text, but those to keep and those free of charge.

    `keep` holds figures as they are dialled in Finland.
    """
    hidden = _DATES.sub(lambda match: BARRIER * len(match[0]), _LETTER.sub("0", _COMMA.sub(r"\1-", text)))
    for run in _RUN.finditer(hidden):
        groups = [_Group(part[0], *part.span()) for part in _GROUP.finditer(hidden, *run.span())]
        if len(groups) > _MOST // 2 - 2 and all(len(group.figures) == 2 for group in groups):
            continue  # a row of a lottery, scores or days
        yield from _in_run(hidden, run.start(), groups, keep)


def _in_run(text: str, run: int, groups: Sequence[_Group], keep: frozenset[str]) -> Iterator[Finding]:
    """Numbers in a run of groups of figures, taken from the left."""
    here, passed = 0, False
    while here < len(groups):
        first = groups[here].start
        start = _opening(text, run, first)
        if (
            passed and groups[here].end - start == 1
        ):  # figure by figure a number is typed from where the run begins
            here += 1
            continue
        plus = "+" in text[start:first]
        if kept := _kept(groups, here, keep, plus=plus):
            here, passed = here + kept, False
            continue
        taken = _extent(groups, here, plus=plus)
        end = groups[here + taken - 1].end
        if text[start] == "(" and ")" not in text[start:end]:  # it belongs to the sentence
            start += 1
        if _is_number(text, start, end, after_others=passed):
            yield Finding(start, end, Kind.PHONE)
            here, passed = here + taken, False
        else:
            here, passed = here + 1, True


def _opening(text: str, run: int, first: int) -> int:
    """Where the plus or the parenthesis before the first figure is."""
    while first > run and (text[first - 1] in "+(" or text[first - 2 : first] == "+ "):
        first -= 1
    return first


def _kept(groups: Sequence[_Group], here: int, keep: frozenset[str], *, plus: bool) -> int:
    """How many groups from here on are a number to keep."""
    figures, kept = "", 0
    for count, place in enumerate(range(here, min(here + _MOST_GROUPS, len(groups))), 1):
        figures += groups[place].figures
        if len(figures) > _MOST:
            break
        if national(figures, plus=plus) in keep:
            kept = count
    return kept


def _extent(groups: Sequence[_Group], here: int, *, plus: bool) -> int:
    """How many groups from here on a number can take: until it is whole, and never beyond the longest."""
    figures, count = groups[here].figures, 1
    at_home = _whole(figures, plus=plus) == _WHOLE_AT_HOME
    for place in range(here + 1, len(groups)):
        group = groups[place]
        if len(figures) + len(group.figures) > _MOST or len(figures) >= _whole(figures, plus=plus):
            break
        if (
            at_home
            and len(figures) >= _WHOLE_AT_HOME - 1
            and group.figures.startswith("0")
            and len(group.figures) > 1
        ):
            break
        figures += group.figures
        count += 1
    return count


def _whole(figures: str, *, plus: bool) -> int:
    """How many figures a number with this beginning usually has."""
    with_country = plus or figures.startswith(("00", "358"))
    if not with_country:
        return _WHOLE_AT_HOME
    abroad = figures if plus else figures.removeprefix("00")
    usual = next((length for code, length in _WHOLE.items() if abroad.startswith(code)), 12)
    # The zero in parentheses of "+358 (0)40" is one more.
    return usual + len(figures) - len(abroad) + abroad.startswith("3580")


def _is_number(text: str, start: int, end: int, *, after_others: bool) -> bool:
    typed = text[start:end]
    figures = "".join(_GROUP.findall(typed))
    if not _FEWEST <= len(figures) <= _MOST + 2:
        return False
    named = near(text, start, end, _NAMED, before=30)
    if "+" in typed[:3] or figures.startswith(("00", "358")):
        return _is_foreign(typed, figures)
    if figures.startswith("0"):
        return _is_national(typed, figures, named=named, after_others=after_others)
    if text[start - 1 : start].isalnum():
        return False
    # The first zero left out, as after +358.
    opens = len(_GROUP.findall(typed)[0])
    return (
        named
        and not after_others
        and opens in {2, 3, 9, 10}
        and len(figures) in {9, 10}
        and bool(_MOBILE.match("0" + figures))
    )


def _is_foreign(typed: str, figures: str) -> bool:
    """A number with its country, Finland's too."""
    abroad = figures if "+" in typed[:3] else figures.removeprefix("00")
    if len(abroad) < _FEWEST or abroad.startswith("0"):
        return False
    number = _parsed("+" + abroad)
    if number is None or _is_free(number):
        return False
    # Two noughts begin customers' and other numbers as well.
    certain = abroad == figures or number.country_code in _NEIGHBOURS or len(abroad) >= _WHOLE_AT_HOME
    return phonenumbers.is_possible_number(number) if certain else phonenumbers.is_valid_number(number)


def _is_national(typed: str, figures: str, *, named: bool, after_others: bool) -> bool:
    """A number as dialled in Finland: mobile ones by their beginning, others by how they are written or called."""
    has_area = bool(_AREA.match(typed.lstrip("(")))
    if _MOBILE.match(figures) and not has_area:
        return (8 if named else 9) <= len(figures) <= _LONGEST_AT_HOME
    if after_others or not (named or has_area or len(figures) == len(typed) >= _WHOLE_AT_HOME - 1):
        return False
    number = _parsed(figures)
    return number is not None and phonenumbers.is_possible_number(number) and not _is_free(number)


def _parsed(typed: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(typed, "FI")
    except NumberParseException:
        return None


def _is_free(number: PhoneNumber) -> bool:
    """Free of charge, so a service's and nobody's own."""
    return phonenumbers.number_type(number) == PhoneNumberType.TOLL_FREE
