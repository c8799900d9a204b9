"""One-time codes: RFC 4226 (HOTP) and RFC 6238 (TOTP), and recovery codes for when the phone is gone.

The secret of an account is derived from a key that is not in the store, so the store needs to keep only which
generation of it is in use: a copy of the store makes no codes.
"""

import base64
import hashlib
import hmac
from urllib.parse import quote

STEP_MS = 30_000
DIGITS = 6
SKEW = 1  # steps before and after the present one, for clocks that differ (RFC 6238, 5.2)
SECRET_BYTES = 20  # RFC 4226, 4, R6
RECOVERY_CODES = 10
RECOVERY_LETTERS = 16  # of 5 bits each
_LIKENESS = str.maketrans(
    "0189", "OLBG"
)  # digits that are not in base32, for the letters that look like them


def secret_of(key: bytes, account: str, generation: str) -> bytes:
    """The secret of an account in this generation of it."""
    return _derived(key, "totp", account, generation)[:SECRET_BYTES]


def hotp(secret: bytes, counter: int, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """The code of a counter (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, counter.to_bytes(8), algorithm)
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, now: int) -> int | None:
    """The step, the present one or a neighbour of it, whose code this is; None for a wrong code. `now` is in ms."""
    present = now // STEP_MS
    found = None
    for step in range(present - SKEW, present + SKEW + 1):
        if hmac.compare_digest(hotp(secret, step).encode(), code.encode("utf-8", "replace")):
            found = step
    return found


def in_base32(secret: bytes) -> str:
    """As people type it into an app, without the filling."""
    return base64.b32encode(secret).decode().rstrip("=")


def app_uri(service: str, account: str, secret: bytes) -> str:
    """What a QR code tells an authenticator app; SHA-1, 6 digits and 30 s are what all of them take for granted."""
    label = f"{quote(service, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?secret={in_base32(secret)}&issuer={quote(service, safe='')}"


def tidy(code: str) -> str:
    """A code as it may be typed, with blanks, hyphens and small letters, in the one form that is compared."""
    return "".join(code.split()).replace("-", "").upper()[:64]


def looks_like_recovery(code: str) -> bool:
    """Whether a tidy code is no code of an app."""
    return len(code) > DIGITS


def recovery_code(random: bytes) -> str:
    """A recovery code of 80 random bits, in groups that can be read aloud."""
    letters = base64.b32encode(random).decode()
    return "-".join(letters[start : start + 4] for start in range(0, RECOVERY_LETTERS, 4))


def recovery_digest(key: bytes, account: str, generation: str, code: str) -> bytes:
    """What the store keeps of a recovery code, tidy or not: nothing can be tried against it without the key."""
    letters = tidy(code).translate(_LIKENESS)
    return _derived(key, "recovery", account, generation, letters)[:16]


def enrolment_token(key: bytes, account: str, generation: str, until: int) -> str:
    """Proof that this generation was made for this account, good until then (ms)."""
    mark = _derived(key, "enrolment", account, generation, str(until))[:16].hex()
    return f"{generation}.{until}.{mark}"


def generation_of(key: bytes, account: str, token: str, now: int) -> str | None:
    """The generation that a token of ours for this account names, in time; None for any other token."""
    generation, _, rest = token.partition(".")
    until = rest.partition(".")[0]
    if not (until.isascii() and until.isdigit() and len(until) < 17 and int(until) > now):
        return None
    right = enrolment_token(key, account, generation, int(until))
    return generation if hmac.compare_digest(right.encode(), token.encode("utf-8", "replace")) else None


def _derived(key: bytes, *parts: str) -> bytes:
    # Each part carries its length, so no two lists of parts read the same.
    told = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.digest(key, told.encode("utf-8", "replace"), hashlib.sha256)
