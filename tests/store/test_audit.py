"""The audit log on real stores, and its checkpoints in real files."""

import asyncio
import random
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from chatsvc.domain.audit import Deed, Entry, Fault, Head, beginning, follow, verify
from chatsvc.store.audit import AuditStore, CheckpointFiles, WrongCheckpoints, read_checkpoints
from chatsvc.store.link import Link

if TYPE_CHECKING:
    from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]

SEED = bytes(range(32))
LOG, HEAD = "chatsvc:{audit}:log:kunta", "chatsvc:{audit}:head:kunta"
LATER = 10**9


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
    checkpoints = read_checkpoints(files.folder, "kunta")
    entries = await store.entries("kunta")
    return verify("kunta", entries, await store.head("kunta"), checkpoints, files.genuine, LATER)


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
    assert [found.seq for found in read_checkpoints(files.folder, "kunta")] == [1, 2]
    assert all(map(files.genuine, read_checkpoints(files.folder, "kunta")))
    theirs = CheckpointFiles(tmp_path / "audit", bytes(32))
    assert not any(map(theirs.genuine, read_checkpoints(files.folder, "kunta")))
    path.write_text(path.read_text() + "{}\n")
    with pytest.raises(WrongCheckpoints, match="line 3"):
        read_checkpoints(files.folder, "kunta")
