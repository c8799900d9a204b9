"""Conversations' keys at hand: from the vault once, then from this node's memory."""

from collections import OrderedDict

from chatsvc.store.cipher import entry_aad, seal, unseal
from chatsvc.store.vault import ConversationKeys, SqliteVault

REMEMBERED = 20_000  # conversations; the least recently used go first


class ConversationSeal:
    """One conversation's keys, bound to its place."""

    __slots__ = ("_conversation", "_keys", "_site")

    def __init__(self, site: str, conversation: str, keys: ConversationKeys) -> None:
        self._site = site
        self._conversation = conversation
        self._keys = {"talk": keys.talk, "staff": keys.staff, "intake": keys.intake}

    def seal(self, log: str, role: str, client_id: str, plain: bytes) -> bytes:
        """Encrypt under the key of `log`."""
        return seal(self._keys[log], entry_aad(self._site, self._conversation, log, role, client_id), plain)

    def unseal(self, log: str, role: str, client_id: str, sealed: bytes) -> bytes:
        """Decrypt. Raises Unreadable."""
        return unseal(
            self._keys[log], entry_aad(self._site, self._conversation, log, role, client_id), sealed
        )


class VaultKeyring:
    """`domain.ports.Keyring` over a vault."""

    def __init__(self, vault: SqliteVault) -> None:
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

    async def shred(self, conversation: str) -> None:
        """Destroy the keys, here and in the vault. Raises VaultUnavailable."""
        self.forget(conversation)
        await self._vault.shred(conversation)

    def forget(self, conversation: str) -> None:
        """Drop the keys from memory."""
        self._known.pop(conversation, None)

    def _keep(self, site: str, conversation: str, keys: ConversationKeys) -> ConversationSeal:
        kept = self._known[conversation] = ConversationSeal(site, conversation, keys)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return kept
