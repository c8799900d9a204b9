"""How much a visitor's and a counsellor's browser has to load, gzipped, counted on what is really served."""

import gzip
import random
import re
import shutil
from pathlib import Path

import pytest

BUDGETS = {"w.js": 4_096, "panel": 25 * 1_024, "console": 80 * 1_024}


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), compresslevel=9))


def first_open(static: Path, page: str) -> int:
    """Bytes of what a page loads at its first open: itself, its code and style, its largest language.

    Pieces that a page loads later count as well: names that begin with the page's name belong to it.
    """
    document = static / f"{page}.html"
    named = {
        static / path.lstrip("/") for path in re.findall(r'(?:src|href)="(/[^"]+)"', document.read_text())
    }
    own = set((static / "assets").glob(f"{page}[.-]*"))
    languages = {path for path in own if re.fullmatch(rf"{page}\.[a-z]{{2,3}}-\w+\.json", path.name)}
    rest = {document} | named | (own - languages)
    return sum(map(compressed, rest)) + max(map(compressed, languages), default=0)


def measured(static: Path) -> dict[str, int]:
    return {
        "w.js": compressed(static / "w.js"),
        "panel": first_open(static, "panel"),
        "console": first_open(static, "console"),
    }


def too_large(static: Path) -> set[str]:
    return {name for name, size in measured(static).items() if size > BUDGETS[name]}


def test_every_page_is_within_its_budget(static_dir: Path) -> None:
    """The launcher takes at most 4 KiB, the panel 25 KiB and the console 80 KiB."""
    assert too_large(static_dir) == set(), measured(static_dir)


def test_nothing_is_served_that_no_page_counts(static_dir: Path) -> None:
    """Every asset belongs to the panel or the console, so that nothing escapes the budgets."""
    strangers = {
        path.name
        for path in (static_dir / "assets").iterdir()
        if not path.name.startswith(("panel", "console"))
    }
    assert strangers == set()


@pytest.mark.parametrize(
    ("file", "page"),
    [
        ("w.js", "w.js"),
        ("panel.html", "panel"),
        ("assets/panel-later.js", "panel"),
        ("assets/panel.fi-0000000000.json", "panel"),
        ("assets/console-0000000000.css", "console"),
    ],
)
def test_a_page_over_its_budget_is_caught(static_dir: Path, tmp_path: Path, file: str, page: str) -> None:
    """The check sees what makes a page too large, in whichever of its files it is."""
    copy = tmp_path / "static"
    shutil.copytree(static_dir, copy)
    with (copy / file).open("ab") as grown:
        grown.write(random.Random(1).randbytes(BUDGETS[page]))
    assert too_large(copy) == {page}
