"""The worker cuts logs by their rules: announced first, and found again wherever it was killed."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chatsvc.domain.audit import CUT, Deed, Head
from chatsvc.domain.audit_verification import Fault
from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.retention import DAY_MS, Period
from chatsvc.services.audit import Audit
from chatsvc.services.audit_check import check
from chatsvc.services.audit_cuts import NOTHING, AuditCuts
from chatsvc.services.audit_state import AuditStates
from chatsvc.store.audit import AuditStore
from chatsvc.store.checkpoints import CheckpointFiles, read_statements
from chatsvc.store.clock import ManualClock
from chatsvc.store.link import Link
from chatsvc.worker.audit_cuts import cut_logs

if TYPE_CHECKING:
    from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]

BEGUN, MONTHS = 1_700_000_000_000, 24
LOG = "chatsvc:{audit}:log:kunta"
STEPS = ("write_cut", "cut", "write")


@pytest.fixture
async def link(any_store: "AnyStore") -> AsyncIterator[Link]:
    opened = await Link.open(any_store.url, client_name="test")
    yield opened
    await opened.close()


@pytest.fixture
def files(tmp_path: Path) -> CheckpointFiles:
    return CheckpointFiles(tmp_path / "audit", bytes(range(32)))


def day(number: int) -> int:
    """An instant on a day after the time of an entry of the first day is over."""
    return Period(MONTHS).after(BEGUN) + number * DAY_MS


async def filled(link: Link, files: CheckpointFiles, days: int = 10, site: str = "kunta") -> AuditStore:
    """A log with one entry a day; the third is about the conversation abc1."""
    store = AuditStore(link)
    for number in range(days):
        record = "sites/kunta/conversations/abc1/hold/ask" if number == 2 else f"record{number}"
        head = await store.append(
            site, Deed(BEGUN + number * DAY_MS, "saana", "supervisor", "putHours", record)
        )
        files.write(site, head, BEGUN + number * DAY_MS)
    return store


async def seqs(store: AuditStore) -> list[int]:
    """The numbers of the entries that are there."""
    return [one.seq for one in await store.entries("kunta")]


async def faults(store: AuditStore, files: CheckpointFiles) -> list[Fault]:
    """What is wrong with the log."""
    return (await check(store, "kunta", lambda: files.read("kunta"), files.genuine, day(500)))[1]


async def test_what_is_over_goes_and_the_cut_stays_to_be_seen(link: Link, files: CheckpointFiles) -> None:
    """Nothing before its time; then the first entries, with an entry that says how far, and a whole log remains."""
    store = await filled(link, files)
    cuts = AuditCuts(store, files)
    assert await cuts.cut("kunta", MONTHS, day(0), frozenset()) == NOTHING
    digest = (await store.entries("kunta"))[3].digest
    assert (await cuts.over("kunta", MONTHS, day(4), frozenset())).number == 4
    assert len(await seqs(store)) == 10
    assert (await cuts.cut("kunta", MONTHS, day(4), frozenset())).last == Head(4, digest)
    assert await seqs(store) == [5, 6, 7, 8, 9, 10, 11]
    said = (await store.entries("kunta"))[-1].deed
    assert (said.actor, said.action) == ("worker", CUT)
    assert said.details == {"through": 4, "digest": digest, "months": MONTHS}
    assert await cuts.cut("kunta", MONTHS, day(4), frozenset()) == NOTHING
    found, wrong = await check(store, "kunta", lambda: files.read("kunta"), files.genuine, day(9))
    assert wrong == []
    assert found.cut is not None
    assert (found.first, found.cut.seq, found.cut.months) == (5, 4, MONTHS)
    for later in (6, 7, 30):
        await cuts.cut("kunta", MONTHS, day(later), frozenset())
        assert await faults(store, files) == []
    actions = {one.deed.action for one in await store.entries("kunta")}
    assert actions == {CUT}


async def test_a_log_of_nothing_but_cuts_rests(link: Link, files: CheckpointFiles) -> None:
    """Else each cut would cause the next one for ever."""
    store = await filled(link, files, days=2)
    cuts = AuditCuts(store, files)
    await cuts.cut("kunta", MONTHS, day(9), frozenset())
    assert await seqs(store) == [3]
    years_later = Period(5 * 12).after(day(9))
    assert await cuts.cut("kunta", MONTHS, years_later, frozenset()) == NOTHING
    assert await seqs(store) == [3]


async def test_what_is_about_a_held_conversation_stays(link: Link, files: CheckpointFiles) -> None:
    """And so do the entries behind it, as a chain can be cut at its beginning only; until it is released."""
    store = await filled(link, files)
    cuts = AuditCuts(store, files)
    await cuts.cut("kunta", MONTHS, day(30), {"abc1"})
    assert await seqs(store) == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert await faults(store, files) == []
    await cuts.cut("kunta", MONTHS, day(30), frozenset())
    assert await seqs(store) == [11, 12]


class Killed(Exception):
    """The worker died here."""


def killed_at(part: Any, step: str, *, after: bool) -> Callable[[], None]:
    """Dies in a step of a log or of checkpoints, before or after it was done; returns what brings it back to life."""
    real = getattr(part, step)

    def blocking(*given: Any) -> None:
        if after:
            real(*given)
        raise Killed

    async def waiting(*given: Any) -> None:
        if after:
            await real(*given)
        raise Killed

    setattr(part, step, waiting if step == "cut" else blocking)
    return lambda: delattr(part, step)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_nothing_is_lost(
    link: Link, files: CheckpointFiles, step: str, after: bool
) -> None:
    """Whatever was done when it died, the log is whole, and the next round leaves it as if nothing had happened."""
    store = await filled(link, files)
    revive = killed_at(store if step == "cut" else files, step, after=after)
    with pytest.raises(Killed):
        await AuditCuts(store, files).cut("kunta", MONTHS, day(4), frozenset())
    revive()
    removed = step == "write" or (step == "cut" and after)
    assert (5 if removed else 1) == (await seqs(store))[0]
    at_once = await check(store, "kunta", lambda: files.read("kunta"), files.genuine, day(4))
    assert at_once[1] == []
    await AuditCuts(store, files).cut("kunta", MONTHS, day(4), frozenset())
    assert await seqs(store) == [5, 6, 7, 8, 9, 10, 11]
    assert [one.seq for one in files.read("kunta").cuts] == [4]
    files.write("kunta", await store.append("kunta", Deed(day(4), "saana", "supervisor", "putHours")), day(4))
    assert await faults(store, files) == []


async def test_what_was_touched_is_not_removed_with_the_evidence(link: Link, files: CheckpointFiles) -> None:
    """An edited entry among those that are over: nothing goes, nothing is signed, and operators hear of it."""
    store = await filled(link, files)
    entries = await store.entries("kunta")
    await link.call(LOG, "XDEL", LOG, "2-0")
    failed: list[str] = []
    await cut_logs(AuditCuts(store, files), {"kunta": MONTHS}, frozenset(), day(30), failed.append)
    assert failed == ["kunta"]
    assert len(await seqs(store)) == len(entries) - 1
    assert files.read("kunta").cuts == []


async def test_a_forged_age_does_not_make_an_entry_go(link: Link, files: CheckpointFiles) -> None:
    """Somebody who can write to the store makes entries look older: their digests say otherwise."""
    store = await filled(link, files)
    first = (await store.entries("kunta"))[0]
    await link.call(LOG, "DEL", LOG, LOG.replace(":log:", ":head:"))
    await store.append("kunta", replace(first.deed, at=1))
    assert (await AuditCuts(store, files).cut("kunta", MONTHS, day(0), frozenset())).faults
    assert files.read("kunta").cuts == []


async def test_a_forged_log_that_another_machine_has_cut_is_found(
    link: Link, files: CheckpointFiles, tmp_path: Path
) -> None:
    """Made anew with times long ago, it looks whole to a worker that lacks the node's checkpoints, which signs and
    removes it; `verify` with both folders finds it, and so does the node with its own."""
    store = await filled(link, files)
    deeds = [one.deed for one in await store.entries("kunta")]
    await link.call(LOG, "DEL", LOG)
    await link.call(LOG, "DEL", LOG.replace(":log:", ":head:"))
    for deed in (*deeds, deeds[-1]):
        await store.append("kunta", replace(deed, at=deed.at - 900 * DAY_MS))
    now = BEGUN + 10 * DAY_MS
    others = CheckpointFiles(tmp_path / "other", bytes(range(32)))
    found = await AuditCuts(store, others).cut("kunta", MONTHS, now, frozenset())
    assert (found.number, found.faults) == (11, 0)
    folders = [files.folder, others.folder]
    wrong = (await check(store, "kunta", lambda: read_statements(folders, "kunta"), files.genuine, now))[1]
    early = [Fault(number + 1, "early", BEGUN + number * DAY_MS, now) for number in range(10)]
    assert wrong == early
    at_node = AuditStates(Audit(store, files, ManualClock(now)))
    state = await at_node.of("kunta", now)
    assert (state.cut_elsewhere, state.faults) == (True, early)
    alone = AuditStates(Audit(store, others, ManualClock(now)))
    assert (await alone.of("kunta", now)).faults == []


async def test_a_cut_of_another_machine_is_no_fault_here(
    link: Link, files: CheckpointFiles, tmp_path: Path
) -> None:
    """Nor with both folders: what it has removed was over by the checkpoints of the node too."""
    store = await filled(link, files)
    others = CheckpointFiles(tmp_path / "other", bytes(range(32)))
    assert (await AuditCuts(store, others).cut("kunta", MONTHS, day(4), frozenset())).number == 4
    state = await AuditStates(Audit(store, files, ManualClock(day(4)))).of("kunta", day(4))
    assert (state.cut_elsewhere, state.faults) == (True, [])
    folders = [files.folder, others.folder]
    assert (await check(store, "kunta", lambda: read_statements(folders, "kunta"), files.genuine, day(4)))[
        1
    ] == []


@pytest.mark.parametrize(
    ("months", "at"), [(1, 2**60), (-(10**9), -(2**60)), (2**62, 2**60), ("none", 2**60)]
)
async def test_a_forged_entry_of_a_cut_does_not_say_how_old_entries_were(
    link: Link, files: CheckpointFiles, months: int | str, at: int
) -> None:
    """Whoever can write to the store says that a cut was made elsewhere, years ahead or by a rule that nobody has."""
    store = await filled(link, files)
    now = BEGUN + 10 * DAY_MS
    await store.cut("kunta", Deed(at, "worker", "none", CUT, "", {"through": 9, "months": months}), "9-0")
    state = await AuditStates(Audit(store, files, ManualClock(now))).of("kunta", now)
    assert state.cut_elsewhere
    assert [(one.seq, one.kind) for one in state.faults] == [(seq, "early") for seq in range(1, 10)]


@pytest.mark.parametrize("damage", ["entry", "head", "all"])
async def test_an_operator_can_have_a_damaged_log_cut(
    link: Link, files: CheckpointFiles, damage: str
) -> None:
    """With a reason, which stands in the log beside the number of faults; also where numbers begin anew."""
    store, head = await filled(link, files), LOG.replace(":log:", ":head:")
    if damage == "entry":
        await link.call(LOG, "XDEL", LOG, "2-0")
    elif damage == "head":
        await link.call(head, "DEL", head)
    else:
        await link.call(LOG, "XTRIM", LOG, "MAXLEN", 0)
        await link.call(head, "DEL", head)
    await store.append("kunta", Deed(BEGUN + 11 * DAY_MS, "saana", "supervisor", "putHours"))
    files.write(
        "kunta", await store.append("kunta", Deed(day(30), "saana", "supervisor", "putHours")), day(30)
    )
    cuts, why = AuditCuts(store, files), "The disk was full on the day of the move"
    assert (await cuts.cut("kunta", MONTHS, day(30), frozenset())).faults
    before = len(await store.entries("kunta"))
    found = await cuts.cut("kunta", MONTHS, day(30), frozenset(), why)
    assert found.number == before - 1
    kept, said = [one.deed for one in await store.entries("kunta")]
    assert (kept.at, said.actor, said.details["reason"], said.details["faults"]) == (
        day(30), "command line", why, found.faults,
    )  # fmt: skip
    left = await check(store, "kunta", lambda: files.read("kunta"), files.genuine, day(30))
    assert left[0].cut is not None
    if damage == "entry":
        assert left[1] == []


async def test_one_log_that_fails_does_not_keep_the_others(link: Link, files: CheckpointFiles) -> None:
    """A site whose checkpoints can't be read, and one that is cut."""
    store = await filled(link, files)
    await filled(link, files, site="toinen")
    (files.folder / "toinen.jsonl").write_text("nothing\n")
    failed: list[str] = []
    months = {"toinen": MONTHS, "kunta": MONTHS}
    await cut_logs(AuditCuts(store, files), months, frozenset(), day(4), failed.append)
    assert failed == ["toinen"]
    assert (await seqs(store))[0] == 5
    assert (await store.entries("toinen"))[0].seq == 1


async def test_two_workers_cut_once(any_store: "AnyStore", files: CheckpointFiles) -> None:
    """One of them finds that it is done; the log has one entry of it."""
    links = [await Link.open(any_store.url, client_name="test") for _ in range(2)]
    one, other = AuditStore(links[0]), AuditStore(links[1])
    await filled(links[0], files)
    real = other.cut

    async def late(*given: Any) -> Any:
        await AuditCuts(one, files).cut("kunta", MONTHS, day(4), frozenset())
        return await real(*given)

    other.cut = late  # type: ignore[method-assign,assignment]
    await AuditCuts(other, files).cut("kunta", MONTHS, day(4), frozenset())
    assert [entry.deed.action for entry in await one.entries("kunta")].count(CUT) == 1
    assert await faults(one, files) == []
    for link in links:
        await link.close()


async def test_without_the_store_nothing_is_announced(any_store: "AnyStore", files: CheckpointFiles) -> None:
    """A worker that can't see the log states nothing about it."""
    link = await Link.open(any_store.url, client_name="test")
    store = await filled(link, files)
    await link.close()
    with pytest.raises(StoreUnavailable):
        await AuditCuts(store, files).cut("kunta", MONTHS, day(4), frozenset())
    assert files.read("kunta").cuts == []
