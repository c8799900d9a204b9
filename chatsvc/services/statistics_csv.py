"""A month's table as a CSV file (RFC 4180) that spreadsheets open as what it says."""

import csv
import io
from collections.abc import Iterable

from chatsvc.domain.sites import Site
from chatsvc.domain.statistics import COLUMNS, WAIT_BOUNDS_S, MonthTable, Row, Waits
from chatsvc.services.statistics_words import WORDS, Words

HIDDEN = "–"
# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), in full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"  # without it spreadsheets read UTF-8 as something else


def as_csv(table: MonthTable, site: Site, lang: str) -> str:
    """One header row, then a row for the site, each queue and each of its languages; what is left out is a dash."""
    words, text = WORDS[lang], io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([words.queue, words.language, *(words.columns[name] for name in COLUMNS), *words.figures])
    for row in table.rows:
        cells = [HIDDEN if value is None else str(value) for value in row.cells.values()]
        lines.writerow([*(safe(name) for name in _names(row, site, words, lang)), *cells, *_figures(row)])
    return BOM + text.getvalue()


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def queue_name(site: Site, key: str, lang: str) -> str:
    """What a queue is called; of one that is gone its short name."""
    names = next((queue.names for queue in site.queues if queue.key == key), {})
    return names.get(lang) or key.partition("/")[2]


def _names(row: Row, site: Site, words: Words, lang: str) -> tuple[str, str]:
    queue = words.all_queues if row.queue is None else queue_name(site, row.queue, lang)
    language = (
        words.all_languages if row.language is None else words.languages.get(row.language, row.language)
    )
    return queue, language


def _figures(row: Row) -> Iterable[str]:
    yield HIDDEN if row.prompt_share is None else f"{100 * row.prompt_share:.0f}"
    for waits in (row.answered, row.gave_up):
        yield from _waits(waits)
    yield HIDDEN if row.handling_s is None else f"{row.handling_s:.0f}"


def _waits(waits: Waits | None) -> Iterable[str]:
    if waits is None:
        return (HIDDEN,) * 3
    beyond = f">{WAIT_BOUNDS_S[-1]}"
    limits = (beyond if bound is None else str(bound) for bound in (waits.median_s, waits.ninety_s))
    return (*limits, f"{waits.mean_s:.0f}")
