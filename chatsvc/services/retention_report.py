"""What the rules would erase or redact, when and why: read from the store, changing nothing."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from chatsvc.domain.conversation import LIVE
from chatsvc.domain.retained import Look
from chatsvc.domain.retention import TEXTS, Fate, Kind, Reason
from chatsvc.domain.statistics import month_end
from chatsvc.services.retention import Retention
from chatsvc.services.statistics import PoolBook, ServiceCounts

WHY: dict[Reason, str] = {
    "rule": "the rule's time",
    "no_rule": "no rule names it",
    "law": "a legal minimum",
    "earlier_promise": "an earlier version promised it",
    "wish": "the visitor's wish",
    "with_text": "the record stays as long as its text",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """Kinds of one conversation that go, or are redacted, at one time (ms), and why; or a queue's counts of a month.

    `held` means not before the hold is released. Counts have a `month` (`2026-11`) in place of a conversation.
    """

    site: str
    queue: str
    conversation: str
    ended: int
    kinds: tuple[Kind | Literal["statistics"], ...]
    at: int
    rule: str
    version: int
    reason: Reason
    held: bool
    step: Literal["erase", "redact"] = "erase"
    month: str = ""


async def planned(retention: Retention, sites: Collection[str]) -> AsyncIterator[Planned]:
    """What is still there of the sites' conversations that are over, in no order. Raises StoreUnavailable."""
    seen: set[str] = set()
    for of_past in (False, True):
        cursor = ""
        while cursor != "0":
            cursor, found = await retention.store.walk(cursor or "0", of_past=of_past)
            for look in await retention.store.look([ident for ident in found if ident not in seen]):
                over = look.record is not None and look.record.state not in LIVE and look.record.site in sites
                if over and look.id not in seen:
                    seen.add(look.id)
                    fates = [fate for fate in await retention.fates(look) if fate.kind not in look.kept.gone]
                    for row in (*_rows(look, fates), *await _redacted(retention, look, fates)):
                        yield row


async def planned_statistics(
    counts: ServiceCounts, book: PoolBook, sites: Collection[str]
) -> AsyncIterator[Planned]:
    """What becomes of the counts that one pool has booked of the sites' months. Raises StoreUnavailable."""
    for site, month in await book.months():
        if site in sites:
            for queue, fate in (await counts.fates(book, site, month)).items():
                yield Planned(
                    site, queue, "", month_end(month), ("statistics",), fate.at, fate.rule, fate.version,
                    fate.reason, held=False, month=month,
                )  # fmt: skip


def _rows(look: Look, fates: Iterable[Fate]) -> list[Planned]:
    """Kinds that go at one time for one reason stand together."""
    record = look.record
    assert record is not None
    kinds: dict[tuple[int, str, int, Reason, bool], list[Kind | Literal["statistics"]]] = {}
    for fate in fates:
        kinds.setdefault((fate.at, fate.rule, fate.version, fate.reason, fate.held), []).append(fate.kind)
    return [
        Planned(
            record.site, record.queue, look.id, record.ended or record.joined, tuple(every), at, rule,
            version, reason, held,
        )
        for (at, rule, version, reason, held), every in kinds.items()
    ]  # fmt: skip


async def _redacted(retention: Retention, look: Look, left: Sequence[Fate]) -> list[Planned]:
    """The texts that outlive their redaction."""
    record, wanted = look.record, await retention.redaction(look, left)
    assert record is not None
    if wanted is None or look.kept.redacted is not None:
        return []
    kinds = tuple(fate.kind for fate in left if fate.kind in TEXTS and fate.at > wanted.at)
    if not kinds:
        return []
    return [
        Planned(
            record.site, record.queue, look.id, record.ended or record.joined, kinds, wanted.at, wanted.rule,
            wanted.version, "rule", held=False, step="redact",
        )
    ]  # fmt: skip
