"""Proof of work: what a source that comes too often has to do before it may go on, so that a flood costs its sender.

A puzzle is a text; its proof a number for which SHA-256 over `text:number` begins with so many zero bits, as in
Hashcash. Puzzles are made and checked without being remembered, but for those solved, which count once.
"""

import hmac
import secrets
from collections import OrderedDict
from hashlib import sha256

BITS = 16  # on average 65,536 tries; see deploy/abuse.md for how long that takes
VALID_S = 180.0
LONGEST_PUZZLE = 80
LONGEST_PROOF = 20
REMEMBERED = 50_000


class Puzzles:
    """Makes puzzles for sources, and checks proofs."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._solved: OrderedDict[str, None] = OrderedDict()

    def puzzle(self, source: bytes, now_s: float, bits: int = BITS) -> str:
        """A new puzzle of this difficulty, for this source and the next three minutes."""
        head = f"{int(now_s + VALID_S):x}.{bits:x}.{secrets.token_hex(8)}"
        return f"{head}.{self._mark(head, source)}"

    def solved(self, source: bytes, puzzle: str, proof: str, now_s: float) -> bool:
        """Whether this is a puzzle of ours for this source, in time, rightly solved, for the first time."""
        head, _, mark = puzzle.rpartition(".")
        if not mark.isascii() or not hmac.compare_digest(mark, self._mark(head, source)):
            return False
        until, bits, _ = (int(part, 16) for part in head.split("."))
        if until < now_s or puzzle in self._solved or not is_proof(puzzle, proof, bits):
            return False
        self._solved[puzzle] = None
        if len(self._solved) > REMEMBERED:
            self._solved.popitem(last=False)
        return True

    def _mark(self, head: str, source: bytes) -> str:
        return hmac.digest(self._key, head.encode("utf-8", "replace") + b"|" + source, sha256).hex()[:32]


def is_proof(puzzle: str, proof: str, bits: int) -> bool:
    """Whether the digest of `puzzle:proof` begins with `bits` zero bits."""
    if not (proof.isascii() and proof.isdigit() and len(proof) <= LONGEST_PROOF):
        return False
    digest = sha256(f"{puzzle}:{proof}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0
