"""Challenges that a passkey signs: random, good for a few minutes and for one purpose, known again by every node.

A challenge carries its end and a proof that it is ours, so nothing is kept for those that nobody answers.
"""

import hashlib
import hmac

RANDOM_BYTES = 32
WITHIN_MS = 5 * 60_000
_END_BYTES = 8
_PROOF_BYTES = 32
_SIZE = RANDOM_BYTES + _END_BYTES + _PROOF_BYTES


def challenge(key: bytes, random: bytes, purpose: tuple[str, ...], now: int) -> bytes:
    """A challenge of 72 bytes for this purpose, good for five minutes; `random` are 32 bytes, `now` is ms."""
    head = random + (now + WITHIN_MS).to_bytes(_END_BYTES)
    return head + _proof(key, head, purpose)


def is_ours(key: bytes, given: bytes, purpose: tuple[str, ...], now: int) -> bool:
    """Whether we made it for this purpose, and not too long ago."""
    if len(given) != _SIZE:
        return False
    head = given[:-_PROOF_BYTES]
    in_time = int.from_bytes(head[RANDOM_BYTES:]) > now
    return hmac.compare_digest(given[-_PROOF_BYTES:], _proof(key, head, purpose)) and in_time


def mark(given: bytes) -> str:
    """Under which it is noted that a challenge was used."""
    return given[:RANDOM_BYTES].hex()


def handle(key: bytes, given: bytes) -> bytes:
    """A user handle of 32 bytes that belongs to a challenge: random to whoever lacks the key."""
    return hmac.digest(key, b"handle\0" + given[:RANDOM_BYTES], hashlib.sha256)


def _proof(key: bytes, head: bytes, purpose: tuple[str, ...]) -> bytes:
    # Each part carries its length, so no two purposes read the same.
    told = "".join(f"{len(part)}:{part}" for part in purpose)
    return hmac.digest(key, b"challenge\0" + head + told.encode("utf-8", "replace"), hashlib.sha256)
