"""The audit log on real stores, and its checkpoints in real files."""

import asyncio
import random
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from chatsvc.domain.audit import Deed, Entry, Head, Statement, beginning, follow
from chatsvc.domain.audit_verification import Fault, verify
from chatsvc.domain.errors import AuditUnavailable
from chatsvc.store.audit import AuditStore
from chatsvc.store.checkpoints import CheckpointFiles, WrongCheckpoints
from chatsvc.store.link import Link

if TYPE_CHECKING:
    from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]

SEED = bytes(range(32))
LOG, HEAD = "chatsvc:{audit}:log:kunta", "chatsvc:{audit}:head:kunta"
LATER = 10**11  # ms: more than the 24 months of a cut after the first entries


@pytest.fixture
async def link(any_store: "AnyStore") -> AsyncIterator[Link]:
    opened = await Link.open(any_store.url, client_name="test")
    yield opened
    await opened.close()


@pytest.fixture
def files(tmp_path: Path) -> CheckpointFiles:
    return CheckpointFiles(tmp_path / "audit", SEED)


def deed(number: int) -> Deed:
    """Something that somebody did."""
    return Deed(
        number, "saana", "supervisor", "postShift", f"shift{number}", {"queue": "paihde", "many": number}
    )


async def written(link: Link, files: CheckpointFiles, count: int) -> AuditStore:
    """A log with a checkpoint for each entry."""
    store = AuditStore(link)
    for number in range(count):
        files.write("kunta", await store.append("kunta", deed(number)), number)
    return store


async def faults(store: AuditStore, files: CheckpointFiles) -> list[Fault]:
    """What is wrong with the log."""
    entries = await store.entries("kunta")
    head = await store.head("kunta")
    return verify("kunta", entries, head, files.read("kunta"), files.genuine, LATER)


async def test_what_is_written_is_read(link: Link, files: CheckpointFiles) -> None:
    """Entries come back as they were written, in order, in pages, each site's by itself; and the log is whole."""
    store = await written(link, files, 5)
    await store.append("toinen", deed(77))
    entries = await store.entries("kunta")
    assert [entry.deed for entry in entries] == [deed(number) for number in range(5)]
    assert [entry.seq for entry in await store.entries("kunta", after=2, limit=2)] == [3, 4]
    assert [entry.deed.at for entry in await store.entries("toinen")] == [77]
    assert await store.entries("tyhja") == []
    assert await store.head("tyhja") == beginning("tyhja")
    assert await faults(store, files) == []


async def test_many_write_at_once(any_store: "AnyStore", files: CheckpointFiles) -> None:
    """Each deed is there once, and the chain holds, whoever was faster."""
    links = [await Link.open(any_store.url, client_name="test") for _ in range(3)]
    stores = [AuditStore(link) for link in links]
    heads = await asyncio.gather(*(stores[number % 3].append("kunta", deed(number)) for number in range(30)))
    for head in heads:
        files.write("kunta", head, head.seq)
    assert sorted(entry.deed.at for entry in await stores[0].entries("kunta")) == list(range(30))
    assert await faults(stores[0], files) == []
    for link in links:
        await link.close()


async def test_a_lost_answer_writes_once(link: Link) -> None:
    """The same entry sent again is answered as if it had been the first time."""
    store = AuditStore(link)
    first = await store.append("kunta", deed(1))
    entry = follow(beginning("kunta"), "kunta", deed(1))
    again = await store.put(entry)
    assert (again.written, again.head) == (True, first)
    assert len(await store.entries("kunta")) == 1


Change = Callable[[Link, list[Entry], int], Awaitable[object]]


async def _edit(link: Link, entries: list[Entry], at: int) -> None:
    row = entries[at]
    changed = Entry(row.site, row.seq, row.previous, Deed(row.deed.at, "somebody", "admin", row.deed.action))
    await _lay(link, [*entries[:at], changed, *entries[at + 1 :]])


async def _delete(link: Link, entries: list[Entry], at: int) -> None:
    await link.call(LOG, "XDEL", LOG, f"{entries[at].seq}-0")


async def _cut(link: Link, entries: list[Entry], at: int) -> None:
    """With a head that fits."""
    await _lay(link, entries[:at])


async def _forge(link: Link, entries: list[Entry], at: int) -> None:
    """One entry is taken out, and everything behind it chained anew."""
    head, made = beginning("kunta"), []
    for entry in entries[:at] + entries[at + 1 :]:
        made.append(follow(head, "kunta", entry.deed))
        head = Head(made[-1].seq, made[-1].digest)
    await _lay(link, made)


async def _reorder(link: Link, entries: list[Entry], at: int) -> None:
    """Two neighbours change places, and keep their numbers."""
    if at == 0:
        at = 1
    one, other = entries[at - 1], entries[at]
    moved = [
        Entry("kunta", one.seq, one.previous, other.deed),
        Entry("kunta", other.seq, other.previous, one.deed),
    ]
    await _lay(link, [*entries[: at - 1], *moved, *entries[at + 1 :]])


async def _lay(link: Link, entries: list[Entry]) -> None:
    """Put another log in the place of the present one."""
    await link.call(LOG, "DEL", LOG, HEAD)
    for entry in entries:
        await link.call(LOG, "XADD", LOG, f"{entry.seq}-0", "e", msgspec.msgpack.encode(entry))
    if entries:
        await link.call(HEAD, "HSET", HEAD, "seq", entries[-1].seq, "digest", entries[-1].digest)


@pytest.mark.parametrize("change", [_edit, _delete, _cut, _forge, _reorder])
async def test_whoever_can_write_to_the_store_is_found_out(
    link: Link, files: CheckpointFiles, change: Change
) -> None:
    """Each way of touching it, at several places: nothing is wrong before, something is after."""
    store = await written(link, files, 12)
    entries = await store.entries("kunta")
    for at in random.Random(7).sample(range(12), 6):
        assert await faults(store, files) == []
        await change(link, entries, at)
        assert await faults(store, files), at
        await _lay(link, entries)


async def test_the_log_goes_on_whatever_was_done_to_it(link: Link, files: CheckpointFiles) -> None:
    """Head gone, end cut, all gone: what comes after is kept, and the damage stays to be seen."""
    store = await written(link, files, 4)
    for damage in (
        ("DEL", HEAD),
        ("XDEL", LOG, "4-0", "5-0"),
        ("XTRIM", LOG, "MAXLEN", 0),
        ("DEL", LOG),
        ("DEL", HEAD),
    ):
        await link.call(damage[1], *damage)
        await store.append("kunta", deed(99))
        assert (await store.entries("kunta"))[-1].deed == deed(99)
        assert await faults(store, files)


def test_checkpoints_are_signed_and_private(tmp_path: Path) -> None:
    """One line each, of mode 0600; another key's are not ours; a line that is none is named."""
    files = CheckpointFiles(tmp_path / "audit", SEED)
    for seq in (1, 2):
        files.write("kunta", Head(seq, "ab"), 5)
    path = tmp_path / "audit" / "kunta.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files.write_cut("kunta", Head(1, "ab"), 6, 24)
    checkpoints, cuts = files.read("kunta")
    assert [found.seq for found in checkpoints] == [1, 2]
    assert [(found.seq, found.digest, found.at, found.months) for found in cuts] == [(1, "ab", 6, 24)]
    stated: list[Statement] = [*checkpoints, *cuts]
    assert all(files.genuine(one) for one in stated)
    theirs = CheckpointFiles(tmp_path / "audit", bytes(32))
    assert not any(theirs.genuine(one) for one in stated)
    path.write_text(path.read_text() + "{}\n")
    with pytest.raises(WrongCheckpoints, match="line 4"):
        files.read("kunta")


async def test_a_cut_removes_and_enters_in_one_step(link: Link, files: CheckpointFiles) -> None:
    """The first entries go, the entry about it comes; a second time nothing happens; and others' entries stay."""
    store = await written(link, files, 6)
    entries = await store.entries("kunta")
    last = Head(entries[3].seq, entries[3].digest)
    files.write_cut("kunta", last, LATER, 24)
    said = Deed(LATER, "worker", "none", "cut_audit_log", "", {"through": 4})
    head = await store.cut("kunta", said, "4-0")
    assert head is not None
    files.write("kunta", head, LATER)
    assert [one.seq for one in await store.entries("kunta")] == [5, 6, 7]
    assert await faults(store, files) == []
    assert await store.cut("kunta", said, "4-0") is None
    assert await store.head("kunta") == head
    files.write("kunta", await store.append("kunta", deed(9)), LATER)
    assert await faults(store, files) == []


async def test_pages_go_both_ways(link: Link, files: CheckpointFiles) -> None:
    """From either end, each behind the place of the last entry of the page before, until there is none."""
    store = await written(link, files, 5)
    for read, order in ((store.oldest, [1, 2, 3, 4, 5]), (store.newest, [5, 4, 3, 2, 1])):
        found, place = [], ""
        while page := await read("kunta", place, 2):
            found += [entry.seq for _, entry in page]
            place = page[-1].place
        assert found == order


@pytest.mark.parametrize("key", [LOG, HEAD])
async def test_a_key_of_another_type_is_told_of(link: Link, key: str) -> None:
    """Whoever writes or reads hears that the audit log is what is wrong, and the log is not half written."""
    store = AuditStore(link)
    await store.append("kunta", deed(1))
    await link.call(key, "DEL", key)
    await link.call(key, "SET", key, "nothing")
    with pytest.raises(AuditUnavailable):
        await store.append("kunta", deed(2))
    with pytest.raises(AuditUnavailable):
        await (store.newest("kunta", "", 1) if key == LOG else store.head("kunta"))
    await link.call(key, "DEL", key)
    assert [one.deed.at for one in await store.entries("kunta")] == ([1] if key == HEAD else [])


async def test_what_is_no_entry_is_found(link: Link, files: CheckpointFiles) -> None:
    """Something else in the place of an entry is shown as unreadable, and breaks the chain."""
    store = await written(link, files, 2)
    for number, value in enumerate((b"\xc1", b"nothing", b"\x81\xa1s\x05"), 3):
        await link.call(LOG, "XADD", LOG, f"{number}-0", "e", value)
    assert [one.deed.action for one in await store.entries("kunta", after=2)] == ["unreadable"] * 3
    assert {fault.seq for fault in await faults(store, files)} >= {2, 3, 4, 5}
