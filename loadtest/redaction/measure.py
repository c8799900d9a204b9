"""Counts what redaction finds, misses and takes too much, by kind and language."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from chatsvc.domain.redaction import Finding, Kind
from loadtest.redaction.lines import Line

Finder = Callable[[str], Sequence[Finding]]
Place = tuple[str, str]  # kind and language
KINDS = {
    Kind.IDENTITY_CODE: "code",
    Kind.PHONE: "phone",
    Kind.EMAIL: "email",
    Kind.ACCOUNT: "iban",
    Kind.ADDRESS: "address",
}
# What has to be reached on judged lines, all languages together.
RECALL_FLOOR = {"code": 0.98, "iban": 0.98, "email": 0.98, "phone": 0.97, "address": 0.90}
PRECISION_FLOOR = 0.97


@dataclass(slots=True)
class Tally:
    """Counts of one kind in one language."""

    there: int = 0  # stretches to take out
    gone: int = 0  # of them without a letter or figure left
    signs: int = 0  # letters and figures in them
    leaked: int = 0  # of them left
    found: int = 0  # findings of the kind
    right: int = 0  # of them that touch a stretch of the kind

    @property
    def recall(self) -> float:
        """The share of stretches of which nothing is left, 0 to 1."""
        return self.gone / self.there if self.there else 1.0

    @property
    def precision(self) -> float:
        """The share of findings that touch a stretch of their kind, 0 to 1."""
        return self.right / self.found if self.found else 1.0

    @property
    def leak(self) -> float:
        """The share of letters and figures that stay, 0 to 1."""
        return self.leaked / self.signs if self.signs else 0.0


@dataclass(slots=True)
class Measured:
    """Tallies by kind and language, lines in which something was missed or taken for nothing, and lines seen."""

    tallies: defaultdict[Place, Tally] = field(default_factory=lambda: defaultdict(Tally))
    missed: list[tuple[str, Line]] = field(default_factory=list)
    mistaken: list[tuple[str, Line]] = field(default_factory=list)
    lines: Counter[str] = field(default_factory=Counter)  # by language
    harmless: int = 0  # lines with nothing to take out
    unharmed: int = 0  # of them left as they were

    def of(self, kind: str, language: str | None = None) -> Tally:
        """A kind's tally, of one language or of all."""
        total = Tally()
        for (its, spoken), tally in self.tallies.items():
            if its == kind and language in {None, spoken}:
                for name in Tally.__slots__:
                    setattr(total, name, getattr(total, name) + getattr(tally, name))
        return total

    def shortfalls(self) -> list[str]:
        """Which floors are not reached; each in words."""
        short = []
        for kind, floor in RECALL_FLOOR.items():
            tally = self.of(kind)
            if tally.recall < floor or not tally.there:
                short.append(f"recall of {kind} is {tally.recall:.2%}; at least {floor:.0%} is promised")
            if tally.precision < PRECISION_FLOOR:
                short.append(
                    f"precision of {kind} is {tally.precision:.2%}; at least {PRECISION_FLOOR:.0%} is promised"
                )
        return short


def measure(lines: Iterable[Line], finder: Finder) -> Measured:
    """What the finder makes of the lines."""
    measured = Measured()
    for line in lines:
        _count(measured, line, finder(line.text))
    return measured


def _count(measured: Measured, line: Line, found: Sequence[Finding]) -> None:
    measured.lines[line.language] += 1
    measured.harmless += not line.spans
    measured.unharmed += not line.spans and not found
    covered = {place for part in found for place in range(part.start, part.end)}
    for span in line.spans:
        tally = measured.tallies[span.kind, line.language]
        signs = [place for place in range(span.start, span.end) if line.text[place].isalnum()]
        left = sum(place not in covered for place in signs)
        tally.there += 1
        tally.gone += not left
        tally.signs += len(signs)
        tally.leaked += left
        if left:
            measured.missed.append((span.kind, line))
    for part in found:
        kind = KINDS[part.kind]
        tally = measured.tallies[kind, line.language]
        right = any(
            span.kind == kind and span.start < part.end and part.start < span.end for span in line.spans
        )
        tally.found += 1
        tally.right += right
        if not right:
            measured.mistaken.append((kind, line))
