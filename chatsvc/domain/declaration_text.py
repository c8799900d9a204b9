"""How files that operators write are read: durations, line numbers, near misses."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

UNITS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}
_DURATION = re.compile(r"(?:[0-9]{1,9} ?(?:ms|s|min|h)(?: (?=[0-9])|$))+")
_PART = re.compile(r"([0-9]+) ?(ms|s|min|h)")
_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=(.*)", re.DOTALL)
_TABLE = re.compile(rf"\s*(\[\[?)\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*\]")
_WORD = re.compile(_NAME)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*')

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file: where, what, and what is accepted."""

    path: str
    message: str
    line: int | None = None

    def render(self, file: str) -> str:
        """As one line for the operator."""
        place = file if self.line is None else f"{file}, line {self.line}"
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


def duration_ms(text: str) -> int:
    """Milliseconds of a text such as `30 s`, `5 min` or `1 h 30 min`. Raises ValueError."""
    if not _DURATION.fullmatch(text):
        raise ValueError("not a time with its unit")
    return sum(int(number) * UNITS[unit] for number, unit in _PART.findall(text))


def duration_text(milliseconds: int) -> str:
    """The shortest text that `duration_ms` reads as `milliseconds`."""
    parts, rest = [], milliseconds
    for unit in ("h", "min", "s", "ms"):
        number, rest = divmod(rest, UNITS[unit])
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts) or "0 s"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean …?` when something known is near, else nothing."""
    near = get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def line_numbers(text: str) -> dict[Path, int]:
    """The line of every table and key in a TOML text; elements of an array of tables are numbered from 1.

    Good for messages only: what it can't place is simply missing.
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in _statements(text):
        if header := _TABLE.match(line):
            table = _resolved(_words(header[2]), counts, one_more=header[1] == "[[")
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            path = table + _words(key[1])
            found.setdefault(path, number)
            if key[2].lstrip().startswith("{"):
                for inner in re.finditer(rf"[{{,]\s*({_NAME})\s*=", key[2]):
                    found.setdefault(path + _words(inner[1]), number)
    return found


def _words(dotted: str) -> Path:
    return tuple(word.strip("\"'") for word in _WORD.findall(dotted))


def _resolved(path: Path, counts: dict[Path, int], *, one_more: bool) -> Path:
    """The path with the number of the element after each name of an array of tables."""
    resolved: Path = ()
    for depth, word in enumerate(path, 1):
        resolved += (word,)
        if depth == len(path) and one_more:
            counts[resolved] = counts.get(resolved, 0) + 1
        if resolved in counts:
            resolved += (str(counts[resolved]),)
    return resolved


def _statements(text: str) -> Iterable[tuple[int, str]]:
    """The lines that begin a statement: those inside multi-line strings and arrays are left out."""
    closing, depth = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if closing:
            if closing not in line:
                continue
            line, closing = line.split(closing, 1)[1], ""
        elif depth == 0:
            yield number, line
        for quotes in ('"""', "'''"):
            if line.count(quotes) % 2:
                line, closing = line.split(quotes, 1)[0], quotes
        if not _TABLE.match(line) or depth:
            bare = _STRING.sub("", line)
            depth = max(0, depth + bare.count("[") - bare.count("]"))
