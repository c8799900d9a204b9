"""Passwords: hashing with argon2id, away from the event loop and only a few at once."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chatsvc.domain.errors import TooMany

AT_ONCE = 2  # each takes 64 MiB and a core for some 50 ms (RFC 9106, second recommended option)
WAITING = 64  # more than this and sign-in is being flooded
STRANGERS = 48  # of them; the rest is for those who have signed in before
LONGEST = 256
SHORTEST = 12
FEWEST_DIFFERENT = 5

Result = TypeVar("Result")

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_threads = ThreadPoolExecutor(AT_ONCE, "passwords")
_busy = 0


async def hash_password(password: str) -> str:
    """The argon2id hash to store, parameters and salt included. Raises `TooMany`."""
    return await _in_thread(lambda: _hasher.hash(_prepared(password)))


async def verify_password(password_hash: str | None, password: str, *, stranger: bool = False) -> bool:
    """Whether the password is right; None, for nobody, takes as long and never is.

    Raises `TooMany`, for a stranger while there are still places for others.
    """
    return await _in_thread(lambda: _verify(password_hash, password), STRANGERS if stranger else WAITING)


def password_problem(password: str, name: str) -> str | None:
    """What keeps a new password from being accepted, as a sentence; None if nothing does."""
    folded = _prepared(password).casefold()
    if len(folded) < SHORTEST:
        return f"The password must have at least {SHORTEST} characters; several words in a row do well."
    if len(folded) > LONGEST:
        return f"The password must have at most {LONGEST} characters."
    if len(set(folded)) < FEWEST_DIFFERENT or any(ord(c) < 32 for c in folded):
        return (
            f"The password must have at least {FEWEST_DIFFERENT} different characters, all of them visible."
        )
    if name.casefold() in folded or "password" in folded or "salasana" in folded or "lösenord" in folded:
        return "The password must not hold the username or the word password."
    return None


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        _hasher.verify(password_hash or _nobodys_hash(), _prepared(password)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody's")


def _prepared(password: str) -> str:
    # The same characters can be typed composed or decomposed, depending on the keyboard.
    return unicodedata.normalize("NFC", password)


async def _in_thread(work: Callable[[], Result], most: int = WAITING) -> Result:
    global _busy  # noqa: PLW0603 - one bound for the process, whatever event loop asks
    if _busy >= most:
        raise TooMany(retry_after_ms=5_000)
    _busy += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _busy -= 1
