"""What a browser carries on its way to an identity provider and back: sealed, so that any node can go on.

The store keeps nothing of it but that a journey has come to its end.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

JOURNEY_COOKIE, HALF_COOKIE = "__Host-chatsvc-oidc", "__Host-chatsvc-half"
WITHIN_S = 900  # somebody may have to find their phone for the provider's second step
# Lax, because the way back comes from the provider's page: Strict would leave it at home.
_JOURNEY_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
_HALF_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"
_NONCE_BYTES = 12
LONGEST_COOKIE = 2_048

Sealed = TypeVar("Sealed", bound="Journey | Half")


class Journey(Struct, frozen=True, tag=True):
    """A sign-in that has begun: what must come back, and where it leads. `until_s` is s since the epoch."""

    provider: str
    state: str
    nonce: str
    verifier: str
    page: str
    until_s: float

    @classmethod
    def begun(cls, provider: str, page: str, now_s: float) -> "Journey":
        """A new one; each secret has 256 bits."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(provider, state, nonce, verifier, page, now_s + WITHIN_S)

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (RFC 7636, S256)."""
        made = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")


class Half(Struct, frozen=True, tag=True):
    """Somebody whom the provider has vouched for, and whose second step here is still to come."""

    provider: str
    staff: str
    sign_outs: int
    sid: str
    until_s: float


class Seals:
    """Seals and opens both."""

    def __init__(self, secret: bytes) -> None:
        """`secret` comes from the vault; every node has the same."""
        self._key = AESGCM(hmac.digest(secret, b"oidc journey", "sha256"))

    def seal(self, what: Journey | Half) -> str:
        """As the value of a cookie."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._key.encrypt(nonce, msgspec.msgpack.encode(what), type(what).__name__.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def opened(self, cookie: str | None, kind: type[Sealed], now_s: float) -> Sealed | None:
        """What was sealed here, if it is of this kind and not too old."""
        if not cookie or len(cookie) > LONGEST_COOKIE:
            return None
        try:
            raw = base64.b64decode(cookie, altchars=b"-_", validate=True)
            opened = self._key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], kind.__name__.encode())
            found = msgspec.msgpack.decode(opened, type=kind)
        except (binascii.Error, ValueError, InvalidTag, msgspec.DecodeError):
            return None
        return found if now_s < found.until_s else None


def journey_cookie(sealed: str) -> str:
    """The Set-Cookie line that begins a journey."""
    return f"{JOURNEY_COOKIE}={sealed}; {_JOURNEY_ATTRIBUTES}; Max-Age={WITHIN_S}"


def half_cookie(sealed: str) -> str:
    """The Set-Cookie line of somebody whose second step is to come."""
    return f"{HALF_COOKIE}={sealed}; {_HALF_ATTRIBUTES}; Max-Age={WITHIN_S}"


JOURNEY_OVER = f"{JOURNEY_COOKIE}=; {_JOURNEY_ATTRIBUTES}; Max-Age=0"
HALF_OVER = f"{HALF_COOKIE}=; {_HALF_ATTRIBUTES}; Max-Age=0"
