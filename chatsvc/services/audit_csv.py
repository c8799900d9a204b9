"""Entries of the audit log as lines of a CSV file (RFC 4180), in the words of the log itself."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from chatsvc.domain.audit import Entry
from chatsvc.services.statistics_csv import BOM, safe

_HEADS = ("entry", "time", "who", "role", "action", "record", "details", "digest")


def _lines(rows: Iterable[Iterable[str | int]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


HEADER = BOM + _lines([_HEADS])


def csv_lines(entries: Iterable[Entry]) -> str:
    """A line for each entry; nothing in it is taken for a formula. Times are in UTC."""
    return _lines(_cells(entry) for entry in entries)


def _cells(entry: Entry) -> list[str | int]:
    deed = entry.deed
    details = "; ".join(f"{name}={value}" for name, value in sorted(deed.details.items()))
    time = datetime.fromtimestamp(deed.at / 1000, UTC).isoformat(timespec="milliseconds")
    texts = (time, deed.actor, deed.role, deed.action, deed.record, details, entry.digest)
    return [entry.seq, *map(safe, texts)]
