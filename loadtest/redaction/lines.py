"""Makes lines of chats with what is to be taken out marked in them: seeded, from sentences and lists of their own.

The sentences stand in `sentences/`, a folder for each share and a file for each language, and were written from how
people chat, not from the patterns that are measured. Development and judged lines share no sentence and no town, and no
part of a street's name but its ending.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from loadtest.redaction import values
from loadtest.redaction.harmless import NAMES, harmless
from loadtest.redaction.places import Case, Streets
from loadtest.redaction.shares import Share

LANGUAGES = ("fi", "sv", "en")
KINDS = ("code", "phone", "email", "iban", "address")
NOTHING = 0.5  # of the lines have nothing to take out
_HELD = (*KINDS, "mixed")
_SLOT = re.compile(r"\{([a-z]+)\}")
_BEFORE = ("", "", "", "", "", "", "", "moi ", "ok ", "😔 ", "👩‍👧 ", "... ", "no siis ", "hej ", "hi, ")
_AFTER = ("", "", "", "", "", "", "", "", " 😭😭", " :(", "!!", " ??", " ❤️", " t. väsynyt", " xx")
_WITHOUT_DOTS = str.maketrans("äöåÄÖÅ", "aoaAOA")
_CASES: dict[str, Case] = {"address": "is", "at": "at", "from": "from", "to": "to"}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a line that is to be taken out, in characters."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chat, its language, and what is to be taken out of it."""

    text: str
    language: str
    spans: tuple[Span, ...]


@cache
def sentences(share: Share, language: str) -> dict[str, list[str]]:
    """The sentences of a share in a language, by what they hold."""
    path = Path(__file__).with_name("sentences") / share / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def lines(number: int, seed: int, share: Share) -> Iterator[Line]:
    """So many lines of a share; the same for the same seed."""
    random = Random(f"{share}-{seed}")
    for _ in range(number):
        yield _line(random, share)


def _line(random: Random, share: Share) -> Line:
    language = random.choice(LANGUAGES)
    kind = "none" if random.random() < NOTHING else random.choice(_HELD)
    sentence = random.choice(sentences(share, language)[kind])
    typing = _typing(random)
    text, spans = "", []
    for part, name in _parts(random.choice(_BEFORE) + sentence + random.choice(_AFTER)):
        piece = _filled(random, share, language, name) if name else part
        piece = typing(piece)
        if name and name not in NAMES:
            kind_of = "address" if name in {*_CASES, "postal"} else name
            spans.append(Span(kind_of, len(text), len(text) + len(piece)))
        text += piece
    return Line(text, language, tuple(spans))


def _typing(random: Random) -> Callable[[str], str]:
    """How one person types: in small letters, without dots and rings, or on a telephone that takes letters apart."""
    low, plain, apart = random.random() < 0.3, random.random() < 0.06, random.random() < 0.04

    def typed(piece: str) -> str:
        piece = piece.lower() if low else piece
        piece = piece.translate(_WITHOUT_DOTS) if plain else piece
        return unicodedata.normalize("NFD", piece) if apart else piece

    return typed


def _parts(sentence: str) -> Iterator[tuple[str, str]]:
    """The pieces of a sentence: text and no name, or a slot's name."""
    for number, part in enumerate(_SLOT.split(sentence)):
        yield ("", part) if number % 2 else (part, "")


def _filled(random: Random, share: Share, language: str, name: str) -> str:
    if name in NAMES:
        return harmless(random, name)
    if name == "postal":
        return Streets(share).postal(random, language)
    if name in _CASES:
        return Streets(share).named(random, language, _CASES[name])
    typed = {"code": values.typed_code, "phone": values.typed_phone, "email": values.typed_email}
    return typed.get(name, values.typed_account)(random)
