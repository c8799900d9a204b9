"""Recall and precision of redaction on 5,000 lines that it was not improved on, and that the measure sees a fault."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from chatsvc.domain.redaction import Detector, Finding, Kind, find
from chatsvc.services.redaction import detectors, findings
from loadtest.redaction import lines as maker
from loadtest.redaction.lines import KINDS, LANGUAGES, Line, Span, lines, sentences
from loadtest.redaction.measure import RECALL_FLOOR, measure
from loadtest.redaction.shares import Share

ROOT = Path(__file__).resolve().parents[2]
SEED = 1


@pytest.fixture(scope="module")
def judged() -> list[Line]:
    return list(lines(5000, SEED, Share.JUDGED))


def test_recall_and_precision_are_over_the_floor(judged: list[Line]) -> None:
    """On the judged lines every kind reaches the recall and precision promised, and deploy/redaction.md shows them."""
    measured = measure(judged, findings)
    assert measured.shortfalls() == []
    assert measured.unharmed / measured.harmless > 0.99
    page = (ROOT / "deploy" / "redaction.md").read_text(encoding="utf-8")
    for kind, floor in RECALL_FLOOR.items():
        tally = measured.of(kind)
        row = f"| {tally.there} | **{tally.recall:.1%}** | {floor:.0%} | **{tally.precision:.1%}** | {tally.leak:.2%} |"
        assert row in page, f"deploy/redaction.md has another table; its row of {kind} is now: {row}"


def test_the_lines_hold_enough_of_everything(judged: list[Line]) -> None:
    """At least four lines in ten have nothing to take out; each kind is there in each language a hundred times."""
    assert sum(not line.spans for line in judged) / len(judged) >= 0.4
    for kind in KINDS:
        for language in LANGUAGES:
            there = [span for line in judged if line.language == language for span in line.spans]
            assert sum(span.kind == kind for span in there) >= 100


def test_lines_are_the_same_for_the_same_seed() -> None:
    """A seed names its lines, and another seed other ones."""
    first, again, other = (list(lines(50, seed, Share.JUDGED)) for seed in (1, 1, 2))
    assert first == again != other


def test_what_judges_was_not_improved_on() -> None:
    """Development and judged lines share no sentence, and no sentence has a slot that nothing fills."""
    for language in LANGUAGES:
        shares = [
            {text for texts in sentences(share, language).values() for text in texts} for share in Share
        ]
        assert not shares[0] & shares[1]
    for share in Share:
        assert len(list(lines(2000, 3, share))) == 2000
    assert maker.NOTHING >= 0.4


@pytest.mark.parametrize("kind", list(Kind))
def test_a_pattern_that_is_missing_is_seen(judged: list[Line], kind: Kind) -> None:
    """Without what looks for one kind the measure is under that kind's floor."""
    broken = without(kind)
    assert any("recall" in short for short in measure(judged[:1500], broken).shortfalls())


def test_a_pattern_that_takes_too_much_is_seen(judged: list[Line]) -> None:
    """A detector that takes every number for a telephone's is under the floor of precision."""

    def every_number(text: str) -> list[Finding]:
        return [Finding(place, place + 1, Kind.PHONE) for place, sign in enumerate(text) if sign.isdigit()]

    broken: Sequence[Detector] = (*detectors(), every_number)
    shortfalls = measure(judged[:500], lambda text: find(text, broken)).shortfalls()
    assert any(short.startswith("precision of phone") for short in shortfalls)


def test_a_part_that_is_left_counts_as_a_leak() -> None:
    """A stretch of which one figure stays is not gone, and the figure is counted."""
    line = Line("soita 0491234567", "fi", (Span("phone", 6, 16),))
    tally = measure([line], lambda _: [Finding(6, 15, Kind.PHONE)]).of("phone")
    assert (tally.there, tally.gone, tally.leaked, tally.right) == (1, 0, 1, 1)


def without(kind: Kind) -> Callable[[str], Sequence[Finding]]:
    """Redaction without one kind's pattern."""
    order = (Kind.ACCOUNT, Kind.IDENTITY_CODE, Kind.EMAIL, Kind.PHONE, Kind.ADDRESS)
    rest = [detector for its, detector in zip(order, detectors(), strict=True) if its is not kind]
    return lambda text: find(text, rest)
