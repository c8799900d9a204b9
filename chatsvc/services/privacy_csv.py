"""The data protection report as a CSV file (RFC 4180): one number a line, for sorting and adding up."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from chatsvc.domain.privacy_report import AGES, By, TableRow
from chatsvc.services.privacy_report import EARLIER, PrivacyReport
from chatsvc.services.privacy_words import PRIVACY_WORDS, PrivacyWords
from chatsvc.services.statistics_csv import BOM, HIDDEN, safe

Line = tuple[str, str, str, str, int | None]


def as_csv(report: PrivacyReport, lang: str) -> str:
    """A header row, then table, what, what decides, age or month, number; what is left out is a dash."""
    words, text = PRIVACY_WORDS[lang], io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(words.heads)
    for *names, number in _lines(report, words):
        lines.writerow([*(safe(str(name)) for name in names), HIDDEN if number is None else number])
    return BOM + text.getvalue()


def _lines(report: PrivacyReport, words: PrivacyWords) -> Iterable[Line]:
    ages: dict[str, str] = {age: words.ages[age] for age in AGES}
    months = {month: words.earlier if month == EARLIER else month for month in report.months}
    yield from _table(words.exists, report.exists, ages, words)
    yield from _table(words.erased, report.erased, months, words)
    yield words.holds, words.held, "", "", report.held
    yield words.holds, words.asked, "", "", report.asked
    for role, cells in report.openings.items():
        name = words.roles.get(role, role) if role else words.total
        for month in (*report.months, ""):
            yield words.openings, name, "", months.get(month, words.total), cells[month]


def _table(
    name: str, rows: Sequence[TableRow], columns: Mapping[str, str], words: PrivacyWords
) -> Iterable[Line]:
    for row in rows:
        what, why = words.kinds[row.kind], _why(row.by, words)
        for column, heading in columns.items():
            yield name, what, why, heading, row.cells[column]
        yield name, what, why, words.total, row.total


def _why(by: By | None, words: PrivacyWords) -> str:
    if by is None:
        return words.total
    return by.rule if by.why == "rule" else words.whys[by.why]
