"""What every key vault shares: its port, the keys it gives, and how they are wrapped.

The master key wraps a key for each site, which wraps the three keys of each conversation of that site.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, NoReturn, Protocol, Self, cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatsvc.domain.errors import NotFound
from chatsvc.store.cipher import OVERHEAD, Unreadable, seal, unseal

KEY_BYTES: Final = 32
PURPOSES: Final = ("talk", "staff", "intake")
"""As the fields of `ConversationKeys` are named."""
VISITOR_TOKENS: Final = "visitor tokens"
"""The secret by which a deployment knows the tokens it gave to visitors."""
SIGN_IN: Final = "sign-in"
"""The secret from which second factors and the marks of known devices are made."""
WRAPPED_BYTES: Final = OVERHEAD + KEY_BYTES
DESTROYED: Final = bytes(WRAPPED_BYTES)
"""What stands where a wrapped key was, while others of the conversation are still there."""
REREAD_EVERY_S: Final = 0.1


class KeyGone(NotFound):
    """The keys of this conversation were destroyed, or never made."""


class _NoKey:
    """In place of a key that was destroyed. Raises KeyGone whatever it is asked."""

    def encrypt(self, *_: Any) -> NoReturn:
        raise KeyGone

    def decrypt(self, *_: Any) -> NoReturn:
        raise KeyGone


NO_KEY: Final = cast(AESGCM, _NoKey())


class WrongVault(Exception):
    """This vault can't be used: wrong key, format or set-up; the message says what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class ConversationKeys:
    """The keys of a conversation: of what both sides see, what staff see, what was asked before and after."""

    talk: AESGCM
    staff: AESGCM
    intake: AESGCM

    def __repr__(self) -> str:
        return "ConversationKeys(…)"


class Vault(Protocol):
    """The port of key vaults. Every call may raise VaultUnavailable; what was asked then may be done or not."""

    @property
    def vault_id(self) -> str:
        """The random name the vault got when it was made; the message store records it."""
        ...

    async def create(self, site: str, conversation: str) -> ConversationKeys:
        """New keys, on disk before this returns; the present ones if the conversation has some already."""
        ...

    async def fetch(self, conversation: str) -> ConversationKeys:
        """The keys of a conversation. Raises KeyGone."""
        ...

    async def shred(self, conversation: str, purposes: Collection[str] = PURPOSES) -> bool:
        """Destroy these keys of a conversation: when this returns, no file of the vault holds them.

        False if it had none. Asking for many at once costs little more than asking for one.
        """
        ...

    async def shred_site(self, site: str) -> int:
        """Destroy a site's own key and those of all its conversations, as `shred` does; how many those were."""
        ...

    async def secret(self, name: str) -> bytes:
        """32 random bytes that all processes on this vault share and a new master key leaves as they are."""
        ...

    async def rotate(self, new: bytes) -> bool:
        """Wrap everything with the new master key, in one step; false if it is wrapped with that one already.

        The old master key opens nothing afterwards.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun and let go."""
        ...


def place(*parts: str) -> bytes:
    """What a wrapped key is bound to; each part carries its length, so no two places read the same."""
    return "".join(f"{len(part)}:{part}" for part in ("chatsvc key", *parts)).encode()


class MasterKeys:
    """The master keys that a process has: during a change two, the present one first. Nothing of them shows."""

    __slots__ = ("_keys", "_read_at", "_reread")

    def __init__(self, keys: Sequence[bytes], reread: Callable[[], Sequence[bytes]] | None = None) -> None:
        """`reread` gives the keys anew, or nothing, where none fits any more. Raises WrongVault."""
        self._keys = _checked(keys)
        self._reread = reread
        self._read_at = time.monotonic()

    @classmethod
    def of(cls, keys: "bytes | MasterKeys") -> "MasterKeys":
        """One key, or what there is already."""
        return keys if isinstance(keys, MasterKeys) else cls([keys])

    def __repr__(self) -> str:
        return "MasterKeys(…)"

    @property
    def first(self) -> bytes:
        """The present one, for a vault that is being made."""
        return self._keys[0]

    def learn(self, key: bytes) -> None:
        """Have one more, which the vault is wrapped with from now on. Raises WrongVault if it is no key."""
        self._keys = _checked([key, *(other for other in self._keys if other != key)])

    def unwrap(self, where: bytes, sealed: bytes) -> bytes:
        """What one of the keys has sealed for this place. Raises Unreadable."""
        return unseal(AESGCM(self.fitting(where, sealed)), where, sealed)

    def fitting(self, where: bytes, sealed: bytes) -> bytes:
        """The key that has sealed this. Raises Unreadable."""
        found = _fitting(self._keys, where, sealed)
        if found is None and self._reread is not None and time.monotonic() - self._read_at >= REREAD_EVERY_S:
            self._keys, self._read_at = _checked(self._reread()) or self._keys, time.monotonic()
            found = _fitting(self._keys, where, sealed)
        if found is None:
            raise Unreadable
        return found


def _fitting(keys: Sequence[bytes], where: bytes, sealed: bytes) -> bytes | None:
    for key in keys:
        try:
            unseal(AESGCM(key), where, sealed)
        except Unreadable:
            continue
        return key
    return None


def _checked(keys: Sequence[bytes]) -> tuple[bytes, ...]:
    for key in keys:
        if len(key) != KEY_BYTES:
            raise WrongVault(f"The master key has {len(key)} bytes; it must have exactly {KEY_BYTES}.")
    return tuple(keys)


class Proof(NamedTuple):
    """The vault's id, and the same sealed with the master key in use: whoever opens it has that key."""

    vault_id: str
    sealed: bytes

    @classmethod
    def made(cls, master: bytes, vault_id: str = "") -> Self:
        """A proof for a new vault, or for one whose master key changes."""
        vault_id = vault_id or secrets.token_hex(16)
        return cls(vault_id, seal(AESGCM(master), place("vault", vault_id), vault_id.encode()))

    def master(self, masters: MasterKeys) -> bytes:
        """The master key in use. Raises Unreadable if we don't have it."""
        return masters.fitting(place("vault", self.vault_id), self.sealed)

    def fits(self, key: bytes) -> bool:
        """Whether this is the master key in use."""
        return _fitting([key], place("vault", self.vault_id), self.sealed) is not None


def new_key() -> bytes:
    """Random bytes for a key."""
    return AESGCM.generate_key(KEY_BYTES * 8)


def wrap(master: bytes, kind: str, name: str, key: bytes) -> bytes:
    """A `site` key or a `secret`, wrapped with the master key."""
    return seal(AESGCM(master), place(kind, name), key)


def rewrap(old: bytes, new: bytes, kind: str, name: str, wrapped: bytes) -> bytes:
    """The same key, wrapped with another master key. Raises Unreadable."""
    return wrap(new, kind, name, unseal(AESGCM(old), place(kind, name), wrapped))


def made_keys(site_key: AESGCM, site: str, conversation: str) -> tuple[ConversationKeys, tuple[bytes, ...]]:
    """New keys of a conversation, and the same wrapped, in the order of `PURPOSES`."""
    keys = [new_key() for _ in PURPOSES]
    wrapped = tuple(
        seal(site_key, place(site, conversation, purpose), key)
        for purpose, key in zip(PURPOSES, keys, strict=True)
    )
    return ConversationKeys(*map(AESGCM, keys)), wrapped


def unwrapped(site_key: AESGCM, site: str, conversation: str, wrapped: Sequence[bytes]) -> ConversationKeys:
    """The keys of a conversation, those that were destroyed raising KeyGone when used. Raises Unreadable."""
    return ConversationKeys(
        *(
            NO_KEY
            if sealed == DESTROYED
            else AESGCM(unseal(site_key, place(site, conversation, purpose), sealed))
            for purpose, sealed in zip(PURPOSES, wrapped, strict=True)
        )
    )


def derived(master_key: bytes, purpose: str) -> bytes:
    """The secret that a vault of format 1 did not hold, because it came from the master key."""
    return hmac.new(master_key, f"chatsvc {purpose}".encode(), hashlib.sha256).digest()
