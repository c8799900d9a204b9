"""Conversations whose kept text was redacted: under which names their keys are, and how they are read."""

from collections.abc import Collection
from dataclasses import replace

from chatsvc.domain.ports import Keyring, Seal
from chatsvc.domain.retained import Kept
from chatsvc.services.pool import Pool


def redacted_keys(name: str) -> str:
    """Under this name the vault has the keys of what was redacted, in place of those under `name`, which are gone."""
    return f"{name}.redacted"


class _RedactedKeyring:
    """A keyring for conversations that were redacted: it reads, and makes nothing."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def known(self, conversation: str) -> Seal | None:
        """The keys, if this node has them at hand."""
        return self._keyring.known(redacted_keys(conversation))

    async def create(self, site: str, conversation: str) -> Seal:
        """The keys that there are."""
        return await self.fetch(site, conversation)

    async def fetch(self, site: str, conversation: str) -> Seal:
        """The keys of what was redacted. Raises VaultUnavailable, KeyGone."""
        return await self._keyring.fetch(site, redacted_keys(conversation))

    async def shred(self, conversation: str, purposes: Collection[str] = ("talk", "staff", "intake")) -> None:
        """Destroy the keys for these purposes. Raises VaultUnavailable."""
        await self._keyring.shred(redacted_keys(conversation), purposes)

    def forget(self, conversation: str) -> None:
        """Drop the keys from this node's memory."""
        self._keyring.forget(redacted_keys(conversation))


def reading(pool: Pool, kept: Kept | None) -> Pool:
    """The pool by which a conversation is read that is over: with the keys of what was redacted, if it was."""
    if kept is None or kept.redacted is None:
        return pool
    return replace(pool, keyring=_RedactedKeyring(pool.keyring))
