"""Finds Finnish personal identity codes and account numbers (IBAN), whose check digits python-stdnum knows."""

import re
from collections.abc import Iterator
from functools import cache

from stdnum import iban, numdb
from stdnum.fi import hetu

from chatsvc.domain.redaction import Finding, Kind, near

# Day, month, year, the sign of the century (since 2023 also Y to U and B to F), individual number, check sign.
_CODE = re.compile(
    r"(?<![\d.])(\d\d)\.?(\d\d)\.?(?:18|19|20)??(\d\d) {0,2}([-+A-FU-Y]?) {0,2}(\d{3}) ?([0-9A-FHJ-NPR-Y])(?![^\W_])",
    re.IGNORECASE,
)
_CODE_NAMED = re.compile(
    r"(?<![^\W_])(?:hetu|sotu|hl[öo]-?tunnu|henkil[öo](?:turva)?tunnu|loppuosa|person(?:beteckning|nummer|signum)|signum|slutled|pb|"
    r"identity|social security|ssn|id)",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"(?<![^\W_])([A-Z]{2})[ -]{0,2}\d[ -]?\d", re.IGNORECASE)
_ACCOUNT_NAMED = re.compile(r"iban|tili|konto|account", re.IGNORECASE)
_PART = re.compile(r"(\d+)!([nac])")
_SIGNS = {"n": r"\d", "a": "[A-Z]", "c": "[0-9A-Z]"}


def identity_codes(text: str) -> Iterator[Finding]:
    """Finnish personal identity codes in a view's text, temporary ones included.

    A code with a wrong check sign is one as well if it is written with one space at most and ends in a letter, which
    nothing else does that begins with a date, or if a word such as "hetu" stands near.
    """
    for match in _CODE.finditer(text):
        named = near(text, match.start(), match.end(), _CODE_NAMED, before=40, after=20)
        if _is_code(match, named=named):
            yield Finding(match.start(), match.end(), Kind.IDENTITY_CODE)


def _is_code(match: re.Match[str], *, named: bool) -> bool:
    day, month, year, sign, individual, check = match.groups()
    if not (1 <= int(day) <= 31 and 1 <= int(month) <= 12):
        return False
    date = day + month + year
    right = any(hetu.is_valid(f"{date}{one}{individual}{check}", True) for one in (sign or "-", sign or "A"))
    # Without the sign of the century only the check sign tells it from any ten figures.
    in_one_piece = bool(sign) and match[0].count(" ") <= 1 and not check.isdigit()
    return right or in_one_piece or (named and bool(sign))


def accounts(text: str) -> Iterator[Finding]:
    """Account numbers of any country in the registry of IBANs in a view's text.

    Finnish ones are found also with wrong check digits: nothing else is FI and sixteen figures. Others only near a word
    such as "tili".
    """
    for match in _ACCOUNT.finditer(text):
        country = match[1].upper()
        whole = shape.match(text, match.start()) if (shape := _shape(country)) else None
        if whole is None:
            continue
        named = country == "FI" or near(text, whole.start(), whole.end(), _ACCOUNT_NAMED, before=40)
        if named or iban.is_valid(whole[0], check_country=False):
            yield Finding(whole.start(), whole.end(), Kind.ACCOUNT)


@cache
def _shape(country: str) -> re.Pattern[str] | None:
    """How an account number of that country looks when typed; nothing for letters that are no country's."""
    entry = numdb.get("iban").info(country)[0][1]
    if "bban" not in entry:
        return None
    rest = "".join(
        rf"(?:[ .-]{{0,2}}{_SIGNS[sign]}){{{number}}}" for number, sign in _PART.findall(entry["bban"])
    )
    return re.compile(rf"{country}[ -]{{0,2}}\d[ -]?\d{rest}(?![^\W_])", re.IGNORECASE)
