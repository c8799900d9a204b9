"""Declarations of sites: what is read, what is refused, and what would change."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.declaration import DeclarationRefused, parse_declaration
from chatsvc.domain.declaration_changes import changes
from chatsvc.domain.declaration_text import duration_ms, duration_text, line_numbers
from chatsvc.domain.sites import Contact, Site

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "example-site.toml"
SMALL = """
[site.kunta]
names = { fi = "Kunta" }
languages = ["fi"]
origins = ["https://www.kunta.fi"]

[[site.kunta.emergency]]
names = { fi = "Hätänumero" }
phone = "112"

[site.kunta.queue.paihde]
names = { fi = "Päihdeneuvonta" }
offer = "30 s"
"""
AWKWARD = '''a = """
[no]
b = 1
"""
c = [
  "x = 1",
  "]",
]
"d e".f = { g = 1 }
[[t]]
h = 1
[[t]]
h = 2
[t.u]
v = 1
'''


def small() -> Site:
    return parse_declaration(SMALL)[0]


def problems(text: str) -> list[str]:
    """What is told about a text."""
    with pytest.raises(DeclarationRefused) as caught:
        parse_declaration(text, "site.toml")
    return str(caught.value).splitlines()


def test_the_example_is_right() -> None:
    """The example that operators copy can be applied as it is, in three languages."""
    (site,) = parse_declaration(EXAMPLE.read_text(encoding="utf-8"))
    assert site.id == "kunta"
    assert [queue.key for queue in site.queues] == ["kunta/paihde", "kunta/nuoret"]
    for texts in (site.names, site.notice, site.notice_url, *(queue.names for queue in site.queues)):
        assert texts.keys() == {"fi", "sv", "en"}
    assert site.emergency[0].phone == "112"
    assert site.queues[0].idle_end_ms == 1_800_000
    assert "\\\n" not in site.notice["fi"]


def test_what_is_left_out_has_its_default() -> None:
    """A small declaration is enough."""
    site = small()
    assert site.pool_id == "kunta"
    assert site.queues[0].mode == "take"
    assert site.queues[0].open
    assert site.emergency == (Contact({"fi": "Hätänumero"}, phone="112"),)


def test_every_problem_is_told_at_once_with_its_line() -> None:
    """The file is read to its end; each problem names file, line, place, and what is accepted."""
    text = SMALL.replace("https://www.kunta.fi", "https://www.kunta.fi/").replace('"112"', "112")
    text = text.replace('offer = "30 s"', 'ofer = "30 s"\nmode = "push"\nidle_end = 30\nopen = "yes"')
    assert problems(text) == [
        (
            "site.toml, line 5: site.kunta.origins: 'https://www.kunta.fi/' has more or less than an origin; "
            "write 'https://www.kunta.fi'."
        ),
        (
            "site.toml, line 9: site.kunta.emergency.1.phone: must be a telephone number in quotes, such as "
            '"112" or "+358 9 123 4567".'
        ),
        (
            "site.toml, line 13: site.kunta.queue.paihde.ofer: there is no such key. Did you mean offer? "
            "Accepted: names, mode, open, hours, last_entry, closing_warning, question, rule, priority_step, "
            "waiting_limit, offer, offer_repeat, grace_waiting, grace_talking, idle_warning, idle_end, "
            "wrap_up, weight, other_language, linger, minimum."
        ),
        "site.toml, line 14: site.kunta.queue.paihde.mode: must be one of take, offer, auto.",
        (
            "site.toml, line 15: site.kunta.queue.paihde.idle_end: must be a time with its unit, such as "
            '"30 s" or "5 min", from 1 min to 24 h.'
        ),
        "site.toml, line 16: site.kunta.queue.paihde.open: must be true or false.",
    ]


@pytest.mark.parametrize(
    ("given_text", "told"),
    [
        ("", "no site is declared"),
        ("[site", "this is not TOML"),
        ("site = 3", "site: must be tables headed [site.NAME]."),
        ("[site]\nkunta = 3", "site.kunta: must be a table."),
        ("[sites.kunta]", "sites: there is no such key. Did you mean site? Accepted: site."),
        (SMALL.replace("kunta]", "Kunta]"), "site.Kunta: the name must be 1-40 of a-z, 0-9 and -"),
        (SMALL.replace("site.kunta", "site.dir"), "site.dir: the name can't be 'dir'"),
        (SMALL.replace("names = { fi = \"Kunta\" }", ""), "site.kunta.names: is missing"),
        (SMALL.replace('"Kunta" }', '"Kunta", de = "Gemeinde" }'), "names: 'de' is not a language here"),
        (SMALL.replace('["fi"]', '["fi", "sv"]'), "site.kunta.names: has no text in sv"),
        (SMALL.replace('["fi"]', '["fi", "fi"]'), "languages: must be a list of different"),
        (SMALL.replace('phone = "112"', ""), "site.kunta.emergency.1: needs a phone or a url."),
        (SMALL.replace('phone = "112"', 'url = "ftp://x"'), "emergency.1.url: must be the full address"),
        (SMALL.replace("[[site.kunta.emergency]]", "[site.kunta.emergency]"), "must be a list of tables"),
        (SMALL.partition("[site.kunta.queue")[0], "site.kunta: the site has no queue"),
        (SMALL + 'idle_warning = "1 h"', "idle_warning: must be shorter than idle_end."),
        (SMALL + "waiting_limit = 0", "waiting_limit: must be a whole number from 1 to 10000."),
        (SMALL + "waiting_limit = true", "waiting_limit: must be a whole number from 1 to 10000."),
        (SMALL.replace('"Kunta"', '"  "'), "names: fi: must be a text of 1 to 120 characters on one line."),
        (SMALL.replace('"Kunta"', r'"a\u0007b"'), "site.kunta.names: fi: must be a text"),
    ],
)  # fmt: skip
def test_wrong_declarations_are_refused(given_text: str, told: str) -> None:
    """Whatever is wrong, the operator hears where and what is accepted."""
    assert any(told in problem for problem in problems(given_text))


@pytest.mark.parametrize(
    "origin",
    ["https://www.kunta.fi", "https://kunta.fi:8443", "http://localhost:8080", "http://kunta.localhost",
     "https://xn--pihde-hra.fi"],
)  # fmt: skip
def test_origins_as_browsers_write_them(origin: str) -> None:
    """Scheme, host and unusual port are an origin."""
    (site,) = parse_declaration(SMALL.replace("https://www.kunta.fi", origin))
    assert site.origins == (origin,)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("https://www.kunta.fi/", "https://www.kunta.fi"),
        ("https://www.kunta.fi/palvelut?x#y", "https://www.kunta.fi"),
        ("https://WWW.Kunta.fi", "https://www.kunta.fi"),
        ("https://www.kunta.fi:443", "https://www.kunta.fi"),
        ("https://päihde.fi", "https://xn--pihde-gra.fi"),
        ("http://www.kunta.fi", "https://"),
        ("www.kunta.fi", "such as https://www.kunta.fi"),
        ("https://*.kunta.fi", "one host"),
        ("https://me@kunta.fi", "one host"),
        ("https://kunta.fi:99999", "such as https://www.kunta.fi"),
        ("https://kunta.fi https://b.fi", "one host"),
        ("*", "one host"),
        ("null", "one host"),
        ("", "one host"),
    ],
)
def test_other_spellings_of_origins_are_refused_with_the_right_one(wrong: str, right: str) -> None:
    """An origin that a browser would never send is refused, and the right spelling is shown."""
    (problem,) = problems(SMALL.replace("https://www.kunta.fi", wrong))
    assert right in problem


def test_the_same_declaration_changes_nothing() -> None:
    """Comparing a site with itself finds no difference."""
    assert list(changes(small(), small())) == []


def test_changes_are_told_field_by_field() -> None:
    """Every difference is named in the words of the file, with before and after."""
    before = small()
    text = SMALL.replace('"30 s"', '"1 min 30 s"').replace('"Kunta"', '"Kaupunki"').replace("112", "113")
    (after,) = parse_declaration(text.replace("origins", 'grace_staff = "1 min"\n#') + "open = false")
    assert [str(change) for change in changes(before, after)] == [
        "kunta: names.fi: Kunta → Kaupunki",
        "kunta: origins: https://www.kunta.fi → (none)",
        "kunta: grace_staff: 2 min → 1 min",
        "kunta: emergency: Hätänumero 112 → Hätänumero 113",
        "kunta/paihde: open: true → false",
        "kunta/paihde: offer: 30 s → 1 min 30 s",
    ]


def test_new_gone_and_reordered_queues_are_told() -> None:
    """Queues come, go and change places, and the operator sees it."""
    (before,) = parse_declaration(EXAMPLE.read_text(encoding="utf-8"))
    assert [str(change) for change in changes(None, before)] == [
        "kunta: new",
        "kunta/paihde: new",
        "kunta/nuoret: new",
    ]
    turned = replace(before, queues=before.queues[::-1])
    assert [change.field for change in changes(before, turned)] == ["order of queues"]
    fewer = replace(before, queues=before.queues[:1])
    assert [str(change) for change in changes(before, fewer)] == ["kunta/nuoret: gone"]


@given(st.integers(0, 10**9))
def test_durations_read_as_they_are_shown(milliseconds: int) -> None:
    """What the program prints for a time, it also reads."""
    assert duration_ms(duration_text(milliseconds)) == milliseconds


@pytest.mark.parametrize("text", ["", "5", "min", "5 minutes", "-5 s", "5 s ", "1.5 h", "5 s10 s", "٥ s"])
def test_other_texts_are_no_durations(text: str) -> None:
    """A time without its unit, or with anything else, is not guessed at."""
    with pytest.raises(ValueError, match="not a time"):
        duration_ms(text)


@pytest.mark.parametrize(
    ("text", "ms"), [("5 min", 300_000), ("30s", 30_000), ("500 ms", 500), ("1 h 30 min", 5_400_000)]
)
def test_durations_with_units(text: str, ms: int) -> None:
    """The spellings of the documentation mean what they say."""
    assert duration_ms(text) == ms


def test_lines_are_found_in_awkward_files() -> None:
    """Multi-line texts and arrays, quoted keys and arrays of tables don't lead the numbers astray."""
    assert line_numbers(AWKWARD) == {
        ("a",): 1, ("c",): 5, ("d e", "f"): 9, ("d e", "f", "g"): 9, ("t", "1"): 10, ("t", "1", "h"): 11,
        ("t", "2"): 12, ("t", "2", "h"): 13, ("t", "2", "u"): 14, ("t", "2", "u", "v"): 15,
    }  # fmt: skip
