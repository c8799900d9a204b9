"""Copies of a store as they lie about in the world - logs, snapshots, replicas - and what keys open of them."""

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from chatsvc.domain.records import EntryBody
from chatsvc.services.redacted import redacted_keys
from chatsvc.services.retention import feedback_keys
from chatsvc.store.cipher import Unreadable, entry_aad, unseal
from chatsvc.store.vault_file import VaultFile
from chatsvc.store.vault_keys import ConversationKeys, KeyGone, MasterKeys
from tests.support.ports import free_port
from tests.support.store_server import SingleStore, eventually, served

Kind = Literal["log", "snapshot", "replica"]
LOGS = {"talk": "talk", "note": "staff"}
_body = msgspec.msgpack.Decoder(EntryBody).decode


class Sealed(NamedTuple):
    """Something that a person wrote, as a copy has it: whose it is, under which key, and the place it is bound to."""

    conversation: str
    log: str
    role: str
    client_id: str
    sealed: bytes

    @property
    def keys(self) -> str:
        """Under which name the vault has its keys."""
        return feedback_keys(self.conversation) if self.client_id == "feedback" else self.conversation


class Copy(NamedTuple):
    """A copy in a folder of its own, and when in the life of the conversations it was made."""

    kind: Kind
    moment: str
    folder: Path


class Copier:
    """Copies a real store, whose log of commands is on, and a real replica of it that follows."""

    def __init__(self, binary: Path, store: SingleStore, replica: SingleStore, folder: Path) -> None:
        self.copies: list[Copy] = []
        self._binary = binary
        self._store, self._replica, self._folder = store, replica, folder
        self._read: dict[Copy, frozenset[Sealed]] = {}

    def copy(self, moment: str) -> None:
        """A copy of each kind, of the store as it is now."""
        self._store.until_written()
        with contextlib.closing(self._store.client()) as client:
            client.set("mark", moment)
            assert client.execute_command("WAIT", 1, 30_000) == 1, "the replica did not follow"  # type: ignore[no-untyped-call]
            client.save()
        self._replica.until_written()
        self._keep("log", moment, self._store.directory / "appendonlydir")
        self._keep("snapshot", moment, self._store.directory / "dump.rdb")
        self._keep("replica", moment, self._replica.directory / "appendonlydir")

    def _keep(self, kind: Kind, moment: str, source: Path) -> None:
        folder = self._folder / f"{len(self.copies):03}-{kind}"
        folder.mkdir(parents=True)
        if source.is_dir():
            shutil.copytree(source, folder / source.name)
        else:
            shutil.copy(source, folder)
        self.copies.append(Copy(kind, moment, folder))

    def read(self, copy: Copy) -> frozenset[Sealed]:
        """Everything sealed in a copy: what a server has that is started on it, and what its log of commands tells."""
        if copy not in self._read:
            found = set(_commanded(copy.folder))
            with (
                served(_restarted(self._binary, copy)) as server,
                contextlib.closing(server.client()) as client,
            ):
                found |= set(_stored(client))
            self._read[copy] = frozenset(found)
        return self._read[copy]

    def sealed(self) -> set[Sealed]:
        """Everything sealed in all the copies together."""
        return set[Sealed]().union(*map(self.read, self.copies))


@contextlib.contextmanager
def copied_store(binary: Path, folder: Path) -> Iterator[tuple[SingleStore, Copier]]:
    """An empty store, a replica that follows it, and a copier of both."""
    store = SingleStore(binary, port=free_port())
    follows = f"replicaof 127.0.0.1 {store.port}\nrepl-diskless-sync-delay 0\n"
    with served(store), served(SingleStore(binary, port=free_port(), config=follows)) as replica:
        eventually(lambda: replica.ask("INFO", "replication")["master_link_status"] == "up")
        yield store, Copier(binary, store, replica, folder)


def _restarted(binary: Path, copy: Copy) -> SingleStore:
    server = SingleStore(binary, config="appendonly no\n" if copy.kind == "snapshot" else "")
    shutil.copytree(copy.folder, server.directory, dirs_exist_ok=True)
    return server


def _stored(client: Any) -> Iterator[Sealed]:
    for key in client.scan_iter(count=1_000):
        kind, conversation = _named(key)
        if kind in LOGS:
            for _, fields in client.xrange(key):
                yield _entry(conversation, kind, fields[b"e"])
        elif kind == "log":
            for field, value in client.hgetall(key).items():
                yield from _intake(conversation, field, value)


def _commanded(folder: Path) -> Iterator[Sealed]:
    """What was ever written while a log of commands was kept, deleted or not."""
    for file in sorted(folder.rglob("*.incr.aof")):
        for command, key, *rest in (words for words in _commands(file.read_bytes()) if len(words) > 2):
            kind, conversation = _named(key)
            if command.upper() == b"XADD" and kind in LOGS:
                yield _entry(conversation, kind, rest[rest.index(b"e") + 1])
            elif command.upper() in (b"HSET", b"HSETNX") and kind == "log":
                for field, value in zip(rest[::2], rest[1::2], strict=True):
                    yield from _intake(conversation, field, value)


def _commands(log: bytes) -> Iterator[list[bytes]]:
    at = 0

    def line(mark: bytes) -> int:
        nonlocal at
        end = log.index(b"\r\n", at)
        assert log[at : at + 1] == mark
        number, at = int(log[at + 1 : end]), end + 2
        return number

    while at < len(log):
        words = []
        for _ in range(line(b"*")):
            size = line(b"$")
            words.append(log[at : at + size])
            at += size + 2
        yield words


def _named(key: bytes) -> tuple[str, str]:
    kind, _, conversation = key.decode().rpartition("}:")[2].partition(":")
    return kind, conversation


def _entry(conversation: str, kind: str, row: bytes) -> Sealed:
    body: EntryBody = _body(row)
    return Sealed(conversation, LOGS[kind], body.author, body.id, body.sealed)


def _intake(conversation: str, field: bytes, value: bytes) -> Iterator[Sealed]:
    if field.startswith(b"i:"):
        yield Sealed(conversation, "intake", "visitor", field[2:].decode(), value)


def keys_in(
    vaults: Iterable[Path], sealed: Iterable[Sealed], master: bytes
) -> dict[str, list[ConversationKeys]]:
    """Every key that these files of vaults and backups hold for what is sealed."""
    names = {each.keys for each in sealed}
    found: dict[str, list[ConversationKeys]] = {name: [] for name in (*names, *map(redacted_keys, names))}
    for path in vaults:
        draft = path.with_name("looked-into")
        shutil.copy(path, draft)
        vault = VaultFile(draft, MasterKeys.of(master), 5.0)
        for name, keys in found.items():
            with contextlib.suppress(KeyGone):
                keys.append(vault.fetch(name))
        vault.close()
        draft.unlink()
    return found


def opened(sealed: Iterable[Sealed], keys: dict[str, list[ConversationKeys]]) -> dict[Sealed, bytes]:
    """What of it some key opens, and as what; also with the keys of what was redacted."""
    found = {}
    for each in sealed:
        for name in (each.keys, redacted_keys(each.keys)):
            place = entry_aad("s", name, each.log, each.role, each.client_id)
            for candidate in keys[name]:
                with contextlib.suppress(Unreadable, KeyGone):
                    found[each] = unseal(getattr(candidate, each.log), place, each.sealed)
    return found
