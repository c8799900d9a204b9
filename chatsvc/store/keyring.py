"""Conversations' keys at hand: from the vault once, then from this node's memory."""

from collections import OrderedDict
from collections.abc import Collection

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatsvc.store.cipher import FORMAT, OVERHEAD, TEXT_AT, Unreadable, entry_place, fresh_nonce
from chatsvc.store.vault_keys import PURPOSES, ConversationKeys, Vault

REMEMBERED = 20_000  # conversations; the least recently used go first


class ConversationSeal:
    """One conversation's keys, bound to its place. Says what `cipher.seal` and `unseal` say, with fewer steps."""

    __slots__ = ("_conversation", "_keys", "_places", "_site")

    def __init__(self, site: str, conversation: str, keys: ConversationKeys) -> None:
        self._site = site
        self._conversation = conversation
        self._keys = keys
        self._places: dict[tuple[str, str], tuple[AESGCM, str]] = {}

    def seal(self, log: str, role: str, client_id: str, plain: bytes) -> bytes:
        """Encrypt under the key of `log`."""
        key, place = self._places.get((log, role)) or self._place(log, role)
        nonce = fresh_nonce()
        return FORMAT + nonce + key.encrypt(nonce, plain, f"{place}{len(client_id)}:{client_id}".encode())

    def unseal(self, log: str, role: str, client_id: str, sealed: bytes) -> bytes:
        """Decrypt. Raises Unreadable."""
        key, place = self._places.get((log, role)) or self._place(log, role)
        if not sealed.startswith(FORMAT) or len(sealed) < OVERHEAD:
            raise Unreadable
        try:
            return key.decrypt(
                sealed[1:TEXT_AT], sealed[TEXT_AT:], f"{place}{len(client_id)}:{client_id}".encode()
            )
        except InvalidTag:
            raise Unreadable from None

    def _place(self, log: str, role: str) -> tuple[AESGCM, str]:
        """The key, and what is bound to it before the client's id; remembered, as every message needs it."""
        keys = {"talk": self._keys.talk, "staff": self._keys.staff, "intake": self._keys.intake}
        found = self._places[log, role] = (
            keys[log],
            entry_place(self._site, self._conversation, log, role),
        )
        return found


class VaultKeyring:
    """`domain.ports.Keyring` over a vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: OrderedDict[str, ConversationSeal] = OrderedDict()

    def known(self, conversation: str) -> ConversationSeal | None:
        """The keys, if they are at hand."""
        found = self._known.get(conversation)
        if found is not None:
            self._known.move_to_end(conversation)
        return found

    async def create(self, site: str, conversation: str) -> ConversationSeal:
        """New keys, in the vault before this returns. Raises VaultUnavailable."""
        return self._keep(site, conversation, await self._vault.create(site, conversation))

    async def fetch(self, site: str, conversation: str) -> ConversationSeal:
        """The keys of an existing conversation. Raises VaultUnavailable, KeyGone."""
        found = self.known(conversation)
        return found or self._keep(site, conversation, await self._vault.fetch(conversation))

    async def shred(self, conversation: str, purposes: Collection[str] = PURPOSES) -> None:
        """Destroy the keys for these purposes, here and in the vault. Raises VaultUnavailable."""
        self.forget(conversation)
        await self._vault.shred(conversation, purposes)

    def forget(self, conversation: str) -> None:
        """Drop the keys from memory."""
        self._known.pop(conversation, None)

    def forget_all(self) -> None:
        """Drop all keys from memory."""
        self._known.clear()

    def _keep(self, site: str, conversation: str, keys: ConversationKeys) -> ConversationSeal:
        kept = self._known[conversation] = ConversationSeal(site, conversation, keys)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return kept
