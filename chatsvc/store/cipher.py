"""Sealing of everything that people write: AES-256-GCM, bound to the place where it belongs."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatsvc.domain.errors import ChatError

FORMAT = b"\x01"  # first byte of everything sealed: 12 bytes of nonce, then ciphertext and tag
NONCE_BYTES = 12
TEXT_AT = len(FORMAT) + NONCE_BYTES
OVERHEAD = len(FORMAT) + NONCE_BYTES + 16


class Unreadable(ChatError):
    """Something sealed can't be opened: it was changed, or it belongs to another place or key."""


_spare: list[bytes] = []
os.register_at_fork(
    after_in_child=_spare.clear
)  # two processes with the same nonces would give the text away


def fresh_nonce() -> bytes:
    """A random nonce that nobody else gets; many are fetched at once, as asking the kernel costs as much as sealing."""
    if not _spare:
        block = os.urandom(NONCE_BYTES * 256)
        _spare.extend(block[at : at + NONCE_BYTES] for at in range(0, len(block), NONCE_BYTES))
    return _spare.pop()


def seal(key: AESGCM, aad: bytes, plaintext: bytes) -> bytes:
    """Encrypt under `key` so that it opens only with the same `aad`."""
    # A random nonce is safe: a key seals thousands of entries, and 2^32 are allowed (NIST SP 800-38D, 8.3).
    nonce = fresh_nonce()
    return FORMAT + nonce + key.encrypt(nonce, plaintext, aad)


def unseal(key: AESGCM, aad: bytes, sealed: bytes) -> bytes:
    """What was sealed. Raises `Unreadable`."""
    if sealed[:1] != FORMAT or len(sealed) < OVERHEAD:
        raise Unreadable
    try:
        return key.decrypt(sealed[1:TEXT_AT], sealed[TEXT_AT:], aad)
    except InvalidTag:
        raise Unreadable from None


def entry_place(site: str, conversation: str, log: str, role: str) -> str:
    """The place of one role's entries in one log; each field carries its length, so no two places read the same."""
    return f"{len(site)}:{site}{len(conversation)}:{conversation}{len(log)}:{log}{len(role)}:{role}"


def entry_aad(site: str, conversation: str, log: str, role: str, client_id: str) -> bytes:
    """The place of one entry as bytes."""
    return f"{entry_place(site, conversation, log, role)}{len(client_id)}:{client_id}".encode()
