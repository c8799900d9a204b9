"""How much a visitor's and a counsellor's browser has to load, gzipped, counted on what is really served."""

import gzip
import random
import re
import shutil
from pathlib import Path

import pytest

BUDGETS = {"w.js": 4_096, "panel": 25 * 1_024, "console": 80 * 1_024, "manage": 80 * 1_024}


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), compresslevel=9))


def named_in(static: Path, page: str) -> set[Path]:
    """A page and what it loads by itself: scripts and styles named in it, modules imported at once."""
    document = static / f"{page}.html"
    found, open_ends = {document}, [document]
    while open_ends:
        text = open_ends.pop().read_text(encoding="utf-8")
        named = re.findall(r'\b(?:src|href)="/assets/([^"]+)"', text)
        named += re.findall(r'\b(?:from|import)\s*"\./([^"]+)"', text)
        new = {static / "assets" / name for name in named} - found
        found |= new
        open_ends += new
    return found


def languages_of(static: Path, page: str) -> set[Path]:
    return set((static / "assets").glob(f"{page}.*.json"))


def first_open(static: Path, page: str) -> int:
    """Bytes of what a page loads at its first open, its largest language included."""
    return sum(map(compressed, named_in(static, page))) + max(map(compressed, languages_of(static, page)))


def measured(static: Path) -> dict[str, int]:
    return {
        "w.js": compressed(static / "w.js"),
        "panel": first_open(static, "panel"),
        "console": first_open(static, "console"),
        "manage": first_open(static, "manage"),
    }


def too_large(static: Path) -> set[str]:
    return {name for name, size in measured(static).items() if size > BUDGETS[name]}


def test_every_page_is_within_its_budget(static_dir: Path) -> None:
    """The launcher takes at most 4 KiB, the panel 25 KiB, the console and the planning page 80 KiB each."""
    assert too_large(static_dir) == set(), measured(static_dir)


def test_every_asset_has_a_page_that_names_it(static_dir: Path) -> None:
    """No asset is left over: each is named by a page or by what a page loads."""
    texts = [
        path.read_text(encoding="utf-8") for path in static_dir.rglob("*") if path.suffix in {".html", ".js"}
    ]
    unnamed = {
        path.name
        for path in (static_dir / "assets").iterdir()
        if not any(path.name in text for text in texts)
    }
    assert unnamed == set()


@pytest.mark.parametrize("page", ["w.js", "panel", "console", "manage"])
def test_a_page_over_its_budget_is_caught(static_dir: Path, tmp_path: Path, page: str) -> None:
    """The check sees what makes a page too large, in whichever of its files it is."""
    parts = (
        [static_dir / page] if page == "w.js" else named_in(static_dir, page) | languages_of(static_dir, page)
    )
    assert len(parts) == 1 or len(parts) > 3
    for number, file in enumerate(parts):
        copy = tmp_path / str(number)
        shutil.copytree(static_dir, copy)
        with (copy / file.relative_to(static_dir)).open("a", encoding="ascii") as grown:
            grown.write("/*" + random.Random(1).randbytes(BUDGETS[page]).hex() + "*/")
        assert too_large(copy) == {page}, file.name


def test_a_module_that_is_imported_at_once_is_counted(static_dir: Path, tmp_path: Path) -> None:
    """A large module counts if the script imports it at once, not if only a later step loads it."""
    copy = tmp_path / "static"
    shutil.copytree(static_dir, copy)
    large = copy / "assets" / "panel.planted.js"
    large.write_text("/*" + random.Random(1).randbytes(BUDGETS["panel"]).hex() + "*/")
    assert too_large(copy) == set()
    (script,) = {path for path in named_in(copy, "panel") if path.name.startswith("panel.main")}
    script.write_text('import"./panel.planted.js";' + script.read_text(encoding="utf-8"), encoding="utf-8")
    assert too_large(copy) == {"panel"}
