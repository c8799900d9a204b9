"""The words of the statistics mean the same in the guide and on the pages."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "deploy" / "statistics.md").read_text(encoding="utf-8")
TEXTS = json.loads((ROOT / "widget" / "src" / "i18n" / "manage.en.json").read_text(encoding="utf-8"))
MEANINGS = {key: text for key, text in TEXTS.items() if key.startswith("statistics.means.")}


def plain(text: str) -> str:
    """Without the marks and line breaks of the page, in small letters."""
    return re.sub(r"\s+", " ", text).lower()


@pytest.mark.parametrize("key", sorted(MEANINGS))
def test_a_definition_is_the_same_in_both(key: str) -> None:
    """Each sentence of the English page stands in the guide."""
    assert plain(MEANINGS[key]).rstrip(".") in plain(GUIDE)


def test_every_word_has_a_meaning() -> None:
    """The glossary is there, and each of its words has a name in every language."""
    assert len(MEANINGS) == 10
    for lang in ("fi", "sv", "en"):
        texts = json.loads(
            (ROOT / "widget" / "src" / "i18n" / f"manage.{lang}.json").read_text(encoding="utf-8")
        )
        assert all(texts[key.replace(".means.", ".word.")] for key in MEANINGS)
