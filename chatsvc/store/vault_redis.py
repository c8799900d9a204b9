"""The key vault in a Valkey or Redis of its own, for nodes on several machines.

| key | type | content |
|---|---|---|
| `chatsvc:{vault}:about` | hash | `format`, `id`, `proof`: the id sealed with the master key |
| `chatsvc:{vault}:sites` | hash | site → its key, wrapped with the master key |
| `chatsvc:{vault}:secrets` | hash | name → a secret, wrapped with the master key |
| `chatsvc:{vault}:keys` | hash | conversation → site and three keys, wrapped with the site's |
"""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatsvc.domain.errors import StoreUnavailable, VaultUnavailable
from chatsvc.store.cipher import Unreadable
from chatsvc.store.link import Link
from chatsvc.store.link_url import parse_url
from chatsvc.store.resp import StoreRefused
from chatsvc.store.scripts import Script
from chatsvc.store.vault_copies import VaultRows, packed, read_rows, unpacked, write_rows
from chatsvc.store.vault_erasure import Erasure
from chatsvc.store.vault_file import master_changed
from chatsvc.store.vault_keys import (
    PURPOSES,
    WRAPPED_BYTES,
    ConversationKeys,
    KeyGone,
    MasterKeys,
    Proof,
    WrongVault,
    made_keys,
    new_key,
    place,
    rewrap,
    unwrapped,
    wrap,
)
from chatsvc.store.vault_server import VaultServer, look_at

FORMAT: Final = "1"
OPEN_WITHIN_S: Final = 10.0
ABOUT, SITES, SECRETS, KEYS = (f"chatsvc:{{vault}}:{name}" for name in ("about", "sites", "secrets", "keys"))
UNDER_MASTER: Final = (("site", SITES, 2), ("secret", SECRETS, 3))

_log = structlog.get_logger("chatsvc.store")


class _Changed(Exception):
    """The master key was changed between looking and writing."""


@cache
def _script(name: str) -> Script:
    source = files("chatsvc.store").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    return Script(name, "#!lua\n" + source)


async def peek(url: str, within_s: float) -> tuple[VaultServer, bool]:
    """How the server at `url` is, and whether there is a vault; makes none. Raises StoreUnavailable, StoreRefused."""
    link = await Link.open(url, client_name="chatsvc-command", within_s=within_s)

    async def ask(*command: bytes | str | int) -> Any:
        return await link.call(ABOUT, *command)

    try:
        return await look_at(ask), bool(await link.call(ABOUT, "EXISTS", ABOUT))
    finally:
        await link.close()


class RedisVault:
    """Keys in a server that nothing else uses; it is looked at whenever it was started anew."""

    def __init__(self, link: Link, where: str, masters: MasterKeys, apart_from: Sequence[str]) -> None:
        self._link = link
        self._where = where
        self._masters = masters
        self._apart_from = apart_from
        self._sites: dict[str, tuple[bytes, AESGCM]] = {}  # as wrapped in the row
        self._vault_id = ""
        self._checked = ""  # the life of the server that we looked at
        self._life = ""
        self._closed = False
        self._erasure = Erasure(self._ask, self._ready_again)
        link.on_run_id(ABOUT, self._lives)

    @classmethod
    async def open(
        cls,
        url: str,
        master_key: bytes | MasterKeys,
        *,
        apart_from: Sequence[str] = (),
        rows: VaultRows | None = None,
        within_s: float = OPEN_WITHIN_S,
    ) -> "RedisVault":
        """Open the vault, making it if there is none; `apart_from` are run ids of servers that it must not be.

        With `rows` it is made of these, where there is none.

        Raises WrongVault, VaultUnavailable.
        """
        masters = MasterKeys.of(master_key)
        where = str(parse_url(url).endpoints[0])
        try:
            link = await Link.open(url, client_name="chatsvc-vault", within_s=within_s)
        except StoreUnavailable as error:
            raise VaultUnavailable(f"The key vault at {where} can't be used: {error}") from None
        vault = cls(link, where, masters, apart_from)
        try:
            await (vault._found() if rows is None else vault._refill(rows))
        except BaseException:
            await vault.close()
            raise
        return vault

    @property
    def vault_id(self) -> str:
        """The random name the vault got when it was made; the message store records it."""
        return self._vault_id

    # -- is it a vault?

    def _lives(self, run_id: str) -> None:
        self._life = run_id

    async def look(self) -> VaultServer:
        """How the server is now. Raises VaultUnavailable."""
        return await look_at(self._ask)

    async def _found(self) -> None:
        server = await self._examined()
        proof = Proof.made(self._masters.first)
        row = await self._run("vault_found", [ABOUT], [FORMAT, *proof])
        kind, vault_id, sealed = row[0].decode(), row[1].decode(), row[2]
        if kind != FORMAT:
            raise WrongVault(
                f"The key vault at {self._where} has format {kind}; this version reads format {FORMAT}."
            )
        try:
            Proof(vault_id, sealed).master(self._masters)
        except Unreadable:
            raise WrongVault(
                f"The master key does not fit the key vault at {self._where}. Give the key it was made with, "
                "or the one it was changed to."
            ) from None
        self._vault_id = vault_id
        self._checked = server.run_id

    async def _refill(self, rows: VaultRows) -> None:
        await self._examined()
        if await self._answer("EXISTS", ABOUT, SITES, SECRETS, KEYS):
            raise WrongVault(
                f"There is a key vault at {self._where} already, or a part of one. Empty that server first."
            )
        await write_rows(self._answer, rows, FORMAT, ABOUT, SITES, SECRETS, KEYS)
        await self._found()

    async def rows(self) -> VaultRows:
        """Everything in the vault, for a backup. Raises VaultUnavailable."""
        await self._ready()
        return await read_rows(self._answer, ABOUT, SITES, SECRETS, KEYS)

    async def _examined(self) -> VaultServer:
        """The server, found fit to be a vault. Raises WrongVault."""
        server = await self.look()
        if server.run_id in self._apart_from:
            raise WrongVault(
                f"The key vault at {self._where} is the server that holds the messages (vault_url and redis_url "
                "name the same one); keys beside what they open protect nothing. Use another server."
            )
        if server.faults:
            told = " ".join(map(str, server.faults))
            raise WrongVault(f"The server at {self._where} can't be a key vault: {told}")
        if not server.tells:
            _log.warning("vault_configuration_unknown")  # `chatsvc doctor` says what to look at
        return server

    async def _ready(self) -> None:
        """Look at a server that was started anew before it is used. Raises VaultUnavailable."""
        if self._closed:
            raise VaultUnavailable(f"The key vault at {self._where} is closed.")
        if self._checked != self._life:
            await self._ready_again()

    async def _ready_again(self) -> None:
        try:
            server = await self._examined()
        except WrongVault as error:
            raise VaultUnavailable(str(error)) from None
        if await self._ask("HGET", ABOUT, "id") != self._vault_id.encode():
            raise self._another()
        self._checked = server.run_id

    def _another(self) -> VaultUnavailable:
        return VaultUnavailable(
            f"The server at {self._where} does not hold the vault {self._vault_id} any more. Put its files back."
        )

    # -- commands

    async def _ask(self, *command: bytes | str | int) -> Any:
        with self._translated():
            return await self._link.call(ABOUT, *command)

    async def _answer(self, *command: bytes | str | int) -> Any:
        with self._refusal_told():
            return await self._ask(*command)

    async def _run(self, name: str, keys: list[str], arguments: Sequence[bytes | str | int]) -> Any:
        with self._refusal_told(), self._translated():
            return await self._link.run(_script(name), keys, arguments)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except StoreUnavailable as error:
            raise VaultUnavailable(
                f"The key vault at {self._where} can't be used just now: {error}"
            ) from None

    @contextlib.contextmanager
    def _refusal_told(self) -> Iterator[None]:
        try:
            yield
        except StoreRefused as error:
            raise VaultUnavailable(f"The key vault at {self._where} refuses a command: {error}.") from None

    @contextlib.contextmanager
    def _damage_told(self) -> Iterator[None]:
        try:
            yield
        except Unreadable:
            raise VaultUnavailable(
                f"A key in the vault at {self._where} can't be unwrapped: it was changed or damaged."
            ) from None

    # -- conversations

    async def create(self, site: str, conversation: str) -> ConversationKeys:
        """New keys, on disk before this returns; the present ones if there are some. Raises VaultUnavailable."""
        await self._ready()
        with self._damage_told():
            keys, wrapped = made_keys(await self._site_key(site, make=True), site, conversation)
            row = packed(site, wrapped)
            present = await self._put(KEYS, "id", self._vault_id.encode(), conversation, row)
            return keys if present == row else await self._unwrap(conversation, present)

    async def fetch(self, conversation: str) -> ConversationKeys:
        """The keys of a conversation. Raises KeyGone, VaultUnavailable."""
        await self._ready()
        row = await self._answer("HGET", KEYS, conversation)
        if row is None:
            raise KeyGone
        with self._damage_told():
            return await self._unwrap(conversation, row)

    async def shred(self, conversation: str, purposes: Collection[str] = PURPOSES) -> bool:
        """Destroy these keys of a conversation, in every file of the server; false if it had none.

        Raises VaultUnavailable: the keys may be gone, or be on disk still; ask again.
        """
        await self._ready()
        places = [at for at, purpose in enumerate(PURPOSES) if purpose in purposes]
        deleted = await self._run(
            "vault_shred", [KEYS], [conversation, WRAPPED_BYTES, len(PURPOSES), *places]
        )
        # Also when nothing was there: whoever deleted it may have ended before the log was rewritten.
        await self._erasure.finished()
        return bool(deleted)

    async def shred_site(self, site: str) -> int:
        """Destroy a site's key and all its conversations', in every file of the server; how many those were.

        Raises VaultUnavailable: they may be gone, or be on disk still; ask again.
        """
        await self._ready()
        gone = await self._run("vault_shred_site", [KEYS, SITES], [site, WRAPPED_BYTES * len(PURPOSES)])
        self._sites.pop(site, None)
        await self._erasure.finished()
        return int(gone)

    async def _unwrap(self, conversation: str, row: bytes) -> ConversationKeys:
        site, wrapped = unpacked(row)
        return unwrapped(await self._site_key(site, make=False), site, conversation, wrapped)

    # -- what the master key wraps

    async def _site_key(self, site: str, *, make: bool) -> AESGCM:
        row = await self._answer("HGET", SITES, site)
        if row is None:
            if not make:
                raise Unreadable
            row = await self._put_under_master("site", SITES, site)
        known = self._sites.get(
            site
        )  # from memory if that is the same row: a site may be erased and declared anew
        if known is None or known[0] != row:
            try:
                known = row, AESGCM(await self._under_master("site", site, row))
            except VaultUnavailable:
                if known is None:
                    raise
                return known[1]  # the master key was changed, and this process does not have the new one
            self._sites[site] = known
        return known[1]

    async def secret(self, name: str) -> bytes:
        """32 random bytes that all processes on this vault share. Raises VaultUnavailable."""
        await self._ready()
        with self._damage_told():
            row = await self._answer("HGET", SECRETS, name)
            if row is None:
                row = await self._put_under_master("secret", SECRETS, name)
            return await self._under_master("secret", name, row)

    async def _put_under_master(self, kind: str, key: str, name: str) -> bytes:
        """A new key, wrapped with the master key that is in use when it is stored; or the one that is there."""
        while True:
            proof = await self._proof()
            row = wrap(self._master(proof), kind, name, new_key())
            with contextlib.suppress(_Changed):  # the master key was changed meanwhile: wrap with the new one
                return await self._put(key, "proof", proof.sealed, name, row)

    async def _put(self, key: str, field: str, expected: bytes, name: str, row: bytes) -> bytes:
        present: bytes | None = await self._run("vault_put", [ABOUT, key], [field, expected, name, row])
        if present is None:
            if await self._answer("HGET", ABOUT, "id") != self._vault_id.encode():
                raise self._another()
            raise _Changed
        return present

    async def _under_master(self, kind: str, name: str, row: bytes) -> bytes:
        try:
            return self._masters.unwrap(place(kind, name), row)
        except Unreadable:
            self._master(await self._proof())  # if it is the key that is wrong, and not the row, say so
            raise

    async def _proof(self) -> Proof:
        vault_id, sealed = await self._answer("HMGET", ABOUT, "id", "proof")
        if vault_id != self._vault_id.encode() or not sealed:
            raise self._another()
        return Proof(self._vault_id, sealed)

    def _master(self, proof: Proof) -> bytes:
        try:
            return proof.master(self._masters)
        except Unreadable:
            raise master_changed(f"at {self._where}") from None

    async def rotate(self, new: bytes) -> bool:
        """Wrap everything with the new master key; false if it is already. Raises VaultUnavailable, WrongVault.

        What the old key wrapped is erased as `shred` erases.
        """
        self._masters.learn(new)
        await self._ready()
        done = False
        with self._damage_told():
            while not done:
                proof = await self._proof()
                if proof.fits(new):
                    break
                done = await self._rotated(proof, self._master(proof), new)
        await self._erasure.finished()
        return done

    async def _rotated(self, proof: Proof, old: bytes, new: bytes) -> bool:
        arguments: list[bytes | str | int] = [proof.sealed, Proof.made(new, proof.vault_id).sealed]
        for kind, key, number in UNDER_MASTER:
            rows = await self._answer("HGETALL", key)
            for name, row in zip(rows[::2], rows[1::2], strict=True):
                arguments += [number, name, row, rewrap(old, new, kind, name.decode(), row)]
        return bool(await self._run("vault_rotate", [ABOUT, SITES, SECRETS], arguments))

    async def close(self) -> None:
        """Let go of the server; closing again is harmless."""
        if not self._closed:
            self._closed = True
            await self._erasure.close()
            await self._link.close()
