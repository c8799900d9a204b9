"""Passwords: hashed slowly, compared in the same time for everybody, never all at once."""

import asyncio
import time
import unicodedata

import pytest

from chatsvc.domain.errors import TooMany
from chatsvc.web import auth
from chatsvc.web.auth import hash_password, verify_password


async def test_the_right_password_fits_and_others_do_not() -> None:
    """A hash is argon2id with a salt of its own, and fits one password only."""
    one, two = await asyncio.gather(hash_password("five blue horses"), hash_password("five blue horses"))
    assert one.startswith("$argon2id$")
    assert one != two
    assert await verify_password(one, "five blue horses")
    assert not await verify_password(one, "five blue horse")
    assert not await verify_password("not a hash", "five blue horses")
    assert not await verify_password("", "")


async def test_composed_and_decomposed_letters_are_the_same_password() -> None:
    """Keyboards send ä in two ways; both sign in."""
    password = "yhdeksän pöllöä"
    stored = await hash_password(unicodedata.normalize("NFD", password))
    assert await verify_password(stored, unicodedata.normalize("NFC", password))


@pytest.mark.alone
async def test_somebody_unknown_takes_as_long() -> None:
    """From the time of an answer nobody can tell whether an account exists."""
    stored = await hash_password("five blue horses")
    await verify_password(None, "warm up")

    async def fastest(password_hash: str | None) -> float:
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            assert not await verify_password(password_hash, "a wrong password")
            times.append(time.perf_counter() - begun)
        return min(times)

    assert await fastest(None) > 0.4 * await fastest(stored)


@pytest.mark.alone
async def test_a_flood_is_refused_and_leaves_the_loop_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound sign-in answers that it is too much; what was accepted is finished."""
    monkeypatch.setattr(auth, "WAITING", 4)
    answers = await asyncio.gather(*(verify_password(None, "x") for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(answer, TooMany) for answer in answers) == 6
    assert answers.count(False) == 4
    assert not await verify_password(None, "afterwards")
