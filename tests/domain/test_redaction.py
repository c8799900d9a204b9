"""Marks, places and views of redaction, and the patterns that need no library: mailboxes and street addresses."""

import pytest

from chatsvc.domain.redaction import MARKS, Detector, Finding, Kind, Redacted, View, find, replace
from chatsvc.domain.redaction_addresses import addresses
from chatsvc.domain.redaction_email import emails
from chatsvc.domain.sites import LANGUAGES


def found(text: str, *detectors: Detector) -> list[str]:
    return [text[part.start : part.end] for part in find(text, detectors)]


def test_every_language_of_a_site_has_a_mark_for_every_kind() -> None:
    """Each kind has a mark in brackets in each language; Sámi conversations get the Finnish ones."""
    assert set(MARKS) == set(LANGUAGES)
    for marks in MARKS.values():
        assert set(marks) == set(Kind)
        assert all(mark.startswith("[") and mark.endswith("]") for mark in marks.values())
        assert not any(sign.isdigit() for mark in marks.values() for sign in mark)
    assert MARKS["se"] == MARKS["smn"] == MARKS["sms"] == MARKS["fi"]


def test_a_redacted_text_counts_kinds_and_holds_no_values() -> None:
    """The result has the text with marks and a count for each kind; its own name shows neither."""
    text = "a@b.fi ja c@d.fi, Koivukuja 5"
    redacted = replace(text, find(text, (emails, addresses)), "fi")
    assert redacted == Redacted(
        "[sähköpostiosoite] ja [sähköpostiosoite], [katuosoite]", {Kind.EMAIL: 2, Kind.ADDRESS: 1}
    )
    assert "sähköposti" not in repr(redacted)


def test_a_language_that_no_site_has_is_refused() -> None:
    """A mark is never left out for want of a language."""
    with pytest.raises(KeyError):
        replace("a@b.fi", [Finding(0, 6, Kind.EMAIL)], "de")


@pytest.mark.parametrize(
    ("text", "view", "place", "back"),
    [
        ("a\u0308b", "äb", 1, 2),  # a letter and its dots apart
        ("0\ufe0f\u20e35", "05", 1, 3),  # a figure in its box
        ("👩\u200d👧1", "👩👧1", 2, 3),  # joined people
        ("a\u00a0b", "a b", 2, 2),
        ("1\u00ad2", "12", 1, 2),  # a soft hyphen
        ("٤٥", "45", 1, 1),  # figures of another script
        ("＠４", "＠4".replace("＠", "@"), 1, 1),
        ("5–7", "5-7", 2, 2),
    ],
)
def test_a_view_reads_signs_as_patterns_know_them(text: str, view: str, place: int, back: int) -> None:
    """However a sign is put together it is one sign in the view, and its place in the text is known."""
    read = View.of(text)
    assert read.text == view
    assert read.places[place] == back
    assert read.places[-1] == len(text)


def test_places_are_right_after_emoji_and_combining_signs() -> None:
    """What is taken out is taken out where it stands, whatever takes several code points before it or in it."""
    text = "👩‍👧 a\u0308iti: nimi@example.fi 😭 Ma\u0308nnynkuja 5 B!"
    assert found(text, emails, addresses) == ["nimi@example.fi", "Ma\u0308nnynkuja 5 B"]


def test_a_mark_from_before_is_no_context() -> None:
    """A mark that stands in the text neither is found nor tells what stands beside it."""
    for mark in MARKS["fi"].values():
        assert found(f"{mark} 5 {mark}", emails, addresses) == []


@pytest.mark.parametrize(
    "mailbox",
    [
        "nimi.suku@example.fi", "NIMI@EXAMPLE.FI", "n@gmail.com", "a_b-c+d@posti.example.org", "nimi @ example.fi",
        "nimi(at)example.fi", "nimi [at] example.fi", "a.b at gmail.com", "a1 at example.fi", "nimi ät example.fi",
        "nimi(ät)example.fi", "nimi miukumauku gmail.com", "nimi snabel-a example.fi", "nimi@gmail",
        "nimi@gmail,com",
        "nimi@example piste fi", "nimi(at)example(dot)com", "a.b at gmail dot com", "nimi at example piste fi",
        "ä.ö@example.fi",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "sposti on {}.", "({}), kiitos", "meili:{}!", "\n{}\n"])
def test_mailboxes_are_found_however_the_sign_is_written(mailbox: str, around: str) -> None:
    """A mailbox is found whole, with a word for the sign or the dot, and without the punctuation beside it."""
    assert found(around.format(mailbox), emails) == [mailbox]


@pytest.mark.parametrize(
    "text",
    [
        "apua sivulta example.fi", "I looked at example.fi", "help at mieli.fi was good", "seuraan @nuoret",
        "@ siis mitä",
        "klo 12 @ kirjasto", "miukumauku on merkki", "meet at noon. Then go", "ät", "sähköposti ei toimi",
    ],
)  # fmt: skip
def test_what_is_no_mailbox_stays(text: str) -> None:
    """Pages, nicknames and the word "at" alone are left."""
    assert found(text, emails) == []


@pytest.mark.parametrize(
    "address",
    [
        "Mannerheimintie 5 B 12", "Mannerheimintiellä 5 B 12", "Kirkkokadulla 3", "Kauppakatu 12 as 4",
        "kauppakadulta 12", "Iso Koivukatu 5", "Hilman katu 7", "Vanhan kirkon tie 3 C", "Koivukuja 5–7",
        "Koivukuja5",
        "Kauppakatu 12 as. 4, 33100 Tampere", "Koivukuja 5, 33100 tampere", "Koivukuja 5:ssä", "Koulukatu 2 rappu B",
        "mannynkuja 4 a 5", "Storgatan 5", "Esplanaden 12 a", "Norra Skolgatan 8 B", "Frans Lings väg 3",
        "skolvägen 8",
        "Smedsgränden 4 bostad 7", "Kauppakatu numero 5", "Storgatan nr 5",
        "Strandvägen 12 lgh 1202", "Sörnäisten rantatie 22", "Kolmas linja 14 B",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["asun {}", "osoite: {}.", "{}", "({})", "moi\n{}\nkiitos"])
def test_addresses_are_found_in_the_cases_of_a_sentence(address: str, around: str) -> None:
    """Street, number, flat, postal code and town are found as one, inflected and in small letters as well."""
    assert found(around.format(address), addresses) == [address]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("I live at 12 Kirkkokatu with mum", "12 Kirkkokatu"),
        ("I live at 5 Hilman tie", "5 Hilman tie"),
        ("bor på strandvägen 3 och är rädd", "strandvägen 3"),
        ("bor på Lillbacken 3", "Lillbacken 3"),
        ("asun kirkko katu 5", "kirkko katu 5"),
        ("menin 33100 Tampereelle", "33100 Tampereelle"),
        ("was at 12 Mill Road yesterday", "12 Mill Road"),
        ("nimi@example.fi, Koivurinne 5", "Koivurinne 5"),
    ],
)
def test_addresses_are_found_by_what_stands_around(text: str, address: str) -> None:
    """A number before the street, a name that could be something else, and a torn name are told by their neighbours."""
    assert found(text, emails, addresses)[-1] == address


@pytest.mark.parametrize(
    "text",
    [
        "tie 5 on poikki", "valtatie 4", "kantatie 51 pitkin", "ajettiin tie 65 pitkin", "koti 2", "sivu 23",
        "kadulla 5 poliisia", "kauppakadulla 20 tyyppiä nauroi", "Mannerheimintie 30 minuutin päässä",
        "kirkkokadulla kello 12.30", "Kauppakadulla 12.30 alkaa", "hoitopolku 3 ei koske mua", "monitori 24",
        "luokka 12 B",
        "riksväg 8", "på vägen 5 km", "på gatan 5 poliser", "på hemgatan 6 bilar", "15000 euroa", "10 mg 3 kertaa",
        "vuonna 2019", "huone 12 B", "Mannerheimintiellä", "asun Tampereella", "we drove on tie 61", "bussi 23",
        "tavataan kahvila Rinteessä 5 aikaan", "20 euroa 33 senttiä",
    ],
)  # fmt: skip
def test_what_is_no_address_stays(text: str) -> None:
    """Roads by number, counts, times, sums and places without a house are left."""
    assert found(text, addresses) == []
