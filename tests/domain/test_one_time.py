"""One-time codes against the vectors of the RFCs, and what a copy of the store can't make."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.one_time import (
    STEP_MS,
    app_uri,
    enrolment_token,
    generation_of,
    hotp,
    in_base32,
    looks_like_recovery,
    recovery_code,
    recovery_digest,
    secret_of,
    step_of,
    tidy,
)

SEED = b"12345678901234567890"  # RFC 4226, appendix D
KEY = bytes(range(32))
NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("counter", "code"),
    enumerate(
        ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489")
    ),
)
def test_hotp_vectors(counter: int, code: str) -> None:
    """RFC 4226, appendix D."""
    assert hotp(SEED, counter) == code


@pytest.mark.parametrize(
    ("seconds", "sha1", "sha256", "sha512"),
    [
        (59, "94287082", "46119246", "90693936"),
        (1111111109, "07081804", "68084774", "25091201"),
        (1111111111, "14050471", "67062674", "99943326"),
        (1234567890, "89005924", "91819424", "93441116"),
        (2000000000, "69279037", "90698825", "38618901"),
        (20000000000, "65353130", "77737706", "47863826"),
    ],
)
def test_totp_vectors(seconds: int, sha1: str, sha256: str, sha512: str) -> None:
    """RFC 6238, appendix B."""
    step = seconds * 1000 // STEP_MS
    seeds = {"sha1": (20, sha1), "sha256": (32, sha256), "sha512": (64, sha512)}
    for algorithm, (size, code) in seeds.items():
        assert hotp((SEED * 4)[:size], step, 8, algorithm) == code
    assert step_of(SEED, sha1[-6:], seconds * 1000) == step


@given(offset=st.integers(-5, 5), within=st.integers(0, STEP_MS - 1))
def test_one_step_before_and_after(offset: int, within: int) -> None:
    """The neighbouring steps are taken, others are not."""
    step = NOW // STEP_MS
    found = step_of(SEED, hotp(SEED, step + offset), step * STEP_MS + within)
    assert found == (step + offset if abs(offset) <= 1 else None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "٣٣٣٣٣٣", "\ud800", "94 287"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    """Anything else is refused without a fuss."""
    assert step_of(SEED, code, NOW) is None


def test_secrets_differ_by_key_account_and_generation() -> None:
    """Whoever lacks the key, which is not in the store, has another secret."""
    told = [
        (KEY, "aino", "a"),
        (KEY, "aino", "b"),
        (KEY, "eino", "a"),
        (KEY, "ain", "oa"),
        (bytes(32), "aino", "a"),
    ]
    assert len({secret_of(*one) for one in told}) == len(told)


def test_what_the_app_is_told() -> None:
    """The URI of the key URI format; the secret in base32 without filling."""
    uri = app_uri("chat.kunta.fi", "aino", SEED)
    assert uri == (
        "otpauth://totp/chat.kunta.fi:aino?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=chat.kunta.fi"
    )
    assert base64.b32decode(in_base32(SEED)) == SEED


@given(random=st.binary(min_size=10, max_size=10), data=st.data())
def test_recovery_codes_are_known_however_they_are_typed(random: bytes, data: st.DataObject) -> None:
    """Small letters, blanks and look-alikes are the same code; for another account it is another."""
    code = recovery_code(random)
    blanks = data.draw(st.sampled_from(["-", " ", ""]))
    typed = code.lower().replace("-", blanks).replace("o", "0").replace("l", "1").replace("b", "8")
    assert recovery_digest(KEY, "aino", "a", typed) == recovery_digest(KEY, "aino", "a", code)
    assert recovery_digest(KEY, "eino", "a", code) != recovery_digest(KEY, "aino", "a", code)
    assert recovery_digest(bytes(32), "aino", "a", code) != recovery_digest(KEY, "aino", "a", code)
    assert looks_like_recovery(tidy(code))
    assert not looks_like_recovery(tidy(" 123 456 "))


def test_enrolments_are_for_one_account_and_a_while() -> None:
    """A token that was changed, is another's, or is too old names no generation."""
    token = enrolment_token(KEY, "aino", "abc", NOW + 1)
    assert generation_of(KEY, "aino", token, NOW) == "abc"
    assert generation_of(KEY, "aino", token, NOW + 1) is None
    assert generation_of(KEY, "eino", token, NOW) is None
    later = token.replace(str(NOW + 1), str(NOW + 2))
    for wrong in (later, token[:-1], "x" + token, "", "..", "a.b.c", "a.٣.c", "\ud800.9.x"):
        assert generation_of(KEY, "aino", wrong, NOW) is None
