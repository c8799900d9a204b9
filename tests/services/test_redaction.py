"""Codes, accounts and telephones, help lines that stay, and what holds for redaction of any text."""

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatsvc.domain.redaction import MARKS, Kind
from chatsvc.services.redaction import findings, redact
from chatsvc.services.redaction_lines import HELP_LINES, kept_numbers


def kinds(text: str) -> dict[str, Kind]:
    return {text[part.start : part.end]: part.kind for part in findings(text)}


def checked(date: str, sign: str, individual: str) -> str:
    """An identity code with its right check sign."""
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(date + individual) % 31]
    return f"{date}{sign}{individual}{check}"


@pytest.mark.parametrize("sign", "+-YXWVUABCDEF")
def test_identity_codes_of_every_century_are_found(sign: str) -> None:
    """Every sign of a century is known, those of 2023 too, and temporary numbers like others."""
    for individual in ("002", "308", "899", "900", "999"):
        code = checked("131004" if sign in "ABCDEF" else "131052", sign, individual)
        assert kinds(f"se on {code} joo") == {code: Kind.IDENTITY_CODE}


@pytest.mark.parametrize("letters", [str.upper, str.lower])
@pytest.mark.parametrize(
    "form", ["{d}{s}{r}", "{d} {s} {r}", "{d}{s} {r}", "{d} {s}{r}", "{d}–{r}", "{d}{r}", "13.10.52{s}{r}"]
)
def test_identity_codes_are_found_however_they_are_typed(form: str, letters: Callable[[str], str]) -> None:
    """Small letters, spaces and another dash beside the sign, a forgotten sign and dots in the date change nothing."""
    code = checked("131052", "-", "908")
    typed = letters(form.format(d=code[:6], s=code[6], r=code[7:]))
    assert kinds(f"({typed})") == {typed: Kind.IDENTITY_CODE}


def test_a_wrong_check_sign_is_a_slip_where_nothing_else_can_be_meant() -> None:
    """With a letter at the end a slip is found anyway, with a figure if a word tells; no date, no code."""
    wrong = checked("131052", "-", "908")[:-1]
    assert kinds(f"x {wrong}A") == {f"{wrong}A": Kind.IDENTITY_CODE}
    assert kinds("x 201052A908 9") == {}
    for word in ("hetu", "sotu", "henkilötunnus", "personbeteckning", "identity code"):
        assert kinds(f"{word} 201052A908 9") == {"201052A908 9": Kind.IDENTITY_CODE}
    assert kinds("tilaus 483952-908A") == {}


@pytest.mark.parametrize(
    "account",
    [
        "FI21 1234 5600 0007 85", "FI2112345600000785", "fi21 1234 5600 0007 85", "FI21-1234-5600-0007-85",
        "FI21  1234  5600  0007  85", "FI 2112345600000785", "FI21 123456 00000785", "FI22 1234 5600 0007 85",
        "EE38 2200 2210 2014 5685", "SE45 5000 0000 0583 9825 7466", "GB29 NWBK 6016 1331 9268 19",
        "DE89370400440532013000",
    ],
)  # fmt: skip
def test_account_numbers_of_any_country_are_found(account: str) -> None:
    """Accounts are found in any grouping and size of letters, Finnish ones with a slip in the check digits as well."""
    assert kinds(f"tilille {account} kiitos") == {account: Kind.ACCOUNT}


def test_letters_and_figures_that_are_no_account_stay() -> None:
    """A country's letters before some figures don't make an account, nor do wrong check digits abroad."""
    assert kinds("de 12 kertaa 34 ja no 12 5") == {}
    assert kinds("EE39 2200 2210 2014 5685 on koodi") == {}


@pytest.mark.parametrize(
    "phone",
    [
        "0491234567", "049 123 4567", "049-1234567", "049-123 4567", "(049) 123 4567", "049.123.4567", "049/1234567",
        "+358491234567", "+358 49 1234567", "+358 (0)49 1234567", "00358 49 1234567", "358491234567", "049–123 4567",
        "0 4 9 1 2 3 4 5 6 7", "0400 123 456", "0457 123 4567", "09 012 3456", "(013) 012 345", "019-012345",
        "0190123456",
        "+46 70 174 06 05", "0046701740605", "+44 7700 900123", "０４９ 123 4567", "o49 1234567", "049,1234567",
    ],
)  # fmt: skip
def test_telephone_numbers_are_found_however_they_are_grouped(phone: str) -> None:
    """Finnish and foreign numbers are found whole in any grouping, next to words and punctuation."""
    for around in ("{}", "soita {}.", "puh.{}", "({})", "{} tai {} iltaisin"):
        assert set(kinds(around.format(phone, "0507654321")).values()) == {Kind.PHONE}
        assert not re.search(r"\d", redact(around.format(phone, "0507654321"), "fi").text)


@pytest.mark.parametrize(
    "text",
    [
        "klo 12.30–13", "08.30-16.00", "1.2.2024", "01.02.2024", "01022024", "2024-02-01", "01-02-2024",
        "1 250,50 e",
        "15000 euroa", "10 mg 3 kertaa", "0,5 mg", "2024/123456", "lotto 03 08 14 26 32 35 37", "120/80",
        "60.1699, 24.9384",
        "koodi 123456", "viite 12345 67890 12345", "isbn 978-951-12-3456-7", "5590/R/030639/25", "versio 0.12.3",
        "01.02.–05.03.2024", "asiakasnumero 009227529", "4-0", "huone 0123",
    ],
)  # fmt: skip
def test_times_dates_sums_and_references_stay(text: str) -> None:
    """Figures that are no telephone number are left."""
    assert kinds(text) == {}


@pytest.mark.parametrize(
    "line",
    [
        "112", "116 117", "116117", "116 111", "116 006", "116 016", "09 2525 0111", "0925250111", "09-2525 0112",
        "+358 9 2525 0111", "00358 9 2525 0113", "(09) 2525 0111", "080 005 005", "0800 147 111", "0800 96 116",
        "0400 22 11 80", "0400 221190", "+358 80 005 005",
    ],
)  # fmt: skip
def test_help_lines_stay_in_every_grouping(line: str) -> None:
    """What a visitor can call for help is readable afterwards, and so is everything free of charge."""
    assert kinds(f"soita {line} heti") == {}
    assert kinds(f"numerot {line}, 0491234567") == {"0491234567": Kind.PHONE}


def test_every_help_line_names_its_holder() -> None:
    """Each national line is written as dialled and says whose it is."""
    assert all(number.isdigit() and "(" in holder for number, holder in HELP_LINES.items())


def test_a_site_can_keep_numbers_of_its_own() -> None:
    """An operator's own help numbers stay as well, in whatever grouping somebody writes them."""
    keep = kept_numbers(["+358 13 012 345"])
    assert redact("soita 013 012345", "fi", keep).text == "soita 013 012345"
    assert redact("soita 112 tai 013-012 346", "fi", keep).text == "soita 112 tai [puhelinnumero]"


def test_marks_are_in_the_language_of_the_conversation() -> None:
    """The same text gets Swedish, English or Finnish marks; a Sámi conversation gets Finnish ones."""
    text = "0491234567"
    marks = {language: redact(text, language).text for language in ("fi", "sv", "en", "smn")}
    assert marks == {
        "fi": "[puhelinnumero]",
        "sv": "[telefonnummer]",
        "en": "[phone number]",
        "smn": "[puhelinnumero]",
    }


def test_figures_found_once_stand_nowhere_else() -> None:
    """A number that is found is taken out where nothing tells what it is as well, and so is a long part of it."""
    assert (
        redact("loppu on 1234567, siis 049 1234567", "fi").text
        == "loppu on [puhelinnumero], siis [puhelinnumero]"
    )
    code = checked("131052", "-", "908")
    assert redact(f"{code}, eli 131052", "sv").text == "[personbeteckning], eli [personbeteckning]"


PIECES = st.sampled_from(
    [
        "0", "04", "049", "1234567", "+358", "00", "358", "112", "09 2525 0111", "131052", "-", "A", "908",
        "7", "T", "hetu", "fi",
        "FI21", "1234", "5600", "0007", "85", "tili", "a", "@", " at ", "(at)", ".", "fi", "gmail", "com",
        "piste", "asun",
        "Kauppakatu", "kirkkokadulla", "tie", "Hilman", "gatan", "5", "B", "as", "33100", "Tampere", " ", " ",
        " ", "  ", "\n", ",",
        "/", "(", ")", ":", "–", "[puhelinnumero]", "[katuosoite]", "[", "]", "ä", "a\u0308", "\u0308", "😭",
        "👩\u200d👧", "\u00a0",
        "\u200b", "0\ufe0f\u20e3", "\x00", "puh", "numero", "Storgatan", "väg", "s",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=30).map("".join), st.lists(PIECES, max_size=15).map(" ".join), st.text()
)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
@example("131052-308T 131052-3080 131052-3081")
@example("049 1234567 0491234567 1 234567")
def test_redaction_twice_is_redaction_once(text: str) -> None:
    """A redacted text has nothing more to take out."""
    once = redact(text, "fi").text
    assert redact(once, "fi").text == once


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_findings_are_places_in_order_and_apart(text: str) -> None:
    """Findings lie in the text, in its order and without overlaps, and are counted by kind."""
    parts = findings(text)
    ends = [0, *(part.end for part in parts)]
    assert all(end <= part.start < part.end <= len(text) for end, part in zip(ends, parts, strict=False))
    assert sum(redact(text, "en").counts.values()) == len(parts)
    if not parts:
        assert redact(text, "en").text == text


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_what_is_not_found_stays_and_figures_found_go(text: str) -> None:
    """The text beside findings is unchanged; no run of six or more figures of a finding stands alone afterwards."""
    parts = findings(text)
    left, done = [], 0
    for part in parts:
        left.append(text[done : part.start])
        done = part.end
    left.append(text[done:])
    marks = [MARKS["en"][part.kind] for part in parts]
    assert redact(text, "en").text == "".join(map("".join, zip(left, [*marks, ""], strict=True)))
    numbers = {Kind.PHONE, Kind.IDENTITY_CODE, Kind.ACCOUNT}
    gone = {re.sub(r"\D", "", text[part.start : part.end]) for part in parts if part.kind in numbers}
    alone = {run for piece in left for run in re.findall(r"(?<!\d)\d{6,34}(?!\d)", piece, re.ASCII)}
    assert not gone & alone


@pytest.mark.parametrize("piece", ["1", "a@a.", " "])
def test_a_hostile_text_takes_half_a_second_at_most(piece: str) -> None:
    """100 KB of figures, of broken mailboxes or of spaces take less than half a second of the processor."""
    assert seconds(piece) < 0.5


@pytest.mark.parametrize(
    "piece",
    [
        "0", "a", "@", "+", "(", "0 ", "5-", "0)", "0/", "at ", "fi 11 ", "+358 ", "1.1.", "katu 5 ", "5 katu",
        "33100 ", "a-",
        "[puhelinnumero", "a\u0308", "\u0308", "04012 ", "katu,", ". ", "0401234567 ", "131052-908A ",
        "x1 at y.fi", "ens gata 5 ",
    ],
)  # fmt: skip
def test_no_text_takes_more_than_in_proportion(piece: str) -> None:
    """Four times as much of what patterns begin with takes four times as long; by the square it would be sixteen."""
    assert seconds(piece, 48_000) < 8 * seconds(piece, 12_000) + 0.1


def seconds(piece: str, length: int = 100_000) -> float:
    text = (piece * length)[:length]
    return min(_once(text) for _ in range(3))


def _once(text: str) -> float:
    started = time.thread_time()  # what other threads of the process do meanwhile is not counted
    redact(text, "fi")
    return time.thread_time() - started
